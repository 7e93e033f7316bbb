import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { decode } from "@msgpack/msgpack";
import { openPack } from "../../envs/packs/manifest.ts";
import type { EnvDefinition } from "../../envs/task.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Folder of the recordings, or null. */
export function goldenDir(): string | null {
  const folder = process.env["MYOSERVE_GOLDEN"] ?? join(PROJECT, "..", "shared", "golden");
  return existsSync(join(folder, "myosuite")) ? folder : null;
}

/** Why parity cannot be tested here, or null. */
export function parityObstacle(): string | null {
  if (goldenDir() === null) return "no recordings: set MYOSERVE_GOLDEN";
  return packObstacle();
}

/** Why MyoSuite's models cannot be loaded here, or null. */
export function packObstacle(): string | null {
  return openPack("myosuite") === null ? "the model pack is not installed: npx myoserve models pull myosuite" : null;
}

interface RawArray {
  readonly dtype: "f8" | "f4" | "i4" | "u1";
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A recorded array, C order. */
export interface Recorded {
  readonly shape: readonly number[];
  readonly values: Float64Array | Float32Array | Int32Array | Uint8Array;
}

/** Change of a model field against the flat model: flat indices and their values. */
export interface FieldChange {
  readonly index: Recorded;
  readonly value: Recorded;
}

/** One recording: seed 7, 40 control steps, then a second reset without a seed. */
export interface Trace {
  readonly id: string;
  readonly seed: number;
  readonly n_steps: number;
  readonly frame_skip: number;
  readonly model: string;
  readonly model_diff: Readonly<Record<string, FieldChange>>;
  readonly reset: { readonly obs: Recorded; readonly state: Readonly<Record<string, Recorded>> };
  readonly reset2: { readonly obs: Recorded; readonly qpos: Recorded };
  readonly steps: Readonly<
    Record<"action" | "ctrl" | "obs" | "qpos" | "qvel" | "time" | "reward" | "terminated" | "truncated", Recorded>
  > & { readonly terms: Readonly<Record<string, Recorded>> };
  readonly fatigue?: Readonly<Record<"MA" | "MR" | "MF" | "F" | "R" | "r", Recorded>>;
}

const TYPES = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array };

function isRawArray(value: object): value is RawArray {
  return "dtype" in value && "shape" in value && "data" in value;
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== "object" || value === null) return value;
  if (isRawArray(value)) {
    // A copy: the bytes in the file are unaligned.
    const bytes = new Uint8Array(value.data);
    return { shape: value.shape, values: new TYPES[value.dtype](bytes.buffer) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
}

/** A file of the folder `myosuite` of the recordings, its arrays revived. */
export function readRecording(name: string): unknown {
  const file = join(goldenDir() ?? "", "myosuite", `${name}.msgpack.gz`);
  return revive(decode(gunzipSync(readFileSync(file))));
}

/** The recording of an environment. */
export function loadTrace(id: string): Trace {
  return readRecording(id) as Trace;
}

/** Row `step` of a recorded array whose first axis is the step. */
export function rowOf(recorded: Recorded, step: number): Recorded["values"] {
  const size = recorded.values.length / (recorded.shape[0] ?? 1);
  return recorded.values.subarray(step * size, (step + 1) * size);
}

/** Largest |got - want| / max(1, |want|); Infinity where the lengths differ or a value is NaN. */
export function deviation(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i]! - want[i]!) / Math.max(1, Math.abs(want[i]!));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
  }
  return worst;
}

/** Ids without their muscle condition, each once. */
export function baseIds(definitions: readonly EnvDefinition[]): string[] {
  return definitions.map(({ id }) => id).filter((id) => !/^myo(Sarc|Fati|Reaf)/.test(id));
}
