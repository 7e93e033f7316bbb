import type { ActMode, AgentContext, Metrics, TransitionBatch } from "../../protocol/agent.ts";
import type { Buffers, JointInfo, JsonObject } from "../../protocol/env.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { SlabShape } from "./slab.ts";

/** What a job needs beside its agent: the slab it drives, and how. */
export interface DriveRequest {
  readonly job: string;
  readonly a: string;
  readonly slab: SharedArrayBuffer;
  readonly shape: SlabShape;
  readonly joints: readonly JointInfo[];
  readonly mode: ActMode;
  readonly learn: boolean;
}

/** Operations of the agent worker. */
export interface AgentOperations {
  create: { request: { a: string; algo: string; config: JsonObject; context: AgentContext }; reply: null };
  act: { request: { a: string; obs: Buffers; mode: ActMode; mask: Uint8Array | null }; reply: Buffers };
  /** Store transitions, then do the gradient steps that are due; what the learner measured. */
  observe: { request: { a: string; batch: TransitionBatch }; reply: Metrics };
  save: { request: { a: string }; reply: Uint8Array };
  load: { request: { a: string; data: Uint8Array }; reply: null };
  /** What the agent does now and what waits before this leaves the rest of its gradient steps for later. */
  interrupt: { request: { a: string }; reply: null };
  close: { request: { a: string }; reply: null };
  /** Begin to drive a slab. */
  drive: { request: DriveRequest; reply: null };
  /** Read obs from the slab, write actions into it. `mask` [N]: 1 where an episode starts; null where none does. */
  driveAct: { request: { job: string; a: string; mask: Uint8Array | null }; reply: null };
  /** Metrics of the agent and coverage of the joints so far, `coverage` and `coverage.<joint>`. */
  driveMetrics: { request: { job: string; a: string }; reply: Readonly<Record<string, number>> };
  driveEnd: { request: { job: string; a: string }; reply: null };
}

export type AgentOperationName = keyof AgentOperations;
export type AgentRequest<T extends AgentOperationName> = AgentOperations[T]["request"];
export type AgentReply<T extends AgentOperationName> = AgentOperations[T]["reply"];
export interface AgentMessage<T extends AgentOperationName = AgentOperationName> {
  readonly id: number;
  readonly op: T;
  readonly request: AgentRequest<T>;
}

export type AgentAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly code: ErrorCode; readonly message: string };
