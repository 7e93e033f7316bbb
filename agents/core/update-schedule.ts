import type { OffPolicyConfig } from "./off-policy-config.ts";

const [ENV_STEPS, UPDATES, LAST_ROUND] = [0, 1, 2] as const;

/**
 * When gradient steps are due: the first round at `steps_before_batches` environment steps, one more for each
 * `steps_between_batches`. Steps beyond a round count for the next, so that the ratio of updates to steps holds for any
 * number of rows.
 */
export class UpdateSchedule {
  /** [env steps, gradient steps, env steps that rounds were done for]; live array of a checkpoint. */
  readonly counters = new Float64Array(3);
  readonly #before: number;
  readonly #between: number;

  constructor({ steps_before_batches: before, steps_between_batches: between }: OffPolicyConfig) {
    this.#before = before;
    this.#between = between;
    this.counters[LAST_ROUND] = before - between;
  }

  get envSteps(): number {
    return this.counters[ENV_STEPS] ?? 0;
  }

  get updates(): number {
    return this.counters[UPDATES] ?? 0;
  }

  /** @param steps of all rows */
  observed(steps: number): void {
    this.counters[ENV_STEPS] = this.envSteps + steps;
  }

  /** Rounds that are due; each is counted as done. */
  due(): number {
    if (this.envSteps < this.#before) return 0;
    const last = this.counters[LAST_ROUND] ?? 0;
    const rounds = Math.floor((this.envSteps - last) / this.#between);
    this.counters[LAST_ROUND] = last + rounds * this.#between;
    return rounds;
  }

  /** @param steps gradient steps */
  updated(steps: number): void {
    this.counters[UPDATES] = this.updates + steps;
  }
}
