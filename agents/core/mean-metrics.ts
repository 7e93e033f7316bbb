import type { Metrics } from "../../protocol/agent.ts";

/** Means of named figures since they were last taken. */
export class MeanMetrics {
  readonly #names: readonly string[];
  readonly #sums: Float64Array;
  #count = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#sums = new Float64Array(names.length);
  }

  /** @param values in the order of the names. */
  add(...values: readonly number[]): void {
    for (let i = 0; i < values.length; i++) this.#sums[i] = (this.#sums[i] ?? 0) + (values[i] ?? 0);
    this.#count += 1;
  }

  /** Nothing where nothing was added. */
  take(): Metrics {
    const count = this.#count;
    if (count === 0) return {};
    const means = this.#names.map((name, i) => [name, (this.#sums[i] ?? 0) / count] as const);
    this.#sums.fill(0);
    this.#count = 0;
    return Object.fromEntries(means);
  }
}
