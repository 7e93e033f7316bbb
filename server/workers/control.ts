import type { AutoresetMode, EnvSpec, JsonObject, RowState, Scene, Snapshot } from "../../protocol/env.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { UserTask } from "../../envs/declarative/definition.ts";
import type { EngineId } from "../../envs/engine/physics.ts";
import type { Kwargs } from "../../envs/task.ts";
import type { RolloutShape } from "./rollout-slab.ts";
import type { SlabShape } from "./slab.ts";

/** What a physics worker is started with. */
export interface PhysicsWorkerData {
  readonly index: number;
  readonly ring: SharedArrayBuffer;
  /** URL of the module that exports the catalog. */
  readonly catalog: string;
  /** What the catalog takes up of the user's folder. */
  readonly tasks: readonly UserTask[];
  readonly engine: EngineId;
}

/** Rows of one group, by number. */
interface Rows {
  readonly group: number;
  readonly rows: readonly number[];
}

/**
 * Control operations on rows, from the socket thread to one worker; `rows` are those that live there. Steps travel
 * through the command ring instead.
 */
export interface ControlOperations {
  /** Make rows. */
  open: {
    request: Rows & {
      readonly id: string;
      readonly kwargs: Kwargs;
      readonly seeds: readonly (number | null)[];
      /** The rows replace lost ones: their episode is over already. */
      readonly replace: boolean;
    };
    reply: EnvSpec;
  };
  attach: {
    request: Rows & {
      readonly slab: SharedArrayBuffer;
      readonly shape: SlabShape;
      readonly autoreset: AutoresetMode;
    };
    reply: null;
  };
  reset: {
    request: Rows & { readonly seeds: readonly (number | null)[] | null; readonly options: JsonObject | null };
    reply: null;
  };
  snapshot: { request: Rows; reply: Snapshot[] };
  restore: { request: Rows & { readonly data: readonly Snapshot[] }; reply: null };
  scene: { request: Rows; reply: (Scene | null)[] };
  state: { request: Rows & { readonly obsKeys: readonly string[] }; reply: RowState[] };
  /** Take sequences of a rollout, one after another, until none is left; other workers take the rest. */
  rollout: {
    request: {
      readonly group: number;
      readonly id: string;
      readonly kwargs: Kwargs;
      readonly slab: SharedArrayBuffer;
      readonly shape: RolloutShape;
      /** One for all sequences, or one for each; bytes in shared memory. */
      readonly states: readonly Snapshot[];
    };
    reply: null;
  };
  /** The spec of an id, without rows that stay. */
  describe: { request: { readonly id: string; readonly kwargs: Kwargs }; reply: EnvSpec };
  dispose: { request: { readonly group: number }; reply: null };
}

export type ControlName = keyof ControlOperations;
export type ControlRequest<T extends ControlName> = ControlOperations[T]["request"];
export type ControlReply<T extends ControlName> = ControlOperations[T]["reply"];

/** A control request on its way to the worker. */
export type ControlMessage = { [T in ControlName]: { id: number; op: T; request: ControlRequest<T> } }[ControlName];

/** What a worker posts: a finished batch as `group * slots + slot`, or one of these. */
export type WorkerMessage =
  | { readonly kind: "ready"; readonly engine: string }
  | { readonly kind: "reply"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly code: ErrorCode; readonly message: string };

/** Batches of one group that may be in flight together; also the slots of a slab. */
export const SLOTS = 4;
