import type { NumericArray } from "./ndarray.ts";
import type { Space } from "./spaces.ts";

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

/** Gymnasium's three autoreset modes. */
export const AUTORESET_MODES = ["next_step", "same_step", "disabled"] as const;
export type AutoresetMode = (typeof AUTORESET_MODES)[number];

/** A named slice of the flat observation. */
export interface ObsGroup {
  shape: number[];
  offset: number;
  /** SI unit of the elements, `1` when dimensionless. */
  unit: string;
  /** What the elements are, e.g. joint names; may be empty. */
  names: string[];
}

/** What a client needs to know about an environment; travels as the reply of `env.describe`. */
export interface EnvSpec {
  id: string;
  title: string;
  obs_space: Space;
  act_space: Space;
  /** Named slices of a flat Box observation, in order. */
  obs_keys: Record<string, ObsGroup>;
  /** Every group that the kwarg `obs_keys` may name. */
  obs_available: string[];
  /** Groups that `info["obs_dict"]` holds where a client asks for it, in order. */
  obs_dict?: string[];
  /** Names of the reward terms that `terms` columns carry, in order. */
  info_keys: string[];
  reward_weights: Record<string, number>;
  autoreset_modes: AutoresetMode[];
  /** null: no limit. */
  max_episode_steps: number | null;
  /** Control step, s. */
  dt: number;
  frame_skip: number;
  /** Seed + actions determine the trajectory bit for bit on one engine. */
  nondeterministic: boolean;
  kwargs_schema: JsonObject;
  options_schema: JsonObject;
  /** sha256 of the full MJCF text; null where there is no MuJoCo model. */
  model_sha256: string | null;
  /** e.g. "wasm 3.3.8". */
  engine: string;
  /** Actuator names in order of the action's elements where they map one to one. */
  actuators: string[];
  /** Joint names with their scalar qpos address and range, for coverage and pages. */
  joints: JointInfo[];
}

/** One hinge or slide joint. */
export interface JointInfo {
  name: string;
  qpos: number;
  /** rad or m; both 0 when unlimited. */
  range: [number, number];
}

/** Observation buffers, one per dtype of the space (see `layoutOf`). */
export type Buffers = readonly NumericArray[];

/** What reset and step return; arrays are owned by the caller. */
export interface StepOut {
  obs: Buffers;
  reward: number;
  terminated: boolean;
  truncated: boolean;
  /** Reward terms by name of `spec.info_keys`. */
  terms: Float64Array;
  /** One sentence when the simulation diverged in this step, else null. */
  error: string | null;
}

/** Where a row writes its step: views into a slab or plain arrays, reused every step. */
export interface RowOut {
  readonly obs: Buffers;
  readonly terms: Float64Array;
  reward: number;
  terminated: boolean;
  truncated: boolean;
  error: string | null;
}

/** What a viewer needs besides the model itself. */
export interface Scene {
  model_sha256: string;
  /** [nbody, 3] m */
  xpos: Float64Array;
  /** [nbody, 4] wxyz */
  xquat: Float64Array;
  qpos: Float64Array;
  mocap_pos: Float64Array;
  mocap_quat: Float64Array;
  /** [na] */
  act: Float64Array;
  /** Fields of the full model that differ from the file, whole (e.g. `hfield_data`, `site_pos`). */
  edits: Record<string, Float64Array>;
}

/** What a row holds at present, for a client that reads it by name. */
export interface RowState {
  /** s */
  time: number;
  /** [nq] */
  qpos: Float64Array;
  /** [nv] */
  qvel: Float64Array;
  /** [na] */
  act: Float64Array;
  /** Observation groups that were asked for. */
  obs: Record<string, { shape: readonly number[]; values: Float32Array }>;
  /** Every reward term of the last step and `dense`, the reward; empty before the first step after a reset or restore. */
  terms: Record<string, number>;
}

/** Full state of one row: physics with warm start, task, random streams, step counter. */
export type Snapshot = Uint8Array;

/** One environment instance, inside a worker. Synchronous: a planner steps it 10^5 times an action. */
export interface Env extends Disposable {
  readonly spec: EnvSpec;
  /** @param seed null continues the current random stream. */
  reset(seed: number | null, options?: JsonObject): StepOut;
  step(action: Buffers): StepOut;
  /** The same without allocation: what workers call. */
  resetInto(seed: number | null, options: JsonObject | undefined, out: RowOut): void;
  stepInto(action: Buffers, out: RowOut): void;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  /**
   * Take a snapshot apart once: the function restores it as often as it is called, as `restore` does but cheaply.
   * @throws MyoError BAD_OPTIONS when the bytes are no snapshot of an equal env.
   */
  restorer(snapshot: Snapshot): () => void;
  /** null where there is nothing to draw. */
  scene(): Scene | null;
  /**
   * @param obsKeys groups of `spec.obs_available`.
   * @throws MyoError NEEDS_RESET, BAD_OPTIONS for an unknown group.
   */
  state(obsKeys: readonly string[]): RowState;
  /** Joint positions of `spec.joints`, in order, rad or m. */
  jointPositions(out: Float64Array): void;
}

/** A batch of rows after reset or step. Arrays are owned by the caller. */
export interface StepBatch {
  /** Row numbers of this batch, ascending. */
  readonly rows: Uint32Array;
  /** Each [n, size] of its buffer. */
  readonly obs: Buffers;
  readonly reward: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** [n, T] reward terms. */
  readonly terms: Float64Array;
  /** same_step autoreset: rows that ended, their last observation and terms. */
  readonly final?: { readonly rows: Uint32Array; readonly obs: Buffers; readonly terms: Float64Array };
  /** Rows whose episode ended in this step: return and length. */
  readonly episodes?: { readonly rows: Uint32Array; readonly returns: Float64Array; readonly lengths: Uint32Array };
  /** Divergence by row. */
  readonly errors?: ReadonlyMap<number, string>;
}

/** Where rollouts start: the present state of a row, or one state for all sequences, or one for each. */
export type SnapshotRef = { readonly row: number } | { readonly states: readonly Snapshot[] };

/** What a rollout returns besides rewards and ends. */
export interface RolloutWant {
  /** H, steps of each sequence. */
  readonly horizon: number;
  /** Observations of every step. */
  readonly obs?: boolean;
  /** Observation of the last step of each sequence. */
  readonly finalObs?: boolean;
  /** Reward terms of every step. */
  readonly terms?: boolean;
  /** Observation groups, in this order; all when absent. Only where `spec.obs_keys` names slices. */
  readonly obsKeys?: readonly string[];
}

/**
 * B action sequences of H steps. A sequence ends with its episode (terminated, or truncated by the step limit): from
 * then on its flags stay set, reward and terms are 0 and obs repeats the last one. Arrays are owned by the caller.
 */
export interface RolloutOut {
  /** [B, H] */
  readonly reward: Float64Array;
  /** [B, H] */
  readonly terminated: Uint8Array;
  /** [B, H] */
  readonly truncated: Uint8Array;
  /** Each [B, H, O] of its buffer; empty unless wanted. */
  readonly obs: Buffers;
  /** Each [B, O]; empty unless wanted. */
  readonly finalObs: Buffers;
  /** [B, H, T]; empty unless wanted. */
  readonly terms: Float64Array;
  /** Divergence by sequence. */
  readonly errors?: ReadonlyMap<number, string>;
}

/** N rows anywhere: worker slab, another server, a bridge. The only asynchronous face. */
export interface VectorEnv extends AsyncDisposable {
  readonly spec: EnvSpec;
  readonly numEnvs: number;
  readonly autoreset: AutoresetMode;
  /**
   * @param seeds one per row, null entries continue the stream; row i of an int seed s gets s + i (done by the caller).
   * @param mask rows to reset, all when absent.
   */
  reset(seeds: readonly (number | null)[] | null, mask?: Uint8Array, options?: JsonObject): Promise<StepBatch>;
  /** @param actions each [n, size]; @param rows ascending row numbers, all when absent. */
  step(actions: Buffers, rows?: Uint32Array): Promise<StepBatch>;
  /**
   * What would happen: run sequences on copies of a state, the rows stay as they are. Bit-equal to stepping a row from
   * there, autoreset aside; random streams start each sequence where the state left them.
   * @param actions each [B, H, size].
   * @throws MyoError BAD_ACTION, BAD_OPTIONS, NEEDS_RESET, UNAVAILABLE.
   */
  rollout?(from: SnapshotRef, actions: Buffers, want: RolloutWant): Promise<RolloutOut>;
}
