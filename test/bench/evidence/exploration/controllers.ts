import { actionRange, type ActionRange } from "../../../../agents/core/spaces.ts";
import { findAgent, resolveConfig } from "../../../../agents/registry.ts";
import { uniformBox } from "../../../../envs/spec.ts";
import type { AgentContext } from "../../../../protocol/agent.ts";
import type { ObsGroup } from "../../../../protocol/env.ts";
import { namedStream, type Rng } from "../../../../protocol/random/generator.ts";
import type { ControllerConfig } from "./plan.ts";

/** Acts for one row. Axes: A actions, n muscles, O observations. */
export interface Controller {
  /** @param obs [O] @returns [A], owned by the caller */
  act(obs: Float32Array): Float32Array;
  /** An episode starts anew. */
  restart(): void;
}

/** What a controller is built for; `copies` is null where the body has none. */
export interface ControllerContext {
  readonly spec: AgentContext["spec"];
  readonly seed: number;
  readonly copies: number | null;
}

/** @throws Error where the oracle is asked for on a body without copies. */
export function createController(config: ControllerConfig, context: ControllerContext): Controller {
  switch (config.kind) {
    case "constant":
      return constant(config.level, actionRange(context.spec.act_space, "constant").size);
    case "agent":
      return agentController(config.algo, config.config, context);
    case "ou":
      return new OrnsteinUhlenbeck(config.tau, config.std, context);
    case "bang-bang":
      return new BangBang(config.hold, context);
    case "shared":
      return shared(config.inner, context);
    case "shuffled":
      return shuffled(config.inner, context);
    case "noisy":
      return noisy(config.std, config.inner, context);
  }
}

function constant(level: number, size: number): Controller {
  return { act: () => new Float32Array(size).fill(level), restart: () => undefined };
}

function agentController(algo: string, config: object, { spec, seed }: ControllerContext): Controller {
  const definition = findAgent(algo);
  if (definition.learns === true) throw new Error(`${algo} learns; exploration without learning is what is looked at.`);
  const agent = definition.create({ spec, numEnvs: 1, seed }, resolveConfig(definition, undefined, config));
  const all = Uint8Array.of(1);
  return {
    act: (obs) => agent.act([obs], "explore")[0] as Float32Array,
    restart: () => {
      agent.reset(all);
    },
  };
}

/** Uhlenbeck & Ornstein 1930, exact discretisation: x ← ρ x + std √(1 − ρ²) ε, ρ = exp(−dt / tau); stationary at once. */
class OrnsteinUhlenbeck implements Controller {
  readonly #range: ActionRange;
  readonly #rng: Rng;
  readonly #keep: number;
  readonly #std: number;
  /** [A] */
  readonly #x: Float64Array;

  constructor(tau: number, std: number, { spec, seed }: ControllerContext) {
    this.#range = actionRange(spec.act_space, "ou");
    this.#rng = namedStream(seed, "evidence.ou");
    this.#keep = Math.exp(-spec.dt / tau);
    this.#std = std;
    this.#x = new Float64Array(this.#range.size);
    this.restart();
  }

  restart(): void {
    this.#rng.normalInto(0, this.#std, this.#x);
  }

  act(): Float32Array {
    const { middle, half, low, high } = this.#range;
    const kick = this.#std * Math.sqrt(1 - this.#keep * this.#keep);
    const action = new Float32Array(this.#x.length);
    for (let i = 0; i < action.length; i++) {
      const x = this.#x[i] ?? 0;
      const value = (middle[i] ?? 0) + (half[i] ?? 0) * x;
      action[i] = Math.min(Math.max(value, low[i] ?? 0), high[i] ?? 0);
      this.#x[i] = this.#keep * x + kick * this.#rng.standardNormal();
    }
    return action;
  }
}

/** Random telegraph signal: each muscle is fully on or off and switches with probability dt / hold a step. */
class BangBang implements Controller {
  readonly #range: ActionRange;
  readonly #rng: Rng;
  readonly #switching: number;
  /** [A] 0 or 1 */
  readonly #on: Uint8Array;

  constructor(hold: number, { spec, seed }: ControllerContext) {
    this.#range = actionRange(spec.act_space, "bang-bang");
    this.#rng = namedStream(seed, "evidence.bang-bang");
    this.#switching = spec.dt / hold;
    this.#on = new Uint8Array(this.#range.size);
    this.restart();
  }

  restart(): void {
    for (let i = 0; i < this.#on.length; i++) this.#on[i] = this.#rng.random() < 0.5 ? 1 : 0;
  }

  act(): Float32Array {
    const { low, high } = this.#range;
    const action = new Float32Array(this.#on.length);
    for (let i = 0; i < action.length; i++) {
      const on = this.#on[i] ?? 0;
      action[i] = (on === 1 ? high[i] : low[i]) ?? 0;
      if (this.#rng.random() < this.#switching) this.#on[i] = 1 - on;
    }
    return action;
  }
}

/** Knows which muscles are copies of one another: those of muscle m are `copies` neighbours from m · copies on. */
function shared(inner: ControllerConfig, context: ControllerContext): Controller {
  const { copies, spec } = context;
  if (copies === null) throw new Error("There are no copies to share noise: this body has no oracle.");
  const size = actionRange(spec.act_space, "shared").size / copies;
  const actuators = Array.from({ length: size }, (_, m) => spec.actuators[m * copies] ?? "");
  const few = createController(inner, {
    ...context,
    spec: { ...spec, act_space: uniformBox(0, 1, size), actuators },
    copies: 1,
  });
  return {
    act: (obs) => {
      const action = few.act(obs);
      return Float32Array.from({ length: size * copies }, (_, i) => action[Math.floor(i / copies)] ?? 0);
    },
    restart: () => {
      few.restart();
    },
  };
}

/** A uniformly random permutation (Fisher-Yates). */
export function permutation(size: number, rng: Rng): Int32Array {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = rng.integers(0, i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

function muscleGroup({ spec }: ControllerContext): ObsGroup {
  const group = spec.obs_keys["muscle"];
  if (group === undefined) throw new Error('Changed sensors need the observation group "muscle".');
  return group;
}

/** Muscle i of the group `muscle` ([4, n]) shows what muscle π(i) feels. */
function shuffled(inner: ControllerConfig, context: ControllerContext): Controller {
  const group = muscleGroup(context);
  const [rows = 0, size = 0] = group.shape;
  const order = permutation(size, namedStream(context.seed, "evidence.shuffle"));
  const controller = createController(inner, context);
  return {
    act: (obs) => {
      const seen = obs.slice();
      for (let row = 0; row < rows; row++) {
        const at = group.offset + row * size;
        for (let i = 0; i < size; i++) seen[at + i] = obs[at + (order[i] ?? 0)] ?? NaN;
      }
      return controller.act(seen);
    },
    restart: () => {
      controller.restart();
    },
  };
}

/** Each muscle's length is felt with noise of its own, so that copies no longer feel alike. @param std m */
function noisy(std: number, inner: ControllerConfig, context: ControllerContext): Controller {
  const { offset, shape } = muscleGroup(context);
  const [, size = 0] = shape;
  const rng = namedStream(context.seed, "evidence.sensor-noise");
  const controller = createController(inner, context);
  return {
    act: (obs) => {
      const seen = obs.slice();
      for (let i = offset; i < offset + size; i++) seen[i] = (seen[i] ?? NaN) + std * rng.standardNormal();
      return controller.act(seen);
    },
    restart: () => {
      controller.restart();
    },
  };
}
