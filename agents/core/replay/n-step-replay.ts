import { MyoError } from "../../../protocol/errors.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Replay, ReplayBatch, ReplayStep } from "./replay.ts";
import { ReplayFiles } from "./replay-files.ts";
import { TransitionRing } from "./transition-ring.ts";

/*
 * Axes: R vector steps that fit, N rows (environments), O observation, A action, B batch.
 */

/** What a `lag` byte can hold. */
const MAX_STEPS = 256;

export interface NStepReplayOptions {
  /** Transitions of all rows; rounded down to whole vector steps. */
  readonly capacity: number;
  readonly numEnvs: number;
  readonly obsSize: number;
  readonly actionSize: number;
  /** Rewards that a stored return sums, n. */
  readonly nSteps: number;
  /** By step, gamma. */
  readonly discount: number;
  /** Changes the rewards of every batch as it is sampled, such as a price on effort. */
  readonly sampleReward?: (batch: ReplayBatch) => void;
}

function assertOptions({ capacity, numEnvs, nSteps, discount }: NStepReplayOptions): void {
  if (!Number.isInteger(nSteps) || nSteps < 1 || nSteps > MAX_STEPS) {
    throw new MyoError("BAD_OPTIONS", `n-step returns take 1 to ${MAX_STEPS} steps, got ${nSteps}; change it.`);
  }
  if (!(discount >= 0 && discount <= 1)) {
    throw new MyoError("BAD_OPTIONS", `The discount must be in [0, 1], got ${discount}; change it.`);
  }
  if (!(capacity >= nSteps * numEnvs)) {
    throw new MyoError(
      "BAD_OPTIONS",
      `A replay of ${capacity} transitions cannot hold ${nSteps} steps of ${numEnvs} rows; give it at least ${nSteps * numEnvs}.`,
    );
  }
}

/**
 * Uniform replay of n-step transitions, R = sum of gamma^i r_{t+i} over i < n (Sutton 1988), folded as the rewards come.
 * A return stops at the end of its episode; a time-out still bootstraps, a termination does not. The newest n - 1 steps
 * hold shorter returns.
 */
export class NStepReplay implements Replay {
  readonly ring: TransitionRing;
  readonly #options: NStepReplayOptions;
  readonly #files: ReplayFiles;
  /** [N] 1 while the return of the steps looked at still runs on. */
  readonly #running: Uint8Array;

  /** @throws MyoError BAD_OPTIONS or, where there is not the memory, CAPACITY. */
  constructor(options: NStepReplayOptions) {
    assertOptions(options);
    const { capacity, numEnvs, obsSize, actionSize, nSteps, discount } = options;
    this.#options = options;
    this.ring = new TransitionRing({ rows: Math.floor(capacity / numEnvs), numEnvs, obsSize, actionSize });
    this.#running = new Uint8Array(numEnvs);
    this.#files = new ReplayFiles(this.ring, { nSteps, discount });
  }

  get size(): number {
    return this.ring.size;
  }

  get capacity(): number {
    return this.ring.shape.rows * this.ring.shape.numEnvs;
  }

  store(step: ReplayStep): void {
    this.#files.beforePush();
    this.ring.push(step, this.#options.discount);
    this.#fold();
  }

  sample(rng: Rng, batch: ReplayBatch): void {
    const { size } = this;
    for (let b = 0; b < batch.index.length; b++) batch.index[b] = rng.integers(0, size);
    this.gather(batch);
  }

  /** The transitions at `batch.index`, for a rule that draws its own. */
  gather(batch: ReplayBatch): void {
    this.ring.gather(batch);
    this.#options.sampleReward?.(batch);
  }

  /** @throws Error of the file system; the list before it still holds, and saving can be tried again. */
  save(folder: string): Promise<readonly string[]> {
    return this.#files.save(folder);
  }

  /** @throws MyoError BAD_OPTIONS for files that are missing, damaged or of another replay; this one is as before then. */
  load(folder: string, files: readonly string[]): Promise<void> {
    return this.#files.load(folder, files);
  }

  /** R_k += D_k r_t, D_k *= D_t, s'_k = s'_t for the n - 1 steps k before the newest t, up to an episode's end. */
  #fold(): void {
    const { ring } = this;
    const { rows, numEnvs } = ring.shape;
    const newest = ring.stored - 1;
    const now = (newest % rows) * numEnvs;
    const depth = Math.min(this.#options.nSteps - 1, newest);
    this.#running.fill(1);
    for (let lag = 1; lag <= depth; lag++) {
      const before = ((newest - lag) % rows) * numEnvs;
      for (let env = 0; env < numEnvs; env++) {
        const k = before + env;
        if (ring.ended[k] !== 0) this.#running[env] = 0;
        if (this.#running[env] === 0) continue;
        const discount = ring.discount[k] as number;
        ring.reward[k] = (ring.reward[k] as number) + discount * (ring.reward[now + env] as number);
        ring.discount[k] = discount * (ring.discount[now + env] as number);
        ring.lag[k] = lag;
      }
    }
  }
}
