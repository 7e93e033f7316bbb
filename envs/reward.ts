import { didYouMean } from "../protocol/closest.ts";
import { MyoError } from "../protocol/errors.ts";
import type { TaskLayout } from "./task.ts";

/** The weighted sum of a task's reward terms, and which of them a client sees. */
export class Reward {
  /** Term names of `info`, in order. */
  readonly infoKeys: readonly string[];
  readonly weights: Readonly<Record<string, number>>;
  readonly #names: readonly string[];
  readonly #shown: Int32Array;
  readonly #indices: Int32Array;
  readonly #factors: Float64Array;
  /** Index of the term that is the reward itself, -1 where it is a sum. */
  readonly #dense: number;

  /**
   * @param override the kwarg `weighted_reward_keys`: replaces every weight.
   * @throws MyoError BAD_OPTIONS when it names an unknown term.
   */
  constructor(layout: TaskLayout, override: Readonly<Record<string, number>> | undefined) {
    const { terms, hiddenTerms } = layout;
    this.#names = terms;
    this.weights = override ?? layout.weights;
    const names = Object.keys(this.weights);
    for (const name of names) {
      if (terms.includes(name)) continue;
      const hint = didYouMean(name, terms) || `; known: ${terms.join(", ")}.`;
      throw new MyoError("BAD_OPTIONS", `weighted_reward_keys names no reward term "${name}"${hint}`);
    }
    this.infoKeys = terms.filter((name) => !hiddenTerms.includes(name));
    this.#shown = Int32Array.from(this.infoKeys, (name) => terms.indexOf(name));
    this.#indices = Int32Array.from(names, (name) => terms.indexOf(name));
    this.#factors = Float64Array.from(Object.values(this.weights));
    this.#dense = override === undefined || layout.denseWeighs === true ? terms.indexOf("dense") : -1;
  }

  /** Sum in the order of the weights, float64. */
  of(terms: Float64Array): number {
    if (this.#dense >= 0) return terms[this.#dense] ?? 0;
    let reward = 0;
    for (let i = 0; i < this.#indices.length; i++) {
      reward += (this.#factors[i] ?? 0) * (terms[this.#indices[i] ?? 0] ?? 0);
    }
    return reward;
  }

  /** Copy the terms a client sees. */
  show(terms: Float64Array, out: Float64Array): void {
    for (let i = 0; i < this.#shown.length; i++) out[i] = terms[this.#shown[i] ?? 0] ?? 0;
  }

  /** Every term and `dense`, the reward; what is not finite is 0. */
  byName(terms: Float64Array): Record<string, number> {
    const finite = (value: number | undefined): number => (Number.isFinite(value) ? (value ?? 0) : 0);
    const named: Record<string, number> = {};
    this.#names.forEach((name, index) => (named[name] = finite(terms[index])));
    named["dense"] = finite(this.of(terms));
    return named;
  }
}
