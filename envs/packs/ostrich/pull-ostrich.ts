import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { mjcfText, type MjcfElement } from "../../engine/mjcf.ts";
import { installPack, type InstallOptions, type PackWork } from "../install.ts";
import type { PackAsset, PackFile, PackManifest, PackModel } from "../manifest.ts";
import { PackError, pullCommand } from "../pack-error.ts";
import { readClip } from "./clip.ts";
import { dimensionsOf, flatten, light, packed, usedMeshes } from "./flatten.ts";
import { clipTable, OSTRICH_IDS, OSTRICH_MODELS, OSTRICH_PACK, type OstrichModel } from "./models.ts";
import { findSource, readMesh, readModelFile, type OstrichSource } from "./source.ts";
import { cubeStl, isWholeStl } from "./stl.ts";

/** Part of the recipe's hash: a pack made by other code than this is made again. */
const RECIPE_VERSION = 1;
/** The repository's only version (setup.py). */
const VERSION = "0.1.0";
/** sha256 over the three flat texts of commit 206a603 of 2023-01-30, before meshes get the pack's names. */
const KNOWN_MODELS = "40adca875a5ac9b005cfc5a3257867126ce7748a786277d5a5668a9f59a7ed10";
/** A mesh that may be missing: the body has an explicit inertia, so that it matters to contacts of the head alone. */
const OPTIONAL_MESH = "head.stl";

export interface PullOstrichOptions extends InstallOptions {
  /** Clone of OstrichRL, or its folder `assets`. */
  readonly from: string;
}

interface Mesh {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the source holds, read once. */
interface Content {
  readonly source: OstrichSource;
  readonly models: ReadonlyMap<OstrichModel, MjcfElement>;
  /** By file name in the source. */
  readonly meshes: ReadonlyMap<string, Mesh>;
  readonly clips: ReadonlyMap<string, Float64Array>;
  readonly warnings: readonly string[];
}

/**
 * Makes the pack `ostrich` out of a folder of the user's: flat models, their meshes, motion clips, licence.
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function pullOstrich(options: PullOstrichOptions): Promise<PackManifest> {
  const content = readContent(findSource(options.from));
  const recipe = recipeOf(content);
  const make = (work: PackWork): Promise<void> => {
    writePack(content, recipe, work);
    return Promise.resolve();
  };
  return installPack({ name: OSTRICH_PACK, recipe, make }, options);
}

function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

const bytesOf = (values: Float64Array): Uint8Array => new Uint8Array(values.buffer);

/** @throws PackError PACK_FAILED naming the file that is missing or damaged. */
function readContent(source: OstrichSource): Content {
  try {
    const read = (file: string): string => readModelFile(source, file);
    const models = new Map(OSTRICH_MODELS.map((name) => [name, flatten(`${name}.xml`, read)]));
    const warnings: string[] = [];
    const files = new Set([...models.values()].flatMap(usedMeshes));
    const meshes = new Map([...files].map((file) => [file, meshOf(source, file, warnings)]));
    const clips = new Map(source.clips.map((clip) => [clip, readClip(source, clip)]));
    if (sha256(...[...models.values()].map(mjcfText)) !== KNOWN_MODELS) {
      warnings.push("the models are not those of commit 206a603, which MyoServe's numbers were checked with");
    }
    if (source.licence === null) warnings.push("there is no LICENSE beside the models: OstrichRL's is the MIT licence");
    if (clips.size === 0) warnings.push("there are no motion clips: ostrich-mocap-tracking-v0 will not run");
    return { source, models, meshes, clips, warnings };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const command = pullCommand(OSTRICH_PACK);
    throw new PackError("PACK_FAILED", `OstrichRL's files cannot be read (${why}); run: ${command}`, { cause: error });
  }
}

function meshOf(source: OstrichSource, file: string, warnings: string[]): Mesh {
  let bytes = readMesh(source, file);
  if (bytes === null && file === OPTIONAL_MESH) {
    warnings.push(`${file} is missing: a cube of 0.1 m stands in for the head, so contacts of the head differ`);
    bytes = cubeStl();
  }
  if (bytes === null) throw new Error(`meshes/${file} is missing`);
  if (!isWholeStl(bytes)) throw new Error(`meshes/${file} is no whole binary STL file`);
  return { name: `${basename(file, ".stl")}_${sha256(bytes).slice(0, 12)}.stl`, bytes };
}

function recipeOf({ models, meshes, clips }: Content): string {
  const names = [...meshes.values()].map(({ name }) => name);
  const hashes = [...clips].map(([clip, rows]) => `${clip}:${sha256(bytesOf(rows))}`);
  return sha256(`${RECIPE_VERSION}\n`, ...[...models.values()].map(mjcfText), [...names, ...hashes].join("\n"));
}

function writePack({ source, models, meshes, clips, warnings }: Content, recipe: string, work: PackWork): void {
  const { out, report } = work;
  for (const message of warnings) report({ stage: "warning", done: 0, total: 0, message });
  mkdirSync(join(out, "models/assets"), { recursive: true });
  mkdirSync(join(out, "data"));
  const put = (file: string, content: string | Uint8Array): PackFile => {
    writeFileSync(join(out, file), content);
    return { file, sha256: sha256(content) };
  };
  for (const { name, bytes } of meshes.values()) put(`models/assets/${name}`, bytes);
  const entries: Record<string, PackModel> = {};
  for (const [name, model] of models) {
    report({ stage: "models", done: Object.keys(entries).length + 1, total: models.size, message: name });
    entries[name] = writeModel(name, model, meshes, put);
  }
  const data: Record<string, PackFile> = {};
  for (const [clip, rows] of clips) data[clipTable(clip)] = put(`data/${clipTable(clip)}.f8`, bytesOf(rows));
  if (source.licence !== null) data["licence"] = put("LICENSE", readFileSync(source.licence));
  const manifest: PackManifest = {
    format: 1,
    name: OSTRICH_PACK,
    version: VERSION,
    mujoco: "none",
    sources: [{ name: "ostrichrl (Vittorio La Barbera, Fabio Pardo)", version: VERSION, licence: "MIT" }],
    recipe,
    env: OSTRICH_IDS,
    models: entries,
    data,
  };
  put("manifest.json", `${JSON.stringify(manifest, null, 2)}\n`);
}

function writeModel(
  name: string,
  model: MjcfElement,
  meshes: ReadonlyMap<string, Mesh>,
  put: (file: string, content: string) => PackFile,
): PackModel {
  const used = new Map<string, string>();
  const assets: PackAsset[] = [];
  for (const file of usedMeshes(model)) {
    const mesh = meshes.get(file);
    if (mesh === undefined || used.has(file)) continue;
    used.set(file, mesh.name);
    assets.push({ name: mesh.name, sha256: sha256(mesh.bytes), size: mesh.bytes.length });
  }
  const full = packed(model, used);
  const dimensions = dimensionsOf(full);
  const lightFile = put(`models/${name}.light.xml`, mjcfText(light(full)));
  return {
    full: put(`models/${name}.xml`, mjcfText(full)),
    light: { ...lightFile, assets: assets.map((asset) => asset.name), ngeom: dimensions.ngeom },
    assets,
    ...dimensions,
  };
}
