import type { Metrics } from "../../protocol/agent.ts";
import type { JsonObject, StepBatch } from "../../protocol/env.ts";
import { SuccessRule } from "./success.ts";

/** Running sum of a figure that is not there in every step. */
interface Sum {
  total: number;
  count: number;
}

const isNumbers = (value: unknown): value is number[] => Array.isArray(value);

/** What happened since the last row of metrics: ends of episodes, the learner's figures. */
export class TrainingWindow {
  readonly #success: SuccessRule;
  readonly #sums = new Map<string, Sum>();
  #episodes = 0;

  constructor(infoKeys: readonly string[], rows: number) {
    this.#success = new SuccessRule(infoKeys, rows);
  }

  /** @param batch of all rows, with same_step autoreset */
  addStep(batch: StepBatch): void {
    const { episodes, final, terms, rows } = batch;
    let [at, lastAt] = [0, 0];
    for (let row = 0; row < rows.length; row++) {
      const over = episodes?.rows[at] === row;
      const closed = final?.rows[lastAt] === row;
      const solved = closed ? this.#success.step(row, final.terms, lastAt++) : this.#success.step(row, terms, row);
      // A row that was lost ends without an episode.
      if (!over && batch.truncated[row] === 1) this.#success.end(row, false);
      if (!over) continue;
      this.#episodes++;
      this.#add("return_mean", episodes.returns[at] ?? 0);
      this.#add("length_mean", episodes.lengths[at] ?? 0);
      const success = this.#success.end(row, solved);
      if (this.#success.known) this.#add("success_rate", success);
      at++;
    }
  }

  /** Figures of the learner; nothing in most steps. */
  addMetrics(metrics: Metrics): void {
    for (const name in metrics) this.#add(name, metrics[name] ?? 0);
  }

  /** Means, and start anew. */
  take(): Record<string, number> {
    const values: Record<string, number> = { episodes: this.#episodes };
    for (const [name, { total, count }] of this.#sums) values[name] = total / count;
    this.#sums.clear();
    this.#episodes = 0;
    return values;
  }

  save(): JsonObject {
    const sums = [...this.#sums].map(([name, { total, count }]) => [name, total, count]);
    return { episodes: this.#episodes, sums, solved: [...this.#success.counts] };
  }

  load(state: JsonObject): void {
    this.#episodes = Number(state["episodes"]);
    this.#sums.clear();
    for (const entry of isNumbers(state["sums"]) ? (state["sums"] as unknown as [string, number, number][]) : []) {
      const [name, total, count] = entry;
      this.#sums.set(name, { total, count });
    }
    if (isNumbers(state["solved"])) this.#success.counts.set(state["solved"]);
  }

  /** What is no number stays out of the mean; JSON could not hold it either. */
  #add(name: string, value: number): void {
    if (!Number.isFinite(value)) return;
    const sum = this.#sums.get(name);
    if (sum === undefined) this.#sums.set(name, { total: value, count: 1 });
    else {
      sum.total += value;
      sum.count++;
    }
  }
}
