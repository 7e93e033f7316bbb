import { readFileSync } from "node:fs";
import { isAbsolute, join, normalize, sep } from "node:path";
import { PackError, pullCommand } from "./pack-error.ts";
import { cacheDir } from "./places.ts";

/** A file of a pack; `file` is relative to the pack's folder, with forward slashes. */
export interface PackFile {
  readonly file: string;
  readonly sha256: string;
}

/** Mesh or texture, stored as `models/assets/<name>`. */
export interface PackAsset {
  readonly name: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** A model without what only a renderer needs: same ids but for geoms, bit-equal physics. */
export interface LightModel extends PackFile {
  /** Names of the assets it still loads: meshes that collide. */
  readonly assets: readonly string[];
  readonly ngeom: number;
}

/** One flat model; the dimensions are the full variant's. */
export interface PackModel {
  readonly full: PackFile;
  readonly light: LightModel;
  readonly assets: readonly PackAsset[];
  readonly nq: number;
  readonly nv: number;
  readonly nu: number;
  readonly na: number;
  readonly nbody: number;
  readonly ngeom: number;
}

export interface PackSource {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** What an exported Gymnasium environment says of itself; spaces by kind, shape, dtype and bounds. */
export interface GymnasiumFacts {
  readonly entry_point: string;
  readonly observation_space: Readonly<Record<string, unknown>>;
  readonly action_space: Readonly<Record<string, unknown>>;
  /** Simulation step and control step, s. */
  readonly timestep: number;
  readonly dt: number;
  readonly frame_skip: number;
  readonly max_episode_steps: number | null;
}

/** What a pack's `manifest.json` says. */
export interface PackManifest {
  readonly format: 1;
  readonly name: string;
  readonly version: string;
  /** Version of MuJoCo that wrote the models. */
  readonly mujoco: string;
  readonly sources: readonly PackSource[];
  /** sha256 over the files of the recipe that made it. */
  readonly recipe: string;
  /** Environment id → key in `models`. */
  readonly env: Readonly<Record<string, string>>;
  readonly models: Readonly<Record<string, PackModel>>;
  readonly data: Readonly<Record<string, PackFile>>;
  /** By Gymnasium id, where `models export` has written the pack. */
  readonly gymnasium?: Readonly<Record<string, GymnasiumFacts>>;
}

const DIMENSIONS = ["nq", "nv", "nu", "na", "nbody", "ngeom"] as const;

/** Folder that holds all packs. */
export function packsRoot(): string {
  return join(cacheDir(), "packs");
}

/** Path of a file of a pack on this machine. */
export function packPath(name: string, file = "", root = packsRoot()): string {
  return join(root, name, file);
}

/**
 * Reads a pack's manifest; null where the pack is not installed. File contents are not read.
 * @throws PackError PACK_FAILED when the manifest is damaged or of another format.
 */
export function openPack(name: string, root = packsRoot()): PackManifest | null {
  let text: string;
  try {
    text = readFileSync(packPath(name, "manifest.json", root), "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw new PackError("PACK_FAILED", `The model pack ${name} cannot be read: ${String(error)}.`, { cause: error });
  }
  return parseManifest(name, text);
}

/** @throws PackError PACK_MISSING with the command to run, or PACK_FAILED as `openPack`. */
export function requirePack(name: string, root = packsRoot()): PackManifest {
  const pack = openPack(name, root);
  if (pack) return pack;
  throw new PackError("PACK_MISSING", `The model pack ${name} is not installed; run: ${pullCommand(name)}`);
}

/** @throws PackError PACK_FAILED naming the first entry that is wrong. */
export function parseManifest(name: string, text: string): PackManifest {
  const fail = (what: string): never => {
    throw new PackError(
      "PACK_FAILED",
      `The model pack ${name} is damaged (${what}); run: ${pullCommand(name)} --force`,
    );
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail("manifest.json is not JSON");
  }
  const wrong = checkManifest(name, value);
  return wrong === null ? (value as PackManifest) : fail(`manifest.json: ${wrong}`);
}

type Fields = Readonly<Record<string, unknown>>;

/** First violated rule, or null. */
function checkManifest(name: string, value: unknown): string | null {
  if (!isFields(value)) return "not an object";
  if (value["format"] !== 1) return `format is ${JSON.stringify(value["format"])}, this version reads 1`;
  if (value["name"] !== name) return `name is ${JSON.stringify(value["name"])}`;
  for (const key of ["version", "mujoco", "recipe"]) if (!isText(value[key])) return `${key} is no text`;
  if (!Array.isArray(value["sources"]) || !value["sources"].every(isSource)) return "sources is malformed";
  const { models, data, env } = value;
  if (!isFields(models) || !isFields(data) || !isFields(env)) return "models, data or env is no object";
  for (const [key, model] of Object.entries(models)) {
    const wrong = checkModel(model);
    if (wrong !== null) return `models.${key}: ${wrong}`;
  }
  for (const [key, file] of Object.entries(data)) if (!isFile(file)) return `data.${key} is no file with sha256`;
  const lost = Object.entries(env).find(([, model]) => !isText(model) || !Object.hasOwn(models, model));
  return lost ? `env.${lost[0]} names a model that the pack lacks` : null;
}

function checkModel(value: unknown): string | null {
  if (!isFields(value)) return "not an object";
  const { full, light, assets } = value;
  if (!isFile(full) || !isFile(light)) return "full or light is no file with sha256";
  if (!Array.isArray(assets) || !assets.every(isAsset)) return "assets is malformed";
  const known = new Set(assets.map((asset) => asset.name));
  const { assets: kept, ngeom } = light;
  if (!Array.isArray(kept) || !kept.every((asset) => isText(asset) && known.has(asset))) return "light.assets is wrong";
  if (!isCount(ngeom)) return "light.ngeom is no count";
  const dimension = DIMENSIONS.find((key) => !isCount(value[key]));
  return dimension === undefined ? null : `${dimension} is no count`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isSha256(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** A manifest names files inside its own folder only. */
function isInside(file: unknown): boolean {
  return isText(file) && !isAbsolute(file) && !normalize(file).split(sep).includes("..");
}

function isFile(value: unknown): value is PackFile & Fields {
  return isFields(value) && isInside(value["file"]) && isSha256(value["sha256"]);
}

function isAsset(value: unknown): value is PackAsset {
  if (!isFields(value) || !isText(value["name"])) return false;
  return /^[\w.-]+$/.test(value["name"]) && isSha256(value["sha256"]) && isCount(value["size"]);
}

function isSource(value: unknown): value is PackSource {
  return isFields(value) && ["name", "version", "licence"].every((key) => isText(value[key]));
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}
