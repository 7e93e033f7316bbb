import type { Buffers, RolloutOut, RolloutWant, SnapshotRef } from "../../protocol/env.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import type { RolloutPart } from "../../protocol/schema/env-messages.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";
import { fromWire, rowErrors, toWire, typed, type WireBuffers } from "./arrays.ts";
import type { Fields } from "./client.ts";

function startOf(from: SnapshotRef | { readonly snap: string }) {
  if ("snap" in from) return { snap: from.snap };
  return "row" in from ? { row: from.row } : { data: [...from.states] };
}

function partsOf(want: RolloutWant): RolloutPart[] {
  const parts: RolloutPart[] = ["rew", "term", "trunc"];
  if (want.obs === true) parts.push("obs");
  if (want.finalObs === true) parts.push("final_obs");
  if (want.terms === true) parts.push("terms");
  return parts;
}

/** [B H, size] as [B, H, size]. */
function withHorizon(buffers: WireBuffers, sequences: number, horizon: number): WireBuffers {
  const split = <A extends { shape: number[] }>(array: A): A => ({
    ...array,
    shape: [sequences, horizon, array.shape[1] ?? 0],
  });
  return Array.isArray(buffers) ? buffers.map(split) : split(buffers);
}

/** What env.rollout is sent, besides the session. @throws MyoError BAD_ACTION where the actions do not fit. */
export function rolloutFields(
  from: SnapshotRef | { readonly snap: string },
  layout: readonly BufferLayout[],
  actions: Buffers,
  want: RolloutWant,
): Omit<Fields<"env.rollout">, "s"> {
  const { horizon, obsKeys } = want;
  const sequences = Math.floor((actions[0]?.length ?? 0) / ((layout[0]?.size ?? 1) * horizon));
  const wire = toWire(layout, sequences * horizon, actions, `the actions of ${sequences} x ${horizon} steps`);
  return {
    ...startOf(from),
    actions: withHorizon(wire, sequences, horizon),
    want: partsOf(want),
    ...(obsKeys !== undefined && { obs_keys: [...obsKeys] }),
  };
}

const noBytes = toNdArray("|b1", [0], new Uint8Array());
const noDoubles = toNdArray("<f8", [0], new Float64Array());

export function rolloutOut(reply: ReplyOf<"env.rollout">): RolloutOut {
  const { errors } = reply;
  return {
    reward: typed(reply.rew ?? noDoubles, "<f8"),
    terminated: typed(reply.term ?? noBytes, "|b1"),
    truncated: typed(reply.trunc ?? noBytes, "|b1"),
    obs: reply.obs === undefined ? [] : fromWire(reply.obs),
    finalObs: reply.final_obs === undefined ? [] : fromWire(reply.final_obs),
    terms: typed(reply.terms ?? noDoubles, "<f8"),
    ...(errors !== undefined && { errors: rowErrors(errors) }),
  };
}
