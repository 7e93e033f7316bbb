/** Arrays of the Python side, and what it answers. */

type RawDtype = "f8" | "f4";

/** An array as JSON carries it: base64 of its little-endian bytes, C order. */
export interface RawArray {
  readonly dtype: RawDtype;
  readonly shape: readonly number[];
  readonly data: string;
}

/** C order; the first axis of a recorded quantity is the step. */
export interface Recorded {
  readonly shape: readonly number[];
  readonly values: Float64Array | Float32Array;
}

/** What MyoSuite shows after a reset. */
export interface RecordedReset {
  readonly obs: Recorded;
  readonly qpos: Recorded;
  readonly qvel: Recorded;
  readonly act: Recorded;
  readonly time: Recorded;
}

type StepQuantity = "obs" | "reward" | "terminated" | "truncated" | "qpos" | "qvel" | "act" | "ctrl" | "time";

/** One episode, first axis: step. */
export type RecordedEpisode = Readonly<Record<StepQuantity, Recorded>> & {
  /** MyoSuite's reward terms by name, `dense` and `done` among them. */
  readonly terms: Readonly<Record<string, Recorded>>;
};

/** `resets[e]` starts `episodes[e]`, the first of them from the seed; one more unseeded reset ends the recording. */
export interface Recording {
  readonly resets: readonly RecordedReset[];
  readonly episodes: readonly RecordedEpisode[];
  /** Observation keys with their numbers of values, in order. */
  readonly layout: readonly (readonly [string, number])[];
}

/** Shapes and bounds of a MyoSuite environment. */
export interface MyoSuiteFacts {
  readonly action: { readonly low: Recorded; readonly high: Recorded };
  readonly obs_size: number;
  readonly frame_skip: number;
  readonly max_episode_steps: number | null;
}

const TYPES = { f8: Float64Array, f4: Float32Array };

export function pack(values: Float32Array, shape: readonly number[]): RawArray {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: "f4", shape, data: bytes.toString("base64") };
}

function isRawArray(value: object): value is RawArray {
  return "dtype" in value && "shape" in value && "data" in value;
}

/** A parsed reply with its arrays unpacked. */
export function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== "object" || value === null) return value;
  if (isRawArray(value)) {
    const bytes = Uint8Array.from(Buffer.from(value.data, "base64")); // a copy: aligned
    return { shape: value.shape, values: new TYPES[value.dtype](bytes.buffer) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
}

/** Row `step` of a recorded array. */
export function rowOf(recorded: Recorded, step: number): Recorded["values"] {
  const size = recorded.values.length / (recorded.shape[0] ?? 1);
  return recorded.values.subarray(step * size, (step + 1) * size);
}
