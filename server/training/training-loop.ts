import type { Learner } from "../../protocol/agent.ts";
import type { Buffers, StepBatch } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import { allocate, bytesBorrow } from "../../protocol/ndarray.ts";
import { layoutOf, type BufferLayout } from "../../protocol/spaces.ts";
import type { LocalVectorEnv } from "../vector/local-vector-env.ts";
import { readEnvState, writeEnvState } from "./env-state.ts";
import type { TrainingWindow } from "./training-window.ts";

/** Observations with those of rows that were reset in the step replaced by their last ones. */
function nextObsOf({ obs, final }: StepBatch, layouts: readonly BufferLayout[]): Buffers {
  if (final === undefined) return obs;
  return layouts.map(({ size }, b) => {
    // All have one element type; the union of their `set` methods accepts none.
    const next = obs[b]?.slice() as Float32Array;
    const last = final.obs[b] as Float32Array;
    final.rows.forEach((row, i) => {
      next.set(last.subarray(i * size, (i + 1) * size), row * size);
    });
    return next;
  });
}

/**
 * One vector step after another: act, step the rows, learn what is due meanwhile, observe. An action is thus chosen before
 * the gradient steps that the transition before it made due; the order is fixed, so that a run is a function of its seed.
 */
export class TrainingLoop {
  readonly #learner: Learner;
  readonly #env: LocalVectorEnv;
  readonly #window: TrainingWindow;
  readonly #layouts: readonly BufferLayout[];
  /** What the next action is chosen from. */
  #obs: Buffers = [];
  /** [N] 1: it starts an episode. */
  readonly #starts: Uint8Array;

  /** @param env with same_step autoreset, so that last observations come */
  constructor(learner: Learner, env: LocalVectorEnv, window: TrainingWindow) {
    this.#learner = learner;
    this.#env = env;
    this.#window = window;
    this.#layouts = layoutOf(env.spec.obs_space).buffers;
    this.#starts = new Uint8Array(env.numEnvs);
  }

  /** Row i starts from seed + i. */
  async begin(seed: number): Promise<void> {
    const { obs } = await this.#env.reset(Array.from({ length: this.#env.numEnvs }, (_, row) => seed + row));
    this.#obs = obs;
    this.#starts.fill(1);
  }

  async step(): Promise<void> {
    const learner = this.#learner;
    if (this.#starts.includes(1)) learner.reset(this.#starts);
    const obs = this.#obs;
    const action = learner.act(obs, "explore");
    // The rows are stepped on other threads meanwhile: gradient steps that the last observation made due cost less time.
    const [batch, metrics] = await Promise.all([this.#env.step(action), learner.update()]);
    const { reward, terminated, truncated } = batch;
    learner.observe({ obs, action, reward, terminated, truncated, nextObs: nextObsOf(batch, this.#layouts) });
    this.#window.addStep(batch);
    this.#obs = batch.obs;
    for (let row = 0; row < terminated.length; row++) {
      this.#starts[row] = (terminated[row] ?? 0) | (truncated[row] ?? 0);
    }
    this.#window.addMetrics(metrics);
  }

  /** Rows, observations and which start an episode. */
  async save(): Promise<Uint8Array> {
    return writeEnvState([...this.#obs, this.#starts], await this.#env.snapshot());
  }

  /** @throws MyoError BAD_OPTIONS for the state of another environment or number of rows. */
  async load(bytes: Uint8Array): Promise<void> {
    const { obs, rows } = readEnvState(bytes);
    const { numEnvs } = this.#env;
    await this.#env.restore(rows);
    this.#obs = this.#layouts.map(({ dtype, size }, b): NumericArray => {
      const array = allocate(dtype, numEnvs * size);
      bytesBorrow(array).set(obs[b] ?? []);
      return array;
    });
    this.#starts.set(obs[this.#layouts.length] ?? []);
  }
}
