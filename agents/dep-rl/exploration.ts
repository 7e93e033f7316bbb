import { namedStream } from "../../protocol/random/generator.ts";
import type { AgentState } from "../core/checkpoint.ts";
import { explorationStreams, type ExplorationContext } from "../core/exploration/context.ts";
import type { ActionProposal, Exploration } from "../core/exploration/exploration.ts";
import { WhiteNoise } from "../core/exploration/white.ts";
import { NoisyExploration } from "../core/exploration/noise.ts";
import type { DepConfig } from "../dep/config.ts";
import { DepController } from "../dep/controller.ts";
import { createSensors, type Sensors } from "../dep/sensors.ts";
import type { SwitchConfig } from "./switch-config.ts";
import { DEP_TURN, GlobalSwitcher, RowSwitcher, type Switcher } from "./switcher.ts";

/** What DEP in turns with a policy needs. */
export type DepSwitchConfig = DepConfig & SwitchConfig;

/** depRL 0.5.0 has one normalisation and never resets DEP. */
function effective(config: DepSwitchConfig): DepSwitchConfig {
  return config.compat === "none" ? config : { ...config, normalization: "deprl", reset_on_episode: false };
}

function createSwitcher(context: ExplorationContext, config: DepSwitchConfig): Switcher {
  const { numEnvs, seed } = context.agent;
  const options = {
    rows: numEnvs,
    initialSteps: context.initialSteps,
    length: config.intervention_length,
    probability: config.intervention_proba,
    testEpisodeEvery: config.test_episode_every,
  };
  return config.compat === "none"
    ? new RowSwitcher(options, explorationStreams(context, "dep-switch"))
    : new GlobalSwitcher(options, namedStream(seed, "exploration.dep-switch"));
}

const prefixed = (prefix: string, arrays: AgentState["arrays"]): AgentState["arrays"] =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${prefix}_${name}`, array]));

/**
 * DEP in turns with samples of the policy (Schumacher et al. 2023). DEP's y is the action where a muscle answers to it; the
 * others stay the policy's.
 *
 * Axes: N rows, O observation, A actions, n muscles.
 */
export class DepExploration implements Exploration {
  readonly wantsLatent = false;
  readonly state: AgentState;
  readonly #policy: NoisyExploration;
  readonly #sensors: Sensors;
  readonly #controller: DepController;
  readonly #switcher: Switcher;
  readonly #actions: number;
  readonly #resets: boolean;
  /** The policy's actions enter DEP's memory. */
  readonly #sees: boolean;
  /** A muscle answers to every action. */
  readonly #covers: boolean;
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  /** [n] */
  readonly #executed: Float64Array;

  /** @throws MyoError BAD_OPTIONS where observations and actions do not fit DEP's sensors. */
  constructor(context: ExplorationContext, given: DepSwitchConfig) {
    const config = effective(given);
    const { agent, actions } = context;
    this.#actions = actions;
    this.#policy = new NoisyExploration(actions, null, new WhiteNoise(explorationStreams(context, "policy")));
    this.#sensors = createSensors(agent, actions, config);
    const { size } = this.#sensors;
    this.#controller = new DepController(agent.numEnvs, size, config);
    this.#switcher = createSwitcher(context, config);
    this.#resets = config.reset_on_episode;
    this.#sees = config.compat === "none";
    this.#covers = new Set(this.#sensors.motors).size === actions;
    this.#x = new Float64Array(agent.numEnvs * size);
    this.#y = new Float64Array(agent.numEnvs * size);
    this.#executed = new Float64Array(size);
    this.state = {
      arrays: {
        ...prefixed("dep", { ...this.#controller.arrays, ...this.#sensors.arrays }),
        ...prefixed("policy", this.#policy.state.arrays),
        ...prefixed("switch", this.#switcher.state.arrays),
      },
      streams: [...this.#policy.state.streams, ...this.#switcher.state.streams],
    };
  }

  get ignoresProposal(): boolean {
    return this.#covers && this.#switcher.alone;
  }

  act(obs: Float32Array, proposal: ActionProposal, action: Float32Array, source: Uint8Array): void {
    // The extremes of lengths and forces are those of every step, whether or not DEP sees it.
    this.#sensors.read(obs, this.#x);
    if (!this.ignoresProposal) this.#policy.act(obs, proposal, action, source);
    // Where DEP sees what the policy did, its own proposal is never read.
    if (this.#switcher.decide(source)) this.#controller.step(this.#x, this.#y, this.#sees ? source : null);
    for (let row = 0; row < source.length; row++) {
      if (source[row] === DEP_TURN) this.#actRow(row, action);
      else if (this.#sees) this.#tellRow(row, action);
    }
  }

  observe(terminated: Uint8Array, truncated: Uint8Array): void {
    for (let row = 0; row < terminated.length; row++) {
      if (terminated[row] || truncated[row]) this.#switcher.endEpisode(row);
    }
  }

  reset(mask: Uint8Array): void {
    if (!this.#resets) return;
    for (let row = 0; row < mask.length; row++) if (mask[row]) this.#controller.resetRow(row);
  }

  #actRow(row: number, action: Float32Array): void {
    const { motors, size } = this.#sensors;
    for (let i = 0; i < size; i++) action[row * this.#actions + (motors[i] ?? 0)] = this.#y[row * size + i] ?? 0;
  }

  /** DEP learns what was done instead, as the body clips it. */
  #tellRow(row: number, action: Float32Array): void {
    const { motors, size } = this.#sensors;
    for (let i = 0; i < size; i++) {
      const executed = action[row * this.#actions + (motors[i] ?? 0)] ?? 0;
      this.#executed[i] = Math.min(Math.max(executed, -1), 1);
    }
    this.#controller.execute(row, this.#executed);
  }
}
