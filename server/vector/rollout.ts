import { didYouMean } from "../../protocol/closest.ts";
import type { Buffers, EnvSpec, RolloutOut, RolloutWant, Snapshot } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { elementCount, type NumericArray } from "../../protocol/ndarray.ts";
import { layoutOf, type BufferLayout } from "../../protocol/spaces.ts";
import {
  createRolloutSlab,
  stopRollout,
  type ObsSpan,
  type RolloutShape,
  type RolloutSlab,
} from "../workers/rollout-slab.ts";
import { FAILED, readError, TERMINATED, TRUNCATED } from "../workers/slab.ts";
import type { RowGroup } from "./row-group.ts";

/** Which slices of the observation a rollout keeps. @throws MyoError BAD_OPTIONS for an unknown group. */
function spansOf(spec: EnvSpec, obs: readonly BufferLayout[], keys: readonly string[] | undefined): ObsSpan[] {
  if (keys === undefined) return obs.map(({ size }, buffer) => ({ buffer, offset: 0, count: size }));
  return keys.map((key) => {
    const group = spec.obs_keys[key];
    if (group !== undefined) return { buffer: 0, offset: group.offset, count: elementCount(group.shape) };
    const known = Object.keys(spec.obs_keys);
    const hint = didYouMean(key, known) || `; known: ${known.join(", ")}.`;
    throw new MyoError("BAD_OPTIONS", `obs_keys picks groups of the session's observation, not "${key}"${hint}`);
  });
}

/**
 * What B sequences compute and keep.
 * @throws MyoError BAD_OPTIONS when `want` names an unknown observation group.
 */
export function rolloutShape(spec: EnvSpec, sequences: number, want: RolloutWant): RolloutShape {
  const rowObs = layoutOf(spec.obs_space).buffers;
  const spans = spansOf(spec, rowObs, want.obsKeys);
  const obs = rowObs.map(({ dtype }, buffer) => {
    const size = spans.reduce((sum, span) => sum + (span.buffer === buffer ? span.count : 0), 0);
    return { dtype, size };
  });
  return {
    sequences,
    horizon: want.horizon,
    action: layoutOf(spec.act_space).buffers,
    rowObs,
    spans,
    obs,
    terms: spec.info_keys.length,
    keepObs: want.obs === true,
    keepFinalObs: want.finalObs === true,
    keepTerms: want.terms === true,
  };
}

/** Bytes in shared memory: every worker reads them, none gets a copy it does not need. */
function shared(state: Snapshot): Snapshot {
  const bytes = new Uint8Array(new SharedArrayBuffer(state.byteLength));
  bytes.set(state);
  return bytes;
}

/**
 * Run sequences on every worker.
 * @param states one for all sequences, or one for each.
 * @returns the results in shared memory that nobody else writes to any more.
 * @throws MyoError BAD_OPTIONS for a state of another environment, UNAVAILABLE when a worker is lost.
 */
export async function runRollout(
  group: RowGroup,
  shape: RolloutShape,
  states: readonly Snapshot[],
  actions: Buffers,
): Promise<RolloutSlab> {
  if (states.length !== 1 && states.length !== shape.sequences) {
    throw new MyoError(
      "BAD_OPTIONS",
      `A rollout starts from one state, or one for each of ${shape.sequences} sequences, but ${states.length} came.`,
    );
  }
  const slab = createRolloutSlab(shape);
  slab.action.forEach((target, index) => (target as Float32Array).set(actions[index] as Float32Array));
  await group.rollout({ slab: slab.buffer, shape, states: states.map(shared) }, () => {
    stopRollout(slab);
  });
  return slab;
}

/** [B, H] one bit of the flags; several bits: whether any is set. */
export function flagBits({ flags }: RolloutSlab, bits: number): Uint8Array {
  const set = new Uint8Array(flags.length);
  for (let i = 0; i < set.length; i++) set[i] = ((flags[i] ?? 0) & bits) === 0 ? 0 : 1;
  return set;
}

/** The sentence of each sequence that failed, or null. */
export function rolloutErrors(slab: RolloutSlab): ReadonlyMap<number, string> | null {
  const errors = new Map<number, string>();
  slab.flags.forEach((flags, at) => {
    if ((flags & FAILED) === 0) return;
    const sequence = Math.floor(at / slab.shape.horizon);
    errors.set(sequence, readError(slab, sequence));
  });
  return errors.size === 0 ? null : errors;
}

/** Copies in memory of the caller's own. */
export function toRolloutOut(slab: RolloutSlab): RolloutOut {
  const { keepObs, keepFinalObs } = slab.shape;
  const errors = rolloutErrors(slab);
  const owned = (arrays: readonly NumericArray[]): NumericArray[] => arrays.map((array) => array.slice());
  return {
    reward: slab.reward.slice(),
    terminated: flagBits(slab, TERMINATED),
    truncated: flagBits(slab, TRUNCATED),
    obs: keepObs ? owned(slab.obs) : [],
    finalObs: keepFinalObs ? owned(slab.finalObs) : [],
    terms: slab.terms.slice(),
    ...(errors !== null && { errors }),
  };
}

/** B of flat actions [B, H, size]. @throws MyoError BAD_ACTION where the lengths do not fit. */
export function sequencesOf(actions: Buffers, layout: readonly BufferLayout[], horizon: number): number {
  const line = (layout[0]?.size ?? 0) * horizon;
  const sequences = (actions[0]?.length ?? 0) / line;
  const fits = layout.every(({ size }, b) => actions[b]?.length === sequences * horizon * size);
  if (horizon >= 1 && Number.isInteger(sequences) && sequences >= 1 && fits) return sequences;
  const sizes = layout.map(({ size }) => `[B, ${horizon}, ${size}]`).join(" and ");
  const came = actions.map(({ length }) => length).join(" and ");
  throw new MyoError("BAD_ACTION", `The actions of a rollout are ${sizes}, but ${came} elements came.`);
}
