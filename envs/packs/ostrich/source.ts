import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PackError, pullCommand } from "../pack-error.ts";
import { CLIP_PARTS, OSTRICH_MODELS, OSTRICH_PACK } from "./models.ts";

/** Folders that hold `models/ostrich` and `mocap/ostrich`, relative to what the user points at. */
const ASSETS = ["ostrichrl/assets", "assets", "."];
/** Where the licence lies relative to the assets. */
const LICENCES = ["LICENSE", "../../LICENSE"];

/** OstrichRL's files on this machine; folders are absolute. */
export interface OstrichSource {
  readonly models: string;
  readonly mocap: string;
  readonly licence: string | null;
  /** Names of the clips of which all parts are there. */
  readonly clips: readonly string[];
}

/** @throws PackError PACK_FAILED where the folder is no clone of OstrichRL. */
export function findSource(from: string): OstrichSource {
  const folders = ASSETS.map((path) => resolve(from, path));
  const assets = folders.find((path) => existsSync(join(path, "models/ostrich", `${OSTRICH_MODELS[0]}.xml`)));
  if (assets === undefined) {
    throw new PackError(
      "PACK_FAILED",
      `${resolve(from)} holds no OstrichRL models (ostrichrl/assets/models/ostrich/ostrich.xml); run: ${pullCommand(OSTRICH_PACK)}`,
    );
  }
  const mocap = join(assets, "mocap/ostrich");
  const licence = LICENCES.map((path) => resolve(assets, path)).find((path) => existsSync(path)) ?? null;
  return { models: join(assets, "models/ostrich"), mocap, licence, clips: clipsIn(mocap) };
}

function clipsIn(mocap: string): string[] {
  const parts = Object.keys(CLIP_PARTS);
  const [first = ""] = parts;
  const folder = join(mocap, first);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((file) => /^[\w-]+\.npy$/.test(file));
  const whole = names.filter((file) => parts.every((part) => existsSync(join(mocap, part, file))));
  return whole.map((file) => file.slice(0, -".npy".length)).sort();
}

/** Text of a model file, by its path relative to the models' folder. */
export function readModelFile(source: OstrichSource, file: string): string {
  return readFileSync(join(source.models, file), "utf8");
}

/** A mesh file's bytes; null where it is missing. */
export function readMesh(source: OstrichSource, file: string): Uint8Array | null {
  const path = join(source.models, "meshes", file);
  return existsSync(path) ? readFileSync(path) : null;
}
