/** Reward term that says whether the task is solved in a step. */
const TERM = "solved";
/** MyoSuite counts an episode as a success when it was solved in more steps than this (`evaluate_success`). */
const SUSTAINED = 5;

/**
 * Which rows' episodes are successes: solved in more than 5 steps, or in the last one, as tasks that end once they are
 * solved have it.
 */
export class SuccessRule {
  /** Column of the terms; -1 where the environment does not say. */
  readonly #column: number;
  readonly #terms: number;
  /** [N] steps of the episode that were solved. */
  readonly counts: Uint32Array;

  /** @param infoKeys names of the terms, in order */
  constructor(infoKeys: readonly string[], rows: number) {
    this.#column = infoKeys.indexOf(TERM);
    this.#terms = infoKeys.length;
    this.counts = new Uint32Array(rows);
  }

  /** Whether the environment says when it is solved. */
  get known(): boolean {
    return this.#column >= 0;
  }

  /** A step of a row. @param terms [n, T] @param place of the row in them @returns whether it was solved in it */
  step(row: number, terms: Float64Array, place: number): boolean {
    const solved = this.known && (terms[place * this.#terms + this.#column] ?? 0) > 0;
    if (solved) this.counts[row] = (this.counts[row] ?? 0) + 1;
    return solved;
  }

  /** The row's episode is over. @param last whether its last step was solved @returns 1 or 0 */
  end(row: number, last: boolean): number {
    const success = last || (this.counts[row] ?? 0) > SUSTAINED;
    this.counts[row] = 0;
    return success ? 1 : 0;
  }
}
