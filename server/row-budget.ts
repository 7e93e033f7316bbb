import { MyoError } from "../protocol/errors.ts";

/** Rows of all sessions and runs of a process, with an upper bound. */
export class RowBudget {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * @param what whose rows they are, for the sentence: "the session", "the run with its evaluation"
   * @returns gives them back, once
   * @throws MyoError CAPACITY where there are not so many left.
   */
  take(rows: number, what: string): () => void {
    const free = this.#most - this.#taken;
    if (rows > free) {
      throw new MyoError(
        "CAPACITY",
        `The server holds at most ${this.#most} rows, ${free} are free, but ${what} needs ${rows}; ask for fewer, or close sessions or pause runs.`,
      );
    }
    this.#taken += rows;
    let held = rows;
    return () => {
      this.#taken -= held;
      held = 0;
    };
  }
}
