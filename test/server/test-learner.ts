import type {
  ActMode,
  AgentContext,
  Learner,
  LearnerDefinition,
  Metrics,
  PolicyExport,
  TransitionBatch,
} from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { namedStream } from "../../protocol/random/generator.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { ActionUnits } from "../../agents/core/action-units.ts";
import { fingerprintOf, readCheckpoint, writeCheckpoint, type AgentState } from "../../agents/core/checkpoint.ts";
import { exportPolicy } from "../../agents/core/policy-export.ts";
import { NStepReplay } from "../../agents/core/replay/n-step-replay.ts";
import type { ReplayBatch } from "../../agents/core/replay/replay.ts";

/*
 * Axes: N rows, O observation, A actions, B batch.
 */

const BATCH = 16;
const NOISE = 0.3;
const RATE = 0.02;
const BASELINE_RATE = 0.01;

/**
 * A learner small enough for tests, with everything a real one has to save: parameters, a running figure, a replay, random
 * streams. One linear layer is drawn towards actions that paid more than usual.
 */
class LineLearner implements Learner {
  /** Another in a process that says so. */
  readonly library = process.env["MYOSERVE_TEST_LIBRARY"] ?? null;
  readonly #context: AgentContext;
  readonly #every: number;
  readonly #units: ActionUnits;
  readonly #obs: number;
  /** [O, 2 A] + [2 A], of which the first A columns matter */
  readonly #params: Float32Array;
  /** env steps, updates, baseline, env steps of the last update */
  readonly #counters = new Float64Array(4);
  readonly #noise;
  readonly #sampling;
  readonly #replay: NStepReplay;
  readonly #state: AgentState;
  readonly #batch: ReplayBatch;
  readonly #delay: number;

  constructor(context: AgentContext, { every, delay }: { every: number; delay: number }) {
    const { spec, numEnvs, seed } = context;
    this.#context = context;
    this.#every = every;
    this.#delay = delay;
    this.#units = new ActionUnits(spec.act_space, "line");
    this.#obs = layoutOf(spec.obs_space).buffers[0]?.size ?? 0;
    const [obs, actions] = [this.#obs, this.#units.size];
    this.#params = new Float32Array((obs + 1) * 2 * actions);
    this.#noise = namedStream(seed, "line.noise");
    this.#sampling = namedStream(seed, "line.sampling");
    const replay = { capacity: 200, numEnvs, obsSize: obs, actionSize: actions, nSteps: 2, discount: 0.9 };
    this.#replay = new NStepReplay(replay);
    this.#state = {
      arrays: { params: this.#params, counters: this.#counters },
      streams: [this.#noise, this.#sampling],
    };
    const floats = (width: number) => new Float32Array(BATCH * width);
    this.#batch = {
      obs: floats(obs),
      action: floats(actions),
      nextObs: floats(obs),
      reward: floats(1),
      discount: floats(1),
      index: new Uint32Array(BATCH),
    };
  }

  get progress() {
    return { envSteps: this.#counters[0] ?? 0, updates: this.#counters[1] ?? 0 };
  }

  act(obs: Buffers, mode: ActMode): Buffers {
    const x = obs[0] as Float32Array;
    const [inputs, actions] = [this.#obs, this.#units.size];
    const out = new Float32Array(this.#context.numEnvs * actions);
    for (let at = 0; at < out.length; at++) {
      const [row, a] = [Math.floor(at / actions), at % actions];
      const noise = mode === "explore" ? this.#noise.normal(0, NOISE) : 0;
      out[at] = Math.tanh(this.#output(x, row * inputs, a)) + noise;
    }
    return this.#units.toEnv(out);
  }

  observe(t: TransitionBatch): void {
    const { numEnvs } = this.#context;
    const action = new Float32Array(numEnvs * this.#units.size);
    for (let row = 0; row < numEnvs; row++) this.#units.fromEnv(t.action[0] as Float32Array, row, action);
    const ended = t.terminated.map((over, row) => over | (t.truncated[row] ?? 0));
    this.#replay.store({
      obs: t.obs[0] as Float32Array,
      action,
      nextObs: t.nextObs[0] as Float32Array,
      reward: t.reward,
      terminated: t.terminated,
      ended,
      source: new Uint8Array(numEnvs),
    });
    this.#counters[0] = (this.#counters[0] ?? 0) + numEnvs;
  }

  async update(): Promise<Metrics> {
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
    if (this.progress.envSteps - (this.#counters[3] ?? 0) < this.#every) return {};
    this.#counters[3] = this.progress.envSteps;
    this.#replay.sample(this.#sampling, this.#batch);
    return this.#learn(this.#batch);
  }

  reset(): void {
    // Nothing belongs to an episode.
  }

  checkpoint(): Promise<Uint8Array> {
    return Promise.resolve(writeCheckpoint(this.#identity(), this.#state));
  }

  restore(data: Uint8Array): Promise<void> {
    return Promise.resolve().then(() => readCheckpoint(data, this.#identity(), this.#state));
  }

  policy(): PolicyExport {
    const zeros = new Float32Array(this.#obs);
    const network = {
      algo: "line",
      sizes: [this.#obs, 2 * this.#units.size],
      params: this.#params,
      head: { tanh: "mean", deviation: "exp", bounds: [-1, 1] },
    } as const;
    const normaliser = { mean: zeros, std: zeros.map(() => 1) };
    return exportPolicy(network, normaliser, this.#units.range, this.#context.spec, null);
  }

  saveReplay(folder: string): Promise<readonly string[]> {
    return this.#replay.save(folder);
  }

  loadReplay(folder: string, files: readonly string[]): Promise<void> {
    return this.#replay.load(folder, files);
  }

  [Symbol.dispose](): void {
    // Plain memory.
  }

  #identity() {
    return { algo: "line", numEnvs: this.#context.numEnvs, fingerprint: fingerprintOf({ every: this.#every }) };
  }

  #output(x: Float32Array, from: number, a: number): number {
    const width = 2 * this.#units.size;
    let sum = this.#params[this.#obs * width + a] ?? 0;
    for (let i = 0; i < this.#obs; i++) sum += (x[from + i] ?? 0) * (this.#params[i * width + a] ?? 0);
    return sum;
  }

  #learn({ obs, action, reward }: ReplayBatch): Metrics {
    const [actions, width] = [this.#units.size, 2 * this.#units.size];
    let loss = 0;
    for (let b = 0; b < BATCH; b++) {
      const baseline = this.#counters[2] ?? 0;
      const advantage = (reward[b] ?? 0) - baseline;
      this.#counters[2] = baseline + BASELINE_RATE * advantage;
      loss += advantage * advantage;
      if (advantage <= 0) continue;
      for (let a = 0; a < actions; a++) {
        const error = (action[b * actions + a] ?? 0) - Math.tanh(this.#output(obs, b * this.#obs, a));
        const bias = this.#obs * width + a;
        this.#params[bias] = (this.#params[bias] ?? 0) + RATE * advantage * error;
      }
    }
    this.#counters[1] = (this.#counters[1] ?? 0) + 1;
    return { loss: loss / BATCH };
  }
}

const LINE: LearnerDefinition = {
  id: "line",
  title: "A line, for tests",
  learns: true,
  configSchema: {
    type: "object",
    additionalProperties: false,
    properties: {
      /** Env-steps between updates. */
      every: { type: "integer", minimum: 1 },
      /** ms that an update waits, so that a run lasts. */
      delay: { type: "number", minimum: 0 },
      groups: { type: "array", items: { type: "string" } },
      fail: { type: "boolean" },
    },
  },
  defaults: { every: 10, delay: 0, groups: [], fail: false },
  presets: { slow: { delay: 4 } },
  needsGroups: ({ groups }) => groups as string[],
  create(context: AgentContext, config: JsonObject): Promise<Learner> {
    if (config["fail"] === true) return Promise.reject(new Error("told to fail"));
    return Promise.resolve(new LineLearner(context, config as { every: number; delay: number }));
  },
};

/** What `learners` of the server's options names. */
export const learners: readonly LearnerDefinition[] = [LINE];
