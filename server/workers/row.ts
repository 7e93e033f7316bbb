import { MyoError } from "../../protocol/errors.ts";
import type { AutoresetMode, Buffers, Env, JsonObject, RowOut, Snapshot } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";
import { ENDED, FAILED, STARTED, TERMINATED, TRUNCATED, writeError, type Slab } from "./slab.ts";

/** Flags u4, length u4, return f8: what a snapshot holds beside the env's own bytes. */
const SNAPSHOT_HEADER = 16;
const OVER = 1;
const OPEN = 2;

function rowViews(arrays: readonly NumericArray[], layouts: readonly BufferLayout[], row: number): NumericArray[] {
  return arrays.map((array, index) => {
    const size = layouts[index]?.size ?? 0;
    return array.subarray(row * size, (row + 1) * size);
  });
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The env's own bytes of a row's snapshot. @throws MyoError BAD_OPTIONS for too few bytes or a header of no row. */
export function envStateOf(snapshot: Snapshot): Snapshot {
  if (snapshot.byteLength < SNAPSHOT_HEADER) {
    throw new MyoError(
      "BAD_OPTIONS",
      `A snapshot holds at least ${SNAPSHOT_HEADER} bytes, but ${snapshot.byteLength} came; send the bytes of env.snapshot.`,
    );
  }
  const header = new DataView(snapshot.buffer, snapshot.byteOffset);
  if (header.getUint32(0, true) > (OVER | OPEN) || !Number.isFinite(header.getFloat64(8, true))) {
    throw new MyoError("BAD_OPTIONS", "The snapshot is damaged; restore the bytes of env.snapshot unchanged.");
  }
  return snapshot.slice(SNAPSHOT_HEADER);
}

/** One row in its worker: steps its env straight into the slab, resets it when its episode is over. */
export class Row implements Disposable {
  readonly #env: Env;
  readonly #row: number;
  readonly #slab: Slab;
  readonly #autoreset: AutoresetMode;
  readonly #out: RowOut;
  readonly #action: Buffers;
  readonly #finalObs: readonly NumericArray[];
  readonly #joints: Float64Array;
  /** The episode ended and no reset came since. */
  #over: boolean;
  #started: boolean;
  #return = 0;
  #length = 0;

  constructor(env: Env, row: number, slab: Slab, autoreset: AutoresetMode, replacement: boolean) {
    const { terms, joints, obs, action, final } = slab.shape;
    this.#env = env;
    this.#row = row;
    this.#slab = slab;
    this.#autoreset = autoreset;
    this.#out = {
      obs: rowViews(slab.obs, obs, row),
      terms: slab.terms.subarray(row * terms, (row + 1) * terms),
      reward: 0,
      terminated: false,
      truncated: false,
      error: null,
    };
    this.#action = rowViews(slab.action, action, row);
    this.#finalObs = final ? rowViews(slab.finalObs, obs, row) : [];
    this.#joints = slab.joints.subarray(row * joints, (row + 1) * joints);
    this.#over = replacement;
    this.#started = replacement && autoreset !== "disabled";
  }

  /** @throws what the env throws, e.g. MyoError BAD_OPTIONS for options. */
  reset(seed: number | null, options: JsonObject | null): void {
    this.#env.resetInto(seed, options ?? undefined, this.#out);
    this.#begin();
    this.#slab.flags[this.#row] = STARTED;
    this.#slab.reward[this.#row] = 0;
    this.#writeJoints();
  }

  /** Never throws: a fault of the env ends the episode of this row with a sentence. */
  step(): void {
    const out = this.#out;
    const began = performance.now();
    out.error = null;
    try {
      if (this.#over && this.#autoreset !== "disabled") this.#autoresetStep();
      else this.#env.stepInto(this.#action, out);
    } catch (error) {
      out.reward = 0;
      out.terminated = true;
      out.truncated = false;
      out.error = `The environment failed: ${sentenceOf(error)}`;
    }
    this.#publish();
    this.#slab.stepTime[this.#row] = performance.now() - began;
  }

  snapshot(): Snapshot {
    const inner = this.#env.snapshot();
    const bytes = new Uint8Array(SNAPSHOT_HEADER + inner.byteLength);
    const header = new DataView(bytes.buffer);
    header.setUint32(0, (this.#over ? OVER : 0) | (this.#started ? OPEN : 0), true);
    header.setUint32(4, this.#length, true);
    header.setFloat64(8, this.#return, true);
    bytes.set(inner, SNAPSHOT_HEADER);
    return bytes;
  }

  /** @throws MyoError BAD_OPTIONS when the bytes are no snapshot of an equal env. */
  restore(snapshot: Snapshot): void {
    this.#env.restore(envStateOf(snapshot));
    const header = new DataView(snapshot.buffer, snapshot.byteOffset);
    const state = header.getUint32(0, true);
    this.#over = (state & OVER) !== 0;
    this.#started = (state & OPEN) !== 0;
    this.#length = header.getUint32(4, true);
    this.#return = header.getFloat64(8, true);
    this.#slab.flags[this.#row] = this.#started ? STARTED : 0;
  }

  scene(): ReturnType<Env["scene"]> {
    return this.#env.scene();
  }

  state(obsKeys: readonly string[]): ReturnType<Env["state"]> {
    return this.#env.state(obsKeys);
  }

  [Symbol.dispose](): void {
    this.#env[Symbol.dispose]();
  }

  #begin(): void {
    this.#over = false;
    this.#started = true;
    this.#return = 0;
    this.#length = 0;
  }

  /** The action is ignored, the reward is 0, the observation that of the reset. */
  #autoresetStep(): void {
    const out = this.#out;
    this.#env.resetInto(null, undefined, out);
    this.#begin();
    out.reward = 0;
    out.terminated = false;
    out.truncated = false;
    // The step that resets is no step of the new episode.
    this.#length = -1;
  }

  #publish(): void {
    const slab = this.#slab;
    const row = this.#row;
    const out = this.#out;
    this.#length += 1;
    this.#return += out.reward;
    slab.reward[row] = out.reward;
    let flags = STARTED | (out.terminated ? TERMINATED : 0) | (out.truncated ? TRUNCATED : 0);
    if (out.error !== null) {
      flags |= FAILED;
      writeError(slab, row, out.error);
    }
    if (!this.#over && (out.terminated || out.truncated)) flags |= this.#end();
    slab.flags[row] = flags;
    this.#writeJoints();
  }

  /** Statistics of the episode that is over, then what the autoreset mode asks for. */
  #end(): number {
    const { returns, lengths } = this.#slab;
    returns[this.#row] = this.#return;
    lengths[this.#row] = this.#length;
    this.#over = true;
    if (this.#autoreset === "same_step") this.#resetSameStep();
    return ENDED;
  }

  #resetSameStep(): void {
    const { shape, finalTerms } = this.#slab;
    this.#finalObs.forEach((last, index) => {
      const obs = this.#out.obs[index];
      // Both are views of the same dtype and size by construction.
      if (obs !== undefined) (last as Float32Array).set(obs as Float32Array);
    });
    finalTerms.set(this.#out.terms, this.#row * shape.terms);
    try {
      this.#env.resetInto(null, undefined, this.#out);
      this.#begin();
    } catch {
      // The next step tries again and reports what stands in the way.
      this.#over = true;
    }
  }

  #writeJoints(): void {
    if (this.#slab.wantJoints[0] !== 0) this.#env.jointPositions(this.#joints);
  }
}
