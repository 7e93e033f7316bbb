import type { Rng } from "../../protocol/random/generator.ts";
import type { AgentState } from "../core/checkpoint.ts";

/*
 * Axes: N rows.
 */

/** Who acts in a row; the values of `Source`. */
export const POLICY_TURN = 0;
export const DEP_TURN = 1;

export interface SwitchOptions {
  readonly rows: number;
  /** Environment steps of all rows, W, in which DEP alone acts. */
  readonly initialSteps: number;
  /** Steps of a turn of DEP, L. */
  readonly length: number;
  /** Probability of a turn of DEP to follow on a step of the policy, p. */
  readonly probability: number;
  /** Every so many episodes belong to the policy alone; null: none does. */
  readonly testEpisodeEvery: number | null;
}

/** Shares the steps of every row out between DEP and the policy. */
export interface Switcher {
  /** DEP alone acts in the next step. */
  readonly alone: boolean;
  /** Who acts now. @param turn [N], written @returns whether DEP sees this step at all */
  decide(turn: Uint8Array): boolean;
  /** The row's episode is over. */
  endEpisode(row: number): void;
  readonly state: AgentState;
}

/**
 * Every row for itself: DEP until W steps, then turns of L steps, each after a step of the policy with probability p; the
 * k-th, 2k-th … episode of a row is the policy's, in which turns stand still. DEP sees every step.
 */
export class RowSwitcher implements Switcher {
  readonly state: AgentState;
  readonly #options: SwitchOptions;
  readonly #streams: readonly Rng[];
  /** Environment steps of all rows, [1]. */
  readonly #steps = new Float64Array(1);
  /** Finished episodes, [N]. */
  readonly #episodes: Float64Array;
  /** Steps left of the row's turn of DEP, [N]. */
  readonly #left: Float64Array;

  constructor(options: SwitchOptions, streams: readonly Rng[]) {
    this.#options = options;
    this.#streams = streams;
    this.#episodes = new Float64Array(options.rows);
    this.#left = new Float64Array(options.rows);
    this.state = { arrays: { steps: this.#steps, episodes: this.#episodes, left: this.#left }, streams };
  }

  get alone(): boolean {
    return (this.#steps[0] ?? 0) < this.#options.initialSteps;
  }

  decide(turn: Uint8Array): boolean {
    const { rows } = this.#options;
    const { alone } = this;
    this.#steps[0] = (this.#steps[0] ?? 0) + rows;
    if (alone) turn.fill(DEP_TURN);
    else for (let row = 0; row < rows; row++) turn[row] = this.#decideRow(row);
    return true;
  }

  endEpisode(row: number): void {
    this.#episodes[row] = (this.#episodes[row] ?? 0) + 1;
  }

  #decideRow(row: number): number {
    const { length, probability, testEpisodeEvery: every } = this.#options;
    if (every !== null && ((this.#episodes[row] ?? 0) + 1) % every === 0) return POLICY_TURN;
    const left = this.#left[row] ?? 0;
    if (left > 0) {
      this.#left[row] = left - 1;
      return DEP_TURN;
    }
    if ((this.#streams[row]?.random() ?? 1) < probability) this.#left[row] = length;
    return POLICY_TURN;
  }
}

/** Where depRL's counter starts: beyond any turn of DEP, so that the policy comes first. */
const FIRST_COUNT = 500;

/**
 * The switch of depRL 0.5.0: one counter and one stream for all rows, tests by the number of finished episodes of all rows
 * together (0 counts as a test), in which DEP is not stepped at all.
 */
export class GlobalSwitcher implements Switcher {
  readonly state: AgentState;
  readonly #options: SwitchOptions;
  readonly #stream: Rng;
  readonly #steps = new Float64Array(1);
  readonly #episodes = new Float64Array(1);
  /** c, [1] */
  readonly #count = Float64Array.of(FIRST_COUNT);

  constructor(options: SwitchOptions, stream: Rng) {
    this.#options = options;
    this.#stream = stream;
    this.state = {
      arrays: { steps: this.#steps, episodes: this.#episodes, count: this.#count },
      streams: [stream],
    };
  }

  get alone(): boolean {
    return (this.#steps[0] ?? 0) <= this.#options.initialSteps;
  }

  decide(turn: Uint8Array): boolean {
    const { rows, testEpisodeEvery: every } = this.#options;
    const { alone } = this;
    this.#steps[0] = (this.#steps[0] ?? 0) + rows;
    if (!alone && every !== null && (this.#episodes[0] ?? 0) % every === 0) {
      turn.fill(POLICY_TURN);
      return false;
    }
    turn.fill(alone ? this.#countOn(DEP_TURN) : this.#takeTurn());
    return true;
  }

  endEpisode(): void {
    this.#episodes[0] = (this.#episodes[0] ?? 0) + 1;
  }

  #takeTurn(): number {
    const { length, probability } = this.#options;
    if ((this.#count[0] ?? 0) <= length) return this.#countOn(DEP_TURN);
    if (this.#stream.random() < probability) this.#count[0] = 0;
    return this.#countOn(POLICY_TURN);
  }

  #countOn(turn: number): number {
    this.#count[0] = (this.#count[0] ?? 0) + 1;
    return turn;
  }
}
