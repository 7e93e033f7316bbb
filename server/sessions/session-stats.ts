import { ENDED, type Slab } from "../workers/slab.ts";

/** Episodes whose mean return and length `env.metrics` reports. */
const WINDOW = 100;

/** Batches whose median worker time `env.metrics` reports. */
const TIMED = 1000;

function median(values: Float64Array): number {
  return values.sort()[values.length >> 1] ?? 0;
}

/** Counters of one session. */
export class SessionStats {
  readonly #returns: number[] = [];
  readonly #lengths: number[] = [];
  #steps = 0;
  #resets = 0;
  #episodes = 0;
  #batches = 0;
  /** ms, sums over batches. */
  #queueTime = 0;
  #stepTime = 0;
  /** ms in the workers, of the last batches. */
  readonly #workerTimes = new Float64Array(TIMED);

  addReset(rows: number): void {
    this.#resets += rows;
  }

  /** @returns whether an episode of these rows (null: all) ended. */
  addBatch(slab: Slab, rows: Uint32Array | null, queueTime: number, stepTime: number): boolean {
    const count = rows?.length ?? slab.shape.rows;
    this.#steps += count;
    this.#queueTime += queueTime;
    this.#stepTime += stepTime;
    let any = false;
    let workerTime = 0;
    for (let i = 0; i < count; i++) {
      const row = rows === null ? i : (rows[i] ?? 0);
      workerTime += slab.stepTime[row] ?? 0;
      if (((slab.flags[row] ?? 0) & ENDED) === 0) continue;
      any = true;
      this.#addEpisode(slab.returns[row] ?? 0, slab.lengths[row] ?? 0);
    }
    this.#workerTimes[this.#batches++ % TIMED] = workerTime;
    return any;
  }

  /**
   * Scalars by name. Means of episodes are over the last 100; `queue_ms` and `step_ms` are means over all batches,
   * `worker_ms` is the median of the last 1,000: the workers' time for a batch, summed over its rows.
   */
  metrics(): Record<string, number> {
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
    const batches = Math.max(1, this.#batches);
    return {
      env_steps: this.#steps,
      batches: this.#batches,
      resets: this.#resets,
      episodes: this.#episodes,
      mean_return: mean(this.#returns),
      mean_length: mean(this.#lengths),
      queue_ms: this.#queueTime / batches,
      step_ms: this.#stepTime / batches,
      worker_ms: median(this.#workerTimes.slice(0, Math.min(TIMED, this.#batches))),
    };
  }

  #addEpisode(episodeReturn: number, length: number): void {
    this.#episodes++;
    this.#returns.push(episodeReturn);
    this.#lengths.push(length);
    if (this.#returns.length > WINDOW) {
      this.#returns.shift();
      this.#lengths.shift();
    }
  }
}
