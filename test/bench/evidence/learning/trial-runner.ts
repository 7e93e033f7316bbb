import { sideBySide } from "../side-by-side.ts";
import type { TrialLog } from "../trial-log.ts";
import type { Trial, TrialResult } from "./trial.ts";

/** What a trial came to, and of what. */
export interface LoggedResult extends TrialResult {
  readonly commit: string;
  readonly date: string;
}

export interface RunnerOptions {
  readonly log: TrialLog<LoggedResult>;
  readonly play: (trial: Trial) => Promise<TrialResult>;
  /** Engine and tensor library: with others, trials are run anew. */
  readonly libraries: readonly string[];
  readonly commit: string;
  /** Trials side by side. */
  readonly jobs: number;
  /** No trial starts after so many, s. */
  readonly seconds: number;
  readonly report?: (line: string) => void;
}

/** Runs what is missing, in order, until the time is over. */
export class TrialRunner {
  readonly #options: RunnerOptions;
  /** ms */
  readonly #end: number;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#end = performance.now() + options.seconds * 1000;
  }

  readonly lookup = (trial: Trial): LoggedResult | undefined => this.#options.log.get(this.#key(trial));

  /** @returns whether all are there. @throws the first failure of a trial, once those that run are over */
  async run(trials: readonly Trial[], what: string): Promise<boolean> {
    const missing = trials.filter((trial) => this.lookup(trial) === undefined);
    const { jobs } = this.#options;
    let left = missing.length;
    try {
      await sideBySide(missing, { jobs, end: this.#end }, async (trial) => {
        await this.#play(trial);
        left--;
        return true;
      });
    } finally {
      this.#report(`${what}: ${trials.length - left} of ${trials.length} trials`);
    }
    return left === 0;
  }

  async #play(trial: Trial): Promise<void> {
    const { log, play, commit } = this.#options;
    const result = await play(trial);
    log.add(this.#key(trial), { ...result, commit, date: new Date().toISOString() });
    const { metric, wall, cpu } = result;
    const name = `${trial.world.name} ${trial.method} seed ${trial.seed}`;
    this.#report(`${name}: ${metric.toFixed(3)}, ${wall.toFixed(0)} s (${cpu.toFixed(0)} s of CPU)`);
  }

  #report(line: string): void {
    this.#options.report?.(line);
  }

  /** Everything a result depends on but the code, so that a changed plan runs anew. */
  #key({ world, algo, config, seed, steps, rows, evaluations }: Trial): string {
    return JSON.stringify([this.#options.libraries, world, algo, config, seed, steps, rows, evaluations]);
  }
}
