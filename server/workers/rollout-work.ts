import type { Env, RowOut } from "../../protocol/env.ts";
import { allocate, type NumericArray } from "../../protocol/ndarray.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";
import type { ControlRequest } from "./control.ts";
import { isStopped, openRolloutSlab, stopRollout, takeSequence, type RolloutSlab } from "./rollout-slab.ts";
import type { Work } from "./round-robin.ts";
import { envStateOf } from "./row.ts";
import type { ScratchEnvs } from "./scratch-envs.ts";
import { FAILED, TERMINATED, TRUNCATED, writeError } from "./slab.ts";

function rowOf(layouts: readonly BufferLayout[]): NumericArray[] {
  return layouts.map(({ dtype, size }) => allocate(dtype, size));
}

/** As `target.set(source.subarray(…), at)`, without a view a step. Both have one element type. */
function copyElements(source: NumericArray, from: number, target: NumericArray, at: number, count: number): void {
  const values = source as Float32Array;
  const out = target as Float32Array;
  for (let i = 0; i < count; i++) out[at + i] = values[from + i] ?? 0;
}

/** A worker's part of a rollout, one control step a piece: whole sequences, each restored from its state first. */
export class RolloutWork implements Work {
  readonly #scratch: ScratchEnvs;
  readonly #request: ControlRequest<"rollout">;
  readonly #slab: RolloutSlab;
  readonly #out: RowOut;
  readonly #action: readonly NumericArray[];
  /** Of the one state that all sequences start from. */
  #restoreShared: (() => void) | null = null;
  #env: Env | null = null;
  #sequence = -1;
  #step = 0;

  constructor(scratch: ScratchEnvs, request: ControlRequest<"rollout">) {
    const { shape, slab } = request;
    this.#scratch = scratch;
    this.#request = request;
    this.#slab = openRolloutSlab(shape, slab);
    this.#action = rowOf(shape.action);
    this.#out = {
      obs: rowOf(shape.rowObs),
      terms: new Float64Array(shape.terms),
      reward: 0,
      terminated: false,
      truncated: false,
      error: null,
    };
  }

  /** @throws MyoError, e.g. BAD_OPTIONS for a state of another environment; the rollout is over for all workers. */
  advance(): boolean {
    try {
      if (this.#sequence < 0) this.#sequence = takeSequence(this.#slab);
      if (this.#sequence < 0 || isStopped(this.#slab)) return this.#release();
      const env = (this.#env ??= this.#scratch.take(this.#request.id, this.#request.kwargs));
      if (this.#step === 0) this.#restore(env);
      this.#advanceBy(env);
      return false;
    } catch (error) {
      stopRollout(this.#slab);
      this.#release();
      throw error;
    }
  }

  #release(): true {
    const { id, kwargs } = this.#request;
    if (this.#env !== null) this.#scratch.give(id, kwargs, this.#env);
    this.#env = null;
    return true;
  }

  #restore(env: Env): void {
    const { states } = this.#request;
    if (states.length > 1) env.restorer(envStateOf(states[this.#sequence] ?? new Uint8Array()))();
    else {
      this.#restoreShared ??= env.restorer(envStateOf(states[0] ?? new Uint8Array()));
      this.#restoreShared();
    }
  }

  #advanceBy(env: Env): void {
    const { shape, action, reward, flags } = this.#slab;
    const at = this.#sequence * shape.horizon + this.#step;
    const out = this.#out;
    for (let b = 0; b < shape.action.length; b++) {
      const size = shape.action[b]?.size ?? 0;
      copyElements(action[b] as NumericArray, at * size, this.#action[b] as NumericArray, 0, size);
    }
    this.#stepOnce(env);
    reward[at] = out.reward;
    flags[at] = (out.terminated ? TERMINATED : 0) | (out.truncated ? TRUNCATED : 0) | (out.error === null ? 0 : FAILED);
    this.#keep(at);
    this.#step++;
    if (out.terminated || out.truncated) this.#fillRest(at);
    if (this.#step < shape.horizon) return;
    if (shape.keepFinalObs) this.#copyObs(this.#slab.finalObs, this.#sequence);
    this.#sequence = -1;
    this.#step = 0;
  }

  /** A fault of the env ends its sequence with a sentence, as it ends an episode. */
  #stepOnce(env: Env): void {
    const out = this.#out;
    out.error = null;
    try {
      env.stepInto(this.#action, out);
    } catch (error) {
      out.reward = 0;
      out.terminated = true;
      out.truncated = false;
      out.error = `The environment failed: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (out.error !== null) writeError(this.#slab, this.#sequence, out.error);
  }

  #keep(at: number): void {
    const { shape, obs, terms } = this.#slab;
    if (shape.keepTerms) copyElements(this.#out.terms, 0, terms, at * shape.terms, shape.terms);
    if (shape.keepObs) this.#copyObs(obs, at);
  }

  /** Steps after the end of the episode: flags stay, obs repeats, reward and terms are 0 as the memory is. */
  #fillRest(last: number): void {
    const { shape, obs, flags } = this.#slab;
    const end = (this.#sequence + 1) * shape.horizon;
    flags.fill((flags[last] ?? 0) & (TERMINATED | TRUNCATED), last + 1, end);
    if (shape.keepObs) for (let at = last + 1; at < end; at++) this.#copyObs(obs, at);
    this.#step = shape.horizon;
  }

  /** The kept spans of the observation as line `line`. */
  #copyObs(target: readonly NumericArray[], line: number): void {
    const { spans, obs } = this.#slab.shape;
    let done = 0;
    for (let i = 0; i < spans.length; i++) {
      const span = spans[i];
      if (span === undefined) continue;
      if (i > 0 && spans[i - 1]?.buffer !== span.buffer) done = 0;
      const size = obs[span.buffer]?.size ?? 0;
      const { buffer, offset, count } = span;
      copyElements(
        this.#out.obs[buffer] as NumericArray,
        offset,
        target[buffer] as NumericArray,
        line * size + done,
        count,
      );
      done += count;
    }
  }
}
