import { readFileSync } from "node:fs";
import { Npz } from "../../envs/numpy/npz.ts";
import { writeNpz, type NpzArray } from "../../envs/numpy/npz-writer.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";

/** First word of a recording's `meta`, and the version of this format. */
const FORMAT = "myoserve-recording";
const VERSION = 1;

export const SIDES = ["right", "left"] as const;
export type Side = (typeof SIDES)[number];

/** What the columns of a recording are; stored as JSON text in the array `meta`, keys in snake case. */
export interface RecordingMeta {
  readonly env: string;
  readonly kwargs: JsonObject;
  readonly seed: number;
  /** What acted: algorithm, preset, config. */
  readonly agent: JsonObject;
  /** e.g. "native 3.4.0" */
  readonly engine: string;
  readonly model_sha256: string | null;
  /** Control step, s: time between rows of an episode. */
  readonly dt: number;
  /** Mass of the body that has the feet, kg; of everything that moves where there are none. */
  readonly mass: number;
  readonly qpos_names: readonly string[];
  /** rad, m, or 1 (quaternions), one an element. */
  readonly qpos_units: readonly string[];
  readonly qvel_names: readonly string[];
  readonly qvel_units: readonly string[];
  /** Actuators with an activation. */
  readonly act_names: readonly string[];
  /** Actuators. */
  readonly ctrl_names: readonly string[];
  /** Body of the foot of each of `SIDES`, whose descendants count to it; null without feet. */
  readonly feet: readonly string[] | null;
}

/** Columns of a recording, T rows each: the state at each reset (action and reward 0), then after each control step. */
export interface RecordingColumns {
  /** [T] s since the episode's start. */
  readonly time: Float64Array;
  /** [T] counts from 0. */
  readonly episode: Float64Array;
  /** [T, nq] rad, m */
  readonly qpos: Float64Array;
  /** [T, nv] rad/s, m/s */
  readonly qvel: Float64Array;
  /** [T, na] 0…1 */
  readonly act: Float64Array;
  /** [T, nu] */
  readonly ctrl: Float64Array;
  /** [T] of the step that led to the row. */
  readonly reward: Float64Array;
  /** [T, 3] place of the body that the feet hang on, m; 0 without feet. */
  readonly root_position: Float64Array;
  /** [T, 2, 3] places of the right and the left foot, m. */
  readonly foot_position: Float64Array;
  /** [T, 2, 3] force of the ground and all else outside on the right and the left foot, N, world axes. */
  readonly foot_force: Float64Array;
}

export interface Recording {
  readonly meta: RecordingMeta;
  /** T */
  readonly rows: number;
  readonly columns: RecordingColumns;
}

/** Elements of a row of each column. */
export function columnShapes(meta: RecordingMeta): Readonly<Record<keyof RecordingColumns, readonly number[]>> {
  const feet = [SIDES.length, 3];
  return {
    time: [],
    episode: [],
    qpos: [meta.qpos_names.length],
    qvel: [meta.qvel_names.length],
    act: [meta.act_names.length],
    ctrl: [meta.ctrl_names.length],
    reward: [],
    root_position: [3],
    foot_position: feet,
    foot_force: feet,
  };
}

const columnNames = (meta: RecordingMeta): (keyof RecordingColumns)[] =>
  Object.keys(columnShapes(meta)) as (keyof RecordingColumns)[];

/** A NumPy archive (.npz): `meta` and the columns, little-endian f8. @throws MyoError CAPACITY beyond 4 GB. */
export function writeRecording(path: string, { meta, rows, columns }: Recording): void {
  const shapes = columnShapes(meta);
  const arrays: Record<string, NpzArray> = { meta: JSON.stringify({ format: FORMAT, version: VERSION, ...meta }) };
  for (const name of columnNames(meta)) arrays[name] = { shape: [rows, ...shapes[name]], values: columns[name] };
  writeNpz(path, arrays);
}

function metaOf(file: Npz): RecordingMeta {
  const { values } = file.array("meta");
  const text = values[0];
  if (typeof text !== "string") throw new Error("its meta is no text");
  const parsed = JSON.parse(text) as { readonly format?: unknown; readonly version?: unknown };
  if (parsed.format !== FORMAT) throw new Error(`its format is no ${FORMAT}`);
  if (parsed.version !== VERSION) throw new Error(`its version is ${String(parsed.version)}, but ${VERSION} is read`);
  return parsed as unknown as RecordingMeta;
}

function columnOf(file: Npz, name: string, shape: readonly number[]): Float64Array {
  const array = file.array(name);
  if (!(array.values instanceof Float64Array)) throw new Error(`its ${name} is no array of numbers`);
  if (array.shape.join() === shape.join()) return array.values;
  throw new Error(`its ${name} is [${array.shape.join(", ")}], but [${shape.join(", ")}] follows from its meta`);
}

/** @throws MyoError BAD_OPTIONS for a file that is no recording, NOT_FOUND for none. */
export function readRecording(path: string): Recording {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new MyoError("NOT_FOUND", `There is no file ${path}; write one with myoserve record <env> --out ${path}.`);
  }
  try {
    const file = new Npz(bytes);
    const meta = metaOf(file);
    const rows = file.array("time").shape[0] ?? 0;
    const shapes = columnShapes(meta);
    const columns = columnNames(meta).map((name) => [name, columnOf(file, name, [rows, ...shapes[name]])] as const);
    return { meta, rows, columns: Object.fromEntries(columns) as unknown as RecordingColumns };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MyoError("BAD_OPTIONS", `${path} is no recording: ${reason}; write one with myoserve record.`);
  }
}
