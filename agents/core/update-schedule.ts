import type { OffPolicyConfig } from "./off-policy-config.ts";

const [ENV_STEPS, UPDATES, LAST_ROUND] = [0, 1, 2] as const;

/**
 * When gradient steps are due: the first round of them at `steps_before_batches` environment steps, one more for each
 * `steps_between_batches`. Steps beyond a round count for the next, so that the ratio of updates to steps holds for any
 * number of rows.
 */
export class UpdateSchedule {
  /** [env steps, gradient steps, env steps that whole rounds were done for]; live array of a checkpoint. */
  readonly counters = new Float64Array(3);
  readonly #before: number;
  readonly #between: number;
  readonly #round: number;

  constructor(config: OffPolicyConfig) {
    const { steps_before_batches: before, steps_between_batches: between, batch_iterations: round } = config;
    this.#before = before;
    this.#between = between;
    this.#round = round;
    this.counters[LAST_ROUND] = before - between;
  }

  get envSteps(): number {
    return this.counters[ENV_STEPS] ?? 0;
  }

  get updates(): number {
    return this.counters[UPDATES] ?? 0;
  }

  /** Whether a gradient step is. */
  get due(): boolean {
    return this.envSteps >= this.#before && this.envSteps - (this.counters[LAST_ROUND] ?? 0) >= this.#between;
  }

  /** @param steps of all rows */
  observed(steps: number): void {
    this.counters[ENV_STEPS] = this.envSteps + steps;
  }

  /** A gradient step was done. @returns whether it was the last one of its round */
  updated(): boolean {
    this.counters[UPDATES] = this.updates + 1;
    // A round is never left half done for good, so that the count of all says where the one under way is.
    const over = this.updates % this.#round === 0;
    if (over) this.counters[LAST_ROUND] = (this.counters[LAST_ROUND] ?? 0) + this.#between;
    return over;
  }
}
