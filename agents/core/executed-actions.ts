import type { Buffers } from "../../protocol/env.ts";
import type { ActionUnits } from "./action-units.ts";
import { SOURCES } from "./exploration/exploration.ts";

/*
 * Axes: N rows, A actions.
 */

/**
 * What was proposed for each row, in units of the policy, beside what was sent. A transition that carries the action sent
 * is stored with the proposal, which the environment clipped (MPO learns from samples beyond the range); one with another
 * action is somebody else's.
 */
export class ExecutedActions {
  /** [N, A] units of the policy */
  readonly proposed: Float32Array;
  /** [N] index into SOURCES */
  readonly source: Uint8Array;
  readonly #units: ActionUnits;
  readonly #sent: Float64Array;
  readonly #stored: Float32Array;
  readonly #storedSource: Uint8Array;

  constructor(units: ActionUnits, numEnvs: number) {
    this.#units = units;
    this.proposed = new Float32Array(numEnvs * units.size);
    this.source = new Uint8Array(numEnvs);
    // No action is NaN: before the first proposal every transition is somebody else's.
    this.#sent = new Float64Array(numEnvs * units.size).fill(Number.NaN);
    this.#stored = new Float32Array(numEnvs * units.size);
    this.#storedSource = new Uint8Array(numEnvs);
  }

  /** Live arrays of a checkpoint. */
  get arrays() {
    return { proposed: this.proposed, source: this.source, sent: this.#sent };
  }

  /** The proposal as the environment takes it. */
  send(): Buffers {
    const action = this.#units.toEnv(this.proposed);
    this.#sent.set(action[0] as Float32Array | Float64Array);
    return action;
  }

  /** What to store for the actions of a transition; borrowed until the next call. */
  match(action: Buffers): { readonly action: Float32Array; readonly source: Uint8Array } {
    const given = action[0] as Float32Array | Float64Array;
    this.#stored.set(this.proposed);
    this.#storedSource.set(this.source);
    for (let row = 0; row < this.source.length; row++) {
      if (this.#isSent(given, row)) continue;
      this.#units.fromEnv(given, row, this.#stored);
      this.#storedSource[row] = SOURCES.indexOf("exploration");
    }
    return { action: this.#stored, source: this.#storedSource };
  }

  #isSent(given: ArrayLike<number>, row: number): boolean {
    const { size } = this.#units;
    for (let at = row * size; at < (row + 1) * size; at++) if (given[at] !== this.#sent[at]) return false;
    return true;
  }
}
