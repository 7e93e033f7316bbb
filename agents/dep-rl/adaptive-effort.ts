import { MyoError } from "../../protocol/errors.ts";
import type { AgentState } from "../core/checkpoint.ts";
import type { PolicyView } from "../core/policy-view.ts";
import type { ReplayBatch } from "../core/replay/replay.ts";
import type { SampledReward } from "../core/sampled-reward.ts";
import type { COMPATS } from "./switch-config.ts";

/*
 * Axes: B batch, O observation, m muscles. Equations: README.md, "Adaptive effort".
 */

/** First step of the price, Δ. */
const FIRST_RATE = 9e-4;
/** Δ shrinks by it when returns become good again. */
const RATE_DECAY = 0.9;
/** Share of the past in the running means of return and of success. */
const MEMORY = 0.8;
/** Highest price. */
const MAX_PRICE = 100;
/** Running success above which the good times count as usual. */
const USUAL = 0.5;

/** Costs of the activations a of one sample. */
export const EFFORT_COSTS = ["power-sum", "power-mean", "cube-mean", "cube-sum", "exp-sum"] as const;
export type EffortCost = (typeof EFFORT_COSTS)[number];

type Term = (a: number) => number;
const powers: Term = (a) => 4 * (a + a ** 2 + a ** 3 + a ** 4);
const cube: Term = (a) => a ** 3;

/** Term of each activation, and whether their mean counts instead of their sum; depRL's types 0 to 4 in this order. */
const COSTS: Readonly<Record<EffortCost, { readonly term: Term; readonly mean: boolean }>> = {
  "power-sum": { term: powers, mean: false },
  "power-mean": { term: powers, mean: true },
  "cube-mean": { term: cube, mean: true },
  "cube-sum": { term: cube, mean: false },
  "exp-sum": { term: (a) => -Math.exp(-5 * a), mean: false },
};

export interface EffortOptions {
  readonly cost: EffortCost;
  /** Columns of an observation [O] that are activations, [m]. */
  readonly columns: Int32Array;
  /** Return above which an episode is good, θ. */
  readonly threshold: number;
  /** depRL 0.5.0: the cost of the whole batch is taken from every sample. */
  readonly batchSum: boolean;
}

/**
 * A price α on effort that rises while returns are good, falls while they are not, and rises ever more slowly each time they
 * become good again (Schumacher et al. 2025; depRL's adaptive energy). The reward pays it as it is sampled, so that old
 * transitions cost what effort costs now.
 */
export class AdaptiveEffort implements SampledReward {
  readonly #options: EffortOptions;
  /** α, Δ, s̄, c̄ and the return of the episode that runs. */
  readonly #values = Float64Array.of(0, FIRST_RATE, 0, 0, 0);
  readonly state: AgentState = { arrays: { schedule: this.#values }, streams: [] };

  constructor(options: EffortOptions) {
    this.#options = options;
  }

  /** α */
  get price(): number {
    return this.#values[0] ?? 0;
  }

  /** Δ */
  get rate(): number {
    return this.#values[1] ?? 0;
  }

  get metrics() {
    return { effort_price: this.price, effort_mean_return: this.#values[2] ?? 0 };
  }

  /** The returns of the first row count. */
  observe(reward: Float64Array, ended: Uint8Array): void {
    const total = (this.#values[4] ?? 0) + (reward[0] ?? 0);
    this.#values[4] = ended[0] ? 0 : total;
    if (ended[0]) this.endEpisode(total);
  }

  /** The schedule goes on by an episode. @param total its return S, without effort */
  endEpisode(total: number): void {
    const { threshold } = this.#options;
    const [price = 0, rate = 0, meanReturn = 0, success = 0] = this.#values;
    const smoothed = MEMORY * meanReturn + (1 - MEMORY) * total;
    const good = smoothed > threshold;
    const next = good && success < USUAL ? RATE_DECAY * rate : rate;
    const step = good ? next : smoothed < threshold ? -rate : 0;
    this.#values[0] = Math.min(Math.max(price + step, 0), MAX_PRICE);
    this.#values[1] = next;
    this.#values[2] = smoothed;
    this.#values[3] = MEMORY * success + (1 - MEMORY) * (good ? 1 : 0);
  }

  /** r <- r - α cost(a), of the activations in the next observation. @param batch rewards are changed in place */
  apply(batch: ReplayBatch): void {
    const { price } = this;
    if (price === 0) return;
    const { reward, nextObs } = batch;
    const width = nextObs.length / reward.length;
    const { batchSum } = this.#options;
    const total = batchSum ? this.#batchCost(nextObs, width, reward.length) : 0;
    for (let b = 0; b < reward.length; b++) {
      const cost = batchSum ? total : this.#cost(nextObs, b * width);
      reward[b] = (reward[b] ?? 0) - price * cost;
    }
  }

  #cost(nextObs: Float32Array, at: number): number {
    const { columns, cost } = this.#options;
    const { term, mean } = COSTS[cost];
    let sum = 0;
    for (let m = 0; m < columns.length; m++) sum += term(nextObs[at + (columns[m] ?? 0)] ?? 0);
    return mean ? sum / columns.length : sum;
  }

  /** Sum or mean over all activations of all samples. */
  #batchCost(nextObs: Float32Array, width: number, samples: number): number {
    let sum = 0;
    for (let b = 0; b < samples; b++) sum += this.#cost(nextObs, b * width);
    return COSTS[this.#options.cost].mean ? sum / samples : sum;
  }
}

export interface EffortConfig {
  readonly effort: EffortCost;
  readonly effort_threshold: number;
  readonly effort_group: string;
  readonly effort_actuators: number | null;
  readonly effort_batch_sum: boolean;
  readonly compat: (typeof COMPATS)[number];
}

/** Where the policy's observation holds activations. @throws MyoError BAD_OPTIONS where it does not. */
function activationColumns(
  view: PolicyView,
  { effort_actuators: count, effort_group: group }: EffortConfig,
): Int32Array {
  if (count !== null) {
    if (count <= view.size) return Int32Array.from({ length: count }, (_, i) => view.size - count + i);
    throw new MyoError(
      "BAD_OPTIONS",
      `effort_actuators asks for the last ${count} elements of an observation, but the policy sees ${view.size}; lower it.`,
    );
  }
  const places = view.placesOf(group);
  if (places !== null) return places;
  throw new MyoError(
    "BAD_OPTIONS",
    `effort_group is "${group}", but the policy sees no such observation group; add it to the kwarg obs_keys, or set effort_actuators.`,
  );
}

/** The price as the frame of off-policy agents takes it. */
export function createEffort(config: EffortConfig): (view: PolicyView) => AdaptiveEffort {
  return (view) =>
    new AdaptiveEffort({
      cost: config.effort,
      columns: activationColumns(view, config),
      threshold: config.effort_threshold,
      batchSum: config.effort_batch_sum || config.compat !== "none",
    });
}
