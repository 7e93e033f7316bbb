import type { Learner } from "../../protocol/agent.ts";
import type { Buffers, Snapshot, StepBatch } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import { allocate, bytesBorrow } from "../../protocol/ndarray.ts";
import { layoutOf, type BufferLayout } from "../../protocol/spaces.ts";
import { readEnvState, writeEnvState } from "./env-state.ts";
import type { TrainingRows } from "./rows.ts";
import type { TrainingWindow } from "./training-window.ts";

interface Anew {
  readonly seeds: number[];
  /** What was loaded, and the engine of its rows. */
  readonly saved: Uint8Array;
  readonly engine: string;
}

const ANEW_SENTENCE = "The row's state is that of another engine; the row begins an episode anew.";

/** Rows that whoever has them has lost: a simulation that diverges is terminated. */
const lostRows = ({ errors, truncated }: StepBatch): number[] =>
  errors === undefined ? [] : [...errors.keys()].filter((row) => truncated[row] === 1);

/**
 * Observations with those of rows that were reset in the step replaced by their last ones. What a lost row would have shown
 * nobody knows: it stays where it was.
 */
function nextObsOf(batch: StepBatch, before: Buffers, layouts: readonly BufferLayout[]): Buffers {
  const { obs, final } = batch;
  const lost = lostRows(batch);
  if (final === undefined && lost.length === 0) return obs;
  return layouts.map(({ size }, b) => {
    // All have one element type; the union of their `set` methods accepts none.
    const next = obs[b]?.slice() as Float32Array;
    const put = (row: number, from: NumericArray | undefined, at: number): void => {
      next.set((from as Float32Array).subarray(at * size, (at + 1) * size), row * size);
    };
    final?.rows.forEach((row, i) => {
      put(row, final.obs[b], i);
    });
    for (const row of lost) put(row, before[b], row);
    return next;
  });
}

/** As Promise.all, but one that fails leaves none under way. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/**
 * One vector step after another: act, step the rows, learn what is due meanwhile, observe. An action is thus chosen before
 * the gradient steps that the transition before it made due; the order is fixed, so that a run is a function of its seed.
 */
export class TrainingLoop {
  readonly #learner: Learner;
  readonly #env: TrainingRows;
  readonly #window: TrainingWindow;
  readonly #stopped: () => boolean;
  readonly #layouts: readonly BufferLayout[];
  /** What the next action is chosen from. */
  #obs: Buffers = [];
  /** [N] 1: it starts an episode. */
  readonly #starts: Uint8Array;
  /** The next step ends all rows as lost, and they begin from these seeds; until then the saved state stays. null: they go on. */
  #anew: Anew | null = null;

  /**
   * @param env with same_step autoreset, so that last observations come
   * @param stopped asked between gradient steps: the step under way is not wanted any more
   */
  constructor(learner: Learner, env: TrainingRows, window: TrainingWindow, stopped: () => boolean = () => false) {
    this.#stopped = stopped;
    this.#learner = learner;
    this.#env = env;
    this.#window = window;
    this.#layouts = layoutOf(env.spec.obs_space).buffers;
    this.#starts = new Uint8Array(env.numEnvs);
  }

  /** Row i starts from seed + i. */
  async begin(seed: number): Promise<void> {
    const { obs } = await this.#env.reset(this.#seedsFrom(seed));
    this.#obs = obs;
    this.#starts.fill(1);
  }

  async step(): Promise<void> {
    const learner = this.#learner;
    if (this.#starts.includes(1)) learner.reset(this.#starts);
    const obs = this.#obs;
    const action = learner.act(obs, "explore");
    // The rows are stepped on other threads meanwhile: gradient steps that the last observation made due cost less time.
    const stepped = this.#anew === null ? this.#env.step(action) : this.#beginAnew(this.#anew);
    const [batch, metrics] = await both(stepped, learner.update(this.#stopped));
    const { reward, terminated, truncated } = batch;
    learner.observe({ obs, action, reward, terminated, truncated, nextObs: nextObsOf(batch, obs, this.#layouts) });
    this.#window.addStep(batch);
    this.#obs = batch.obs;
    for (let row = 0; row < terminated.length; row++) {
      this.#starts[row] = (terminated[row] ?? 0) | (truncated[row] ?? 0);
    }
    this.#window.addMetrics(metrics);
  }

  /** Of the rows that `save` would hold. */
  get engine(): string {
    return this.#anew?.engine ?? this.#env.spec.engine;
  }

  /** Rows, observations and which start an episode. @throws MyoError UNAVAILABLE where the rows are out of reach. */
  async save(): Promise<Uint8Array> {
    return this.#anew?.saved ?? this.#write((await this.#env.snapshot()) ?? []);
  }

  /** The same for rows that begin episodes anew. */
  saveWithoutRows(): Uint8Array {
    return this.#write([]);
  }

  /** @throws MyoError BAD_OPTIONS for the state of another environment or number of rows. */
  async load(bytes: Uint8Array): Promise<void> {
    const { obs, rows } = readEnvState(bytes);
    await this.#env.restore(rows);
    this.#loadObs(obs);
  }

  /** The same for rows that cannot go on: the next step ends each by no fault of its own, then row i starts from seed + i. */
  loadAnew(bytes: Uint8Array, engine: string, seed: number): void {
    this.#loadObs(readEnvState(bytes).obs);
    this.#anew = { seeds: this.#seedsFrom(seed), saved: bytes, engine };
  }

  #loadObs(obs: readonly Uint8Array[]): void {
    const { numEnvs } = this.#env;
    this.#obs = this.#layouts.map(({ dtype, size }, b): NumericArray => {
      const array = allocate(dtype, numEnvs * size);
      bytesBorrow(array).set(obs[b] ?? []);
      return array;
    });
    this.#starts.set(obs[this.#layouts.length] ?? []);
  }

  async #beginAnew({ seeds }: Anew): Promise<StepBatch> {
    const batch = await this.#env.reset(seeds);
    this.#anew = null;
    const errors = new Map(Array.from(batch.rows, (row) => [row, ANEW_SENTENCE]));
    return { ...batch, truncated: new Uint8Array(batch.rows.length).fill(1), errors };
  }

  #seedsFrom(seed: number): number[] {
    return Array.from({ length: this.#env.numEnvs }, (_, row) => seed + row);
  }

  #write(rows: readonly Snapshot[]): Uint8Array {
    return writeEnvState([...this.#obs, this.#starts], rows);
  }
}
