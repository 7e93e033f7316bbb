import type { ActMode, AgentContext, Learner, Metrics, PolicyExport, TransitionBatch } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { namedStream, type Rng } from "../../protocol/random/generator.ts";
import { layoutOf, type SpaceLayout } from "../../protocol/spaces.ts";
import { ActionUnits } from "./action-units.ts";
import type { ActorCritic, ActorCriticShape } from "./actor-critic.ts";
import { fingerprintOf, readCheckpoint, writeCheckpoint, type AgentState, type Identity } from "./checkpoint.ts";
import { ExecutedActions } from "./executed-actions.ts";
import type { ExplorationContext } from "./exploration/context.ts";
import type { Exploration } from "./exploration/exploration.ts";
import { createExploration, explorationChoice, explorationGroups } from "./exploration/registry.ts";
import { RunningNormaliser } from "./normaliser.ts";
import { ObsVector } from "./obs-vector.ts";
import type { OffPolicyConfig } from "./off-policy-config.ts";
import { exportPolicy, type PolicyHead } from "./policy-export.ts";
import { PolicyView } from "./policy-view.ts";
import { NStepReplay } from "./replay/n-step-replay.ts";
import type { ReplayBatch } from "./replay/replay.ts";
import type { SampledReward } from "./sampled-reward.ts";
import { assertBatch } from "./spaces.ts";
import { UpdateSchedule } from "./update-schedule.ts";

/*
 * Axes: N rows, B batch, F elements of the environment's observation, O of them that the policy sees, A actions, H units of the last hidden layer.
 */

/** What an algorithm brings to the common frame. */
export interface Algorithm {
  readonly id: string;
  /** Matrix library. */
  readonly library: string;
  readonly head: PolicyHead;
  /** @param seed of the agent */
  create(shape: ActorCriticShape, seed: number): ActorCritic;
  /** Changes rewards as they are sampled. */
  sampledReward?(view: PolicyView): SampledReward;
}

/** Lets the thread handle what came in meanwhile. */
const turnOfOthers = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Arrays of several parts under one roof, each name with its part ahead. */
function joined(parts: Readonly<Record<string, AgentState>>): AgentState {
  const arrays = Object.entries(parts).flatMap(([part, state]) =>
    Object.entries(state.arrays).map(([name, array]) => [`${part}.${name}`, array] as const),
  );
  return { arrays: Object.fromEntries(arrays), streams: Object.values(parts).flatMap(({ streams }) => streams) };
}

function emptyBatch(size: number, obs: number, actions: number): ReplayBatch {
  return {
    obs: new Float32Array(size * obs),
    action: new Float32Array(size * actions),
    nextObs: new Float32Array(size * obs),
    reward: new Float32Array(size),
    discount: new Float32Array(size),
    index: new Uint32Array(size),
  };
}

/** Replay, normaliser, exploration, schedule and checkpoints around the gradient steps of an algorithm. */
export class OffPolicyAgent implements Learner {
  readonly #config: OffPolicyConfig;
  readonly #context: AgentContext;
  readonly #identity: Identity;
  readonly #layouts: { readonly obs: SpaceLayout; readonly action: SpaceLayout };
  readonly library: string;
  readonly #head: PolicyHead;
  readonly #learner: ActorCritic;
  readonly #vector: ObsVector;
  readonly #view: PolicyView;
  readonly #reward: SampledReward | null;
  readonly #units: ActionUnits;
  readonly #normaliser: RunningNormaliser;
  readonly #exploration: Exploration;
  readonly #replay: NStepReplay;
  readonly #schedule: UpdateSchedule;
  readonly #sampling: Rng;
  readonly #executed: ExecutedActions;
  readonly #state: AgentState;
  readonly #batch: ReplayBatch;
  /** [N, F] as it came */
  readonly #full: Float32Array;
  /** [N, O] as it came, twice, and normalised */
  readonly #obs: Float32Array;
  readonly #nextObs: Float32Array;
  readonly #scaled: Float32Array;
  readonly #proposal: {
    readonly mean: Float32Array;
    readonly scale: Float32Array;
    readonly latent: Float32Array | null;
  };
  readonly #ended: Uint8Array;

  /** @throws MyoError BAD_OPTIONS where spaces or exploration do not fit. */
  constructor(algorithm: Algorithm, context: AgentContext, config: OffPolicyConfig, identity: JsonObject) {
    const { spec, numEnvs, seed } = context;
    const { id } = algorithm;
    this.#config = config;
    this.#context = context;
    this.#head = algorithm.head;
    this.library = algorithm.library;
    this.#layouts = { obs: layoutOf(spec.obs_space), action: layoutOf(spec.act_space) };
    this.#units = new ActionUnits(spec.act_space, id);
    this.#vector = new ObsVector(this.#layouts.obs);
    const choice = explorationChoice(config.exploration);
    this.#view = new PolicyView(spec, config.policy_groups, explorationGroups(choice));
    this.#reward = algorithm.sampledReward?.(this.#view) ?? null;
    const [obs, actions] = [this.#view.size, this.#units.size];
    const sizes = [this.#layouts.obs, this.#layouts.action].map(({ buffers }) => buffers.map((b) => [b.dtype, b.size]));
    this.#identity = { algo: id, numEnvs, fingerprint: fingerprintOf({ config: identity, sizes }) };
    this.#learner = algorithm.create({ obs, actions }, seed);
    this.#normaliser = new RunningNormaliser(obs);
    this.#exploration = createExploration(choice, this.#explorationContext());
    this.#replay = new NStepReplay({
      capacity: config.replay_capacity,
      numEnvs,
      obsSize: obs,
      actionSize: actions,
      nSteps: config.return_steps,
      discount: config.discount,
      ...(this.#reward === null ? {} : { sampleReward: (batch) => this.#reward?.apply(batch) }),
    });
    this.#schedule = new UpdateSchedule(config);
    this.#sampling = namedStream(seed, `${id}.replay`);
    this.#executed = new ExecutedActions(this.#units, numEnvs);
    this.#state = joined({
      learner: this.#learner.state,
      normaliser: this.#normaliser.state,
      exploration: this.#exploration.state,
      schedule: { arrays: { counters: this.#schedule.counters }, streams: [this.#sampling] },
      ...(this.#reward === null ? {} : { reward: this.#reward.state }),
      executed: { arrays: this.#executed.arrays, streams: [] },
    });
    this.#batch = emptyBatch(config.batch_size, obs, actions);
    const rows = (width: number): Float32Array => new Float32Array(numEnvs * width);
    this.#full = rows(this.#vector.size);
    this.#obs = rows(obs);
    this.#nextObs = rows(obs);
    this.#scaled = rows(obs);
    const latent = this.#exploration.wantsLatent ? rows(this.#latentSize) : null;
    this.#proposal = { mean: rows(actions), scale: rows(actions), latent };
    this.#ended = new Uint8Array(numEnvs);
  }

  get progress() {
    const { envSteps, updates } = this.#schedule;
    return { envSteps, updates };
  }

  act(obs: Buffers, mode: ActMode): Buffers {
    const { algo, numEnvs } = this.#identity;
    assertBatch(this.#layouts.obs, obs, numEnvs, `obs of ${algo}`);
    this.#read(obs, this.#obs);
    const explores = mode === "explore";
    if (!explores || this.#exploration.ignoresProposal !== true) {
      this.#scale(this.#obs, this.#scaled);
      this.#learner.propose(this.#scaled, numEnvs, this.#proposal);
    }
    return explores ? this.#explore() : this.#exploit();
  }

  observe(transitions: TransitionBatch): void {
    this.#assertTransitions(transitions);
    const { terminated, truncated, reward } = transitions;
    this.#read(transitions.obs, this.#obs);
    this.#read(transitions.nextObs, this.#nextObs);
    const { action, source } = this.#executed.match(transitions.action);
    for (let row = 0; row < this.#ended.length; row++)
      this.#ended[row] = (terminated[row] ?? 0) | (truncated[row] ?? 0);
    const [obs, nextObs, ended] = [this.#obs, this.#nextObs, this.#ended];
    this.#replay.store({ obs, action, nextObs, reward, terminated, ended, source });
    if (this.#config.normalise_obs) this.#normaliser.record(obs);
    this.#exploration.observe(terminated, truncated);
    this.#reward?.observe(reward, ended);
    this.#schedule.observed(this.#identity.numEnvs);
  }

  async update(stopped: () => boolean = () => false): Promise<Metrics> {
    // A round takes seconds for large networks.
    while (this.#schedule.due && !stopped()) {
      this.#gradientStep();
      await turnOfOthers();
    }
    const metrics = this.#learner.takeMetrics();
    return Object.keys(metrics).length === 0 ? metrics : { ...metrics, ...this.#reward?.metrics };
  }

  reset(mask: Uint8Array): void {
    this.#assertRows("reset mask", mask);
    this.#exploration.reset(mask);
  }

  checkpoint(): Promise<Uint8Array> {
    return Promise.resolve(writeCheckpoint(this.#identity, this.#state));
  }

  restore(data: Uint8Array): Promise<void> {
    return Promise.resolve().then(() => {
      readCheckpoint(data, this.#identity, this.#state);
      this.#learner.touch();
    });
  }

  policy(): PolicyExport {
    const { mean, std } = this.#normaliser;
    const { actorSizes: sizes, actorParams: params } = this.#learner;
    const { spec } = this.#context;
    const network = { algo: this.#identity.algo, sizes, params, head: this.#head };
    return exportPolicy(network, { mean, std }, this.#units.range, spec, this.#view.columns);
  }

  saveReplay(folder: string): Promise<readonly string[]> {
    return this.#replay.save(folder);
  }

  loadReplay(folder: string, files: readonly string[]): Promise<void> {
    return this.#replay.load(folder, files);
  }

  [Symbol.dispose](): void {
    this.#learner[Symbol.dispose]();
  }

  get #latentSize(): number {
    return this.#learner.actorSizes.at(-2) ?? 0;
  }

  #explorationContext(): ExplorationContext {
    return {
      agent: this.#context,
      actions: this.#units.size,
      latent: this.#latentSize,
      initialSteps: this.#config.steps_before_batches,
      headWeights: (out) => this.#headWeights(out),
    };
  }

  /** Columns of the actor's last W [H, 2 A] that lead to the mean. @param out [H, A] */
  #headWeights(out: Float32Array): void {
    const { size } = this.#units;
    const { actorParams } = this.#learner;
    const from = actorParams.length - 2 * size * (this.#latentSize + 1);
    for (let h = 0; h < this.#latentSize; h++) {
      const at = from + 2 * size * h;
      out.set(actorParams.subarray(at, at + size), h * size);
    }
  }

  /** `#full`, and what the policy sees of it into `out`. */
  #read(obs: Buffers, out: Float32Array): void {
    this.#vector.read(obs, this.#full);
    this.#view.pick(this.#full, out);
  }

  #scale(obs: Float32Array, out: Float32Array): void {
    if (this.#config.normalise_obs) this.#normaliser.normalise(obs, out);
    else out.set(obs);
  }

  #explore(): Buffers {
    const { proposed, source } = this.#executed;
    this.#exploration.act(this.#full, this.#proposal, proposed, source);
    const { size } = this.#units;
    // Only the policy's own draws are bent: another controller's actions are in [-1, 1] as they are.
    for (let row = 0; row < source.length; row++) if (!source[row]) this.#learner.squash(proposed, row * size, size);
    return this.#executed.send();
  }

  #exploit(): Buffers {
    const { mean } = this.#proposal;
    this.#learner.squash(mean, 0, mean.length);
    return this.#units.toEnv(mean);
  }

  #gradientStep(): void {
    const batch = this.#batch;
    this.#replay.sample(this.#sampling, batch);
    this.#scale(batch.obs, batch.obs);
    this.#scale(batch.nextObs, batch.nextObs);
    this.#learner.learn(batch);
    if (this.#schedule.updated()) this.#normaliser.merge();
  }

  #assertRows(what: string, array: ArrayLike<number>): void {
    const { algo, numEnvs } = this.#identity;
    if (array.length === numEnvs) return;
    throw new MyoError(
      "BAD_OPTIONS",
      `The ${what} of ${algo} must have one element a row, ${numEnvs}, but ${array.length} came; send all rows.`,
    );
  }

  #assertTransitions({ obs, action, nextObs, reward, terminated, truncated }: TransitionBatch): void {
    const { algo, numEnvs } = this.#identity;
    assertBatch(this.#layouts.obs, obs, numEnvs, `obs of ${algo}`);
    assertBatch(this.#layouts.action, action, numEnvs, `action of ${algo}`);
    assertBatch(this.#layouts.obs, nextObs, numEnvs, `nextObs of ${algo}`);
    for (const [what, array] of Object.entries({ reward, terminated, truncated })) this.#assertRows(what, array);
  }
}
