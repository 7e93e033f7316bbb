import type { Json } from "../../../protocol/env.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { loadNumbers, mapOf } from "../recipe.ts";
import type { Kwargs } from "../../task.ts";
import { checkedRange, vectorKwarg, vectorOf, type Range } from "../vector-kwargs.ts";

/** Bounds of what an episode draws of the orbit. */
export interface OrbitSettings {
  /** Radii in the palm's frame, m. */
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  /** Time of one revolution, s. */
  readonly period: readonly [number, number];
  /** Hold, turn clockwise or counter-clockwise from anywhere; else counter-clockwise from the same place. */
  readonly task: "fixed" | "random";
}

/** Sense of rotation: hold, clockwise, counter-clockwise. */
const SENSES = [0, -1, 1] as const;
const COUNTER_CLOCKWISE = 1;
/** Angle of the first ball at the start, rad. */
const START = Math.PI / 4;
/** Centre of the orbit in the palm's frame, m. */
const CENTRE = [-0.0125, -0.07] as const;

export const orbitKwargs = (settings: OrbitSettings) => ({
  goal_xrange: vectorKwarg(settings.xRange, "Bounds of the orbit's radius across the palm, m."),
  goal_yrange: vectorKwarg(settings.yRange, "Bounds of the orbit's radius along the palm, m."),
  goal_time_period: vectorKwarg(settings.period, "Bounds of the time of one revolution, s."),
  task_choice: {
    enum: ["fixed", "random"],
    default: settings.task,
    description: "fixed: turn counter-clockwise; random: hold, clockwise or counter-clockwise, from a drawn angle.",
  },
});

/** Where the two balls are to be: opposite each other on an ellipse over the palm. */
export class BaodingOrbit {
  /** Targets in the palm's frame: x and y of the first ball, then of the second, m. */
  readonly targets = new Float64Array(4);
  readonly #random: boolean;
  readonly #dt: number;
  readonly #ranges: readonly [x: Range, y: Range, period: Range];
  #sense: number = COUNTER_CLOCKWISE;
  #start = START;
  #radiusX = 0;
  #radiusY = 0;
  #period = 1;
  /** Control steps since the start. */
  #steps = 0;

  /** @param dt control step, s */
  constructor(kwargs: Kwargs, dt: number) {
    this.#random = kwargs["task_choice"] === "random";
    this.#dt = dt;
    this.#ranges = [
      rangeOf("goal_xrange", kwargs),
      rangeOf("goal_yrange", kwargs),
      rangeOf("goal_time_period", kwargs),
    ];
  }

  draw(rng: Rng): void {
    if (this.#random) {
      this.#sense = rng.choice(SENSES);
      this.#start = rng.uniform(0, 2 * Math.PI);
    }
    const [x, y, period] = this.#ranges;
    this.#radiusX = rng.uniform(x.low[0] ?? 0, x.high[0] ?? 0);
    this.#radiusY = rng.uniform(y.low[0] ?? 0, y.high[0] ?? 0);
    this.#period = rng.uniform(period.low[0] ?? 0, period.high[0] ?? 0);
    this.#steps = 0;
    this.#place();
  }

  /** Targets of the next control step. */
  advance(): void {
    this.#place();
    this.#steps += 1;
  }

  #place(): void {
    const turned = this.#sense * 2 * Math.PI * ((this.#steps * this.#dt) / this.#period);
    for (let ball = 0; ball < 2; ball++) {
      const angle = turned + (ball === 0 ? this.#start : this.#start - Math.PI);
      this.targets[2 * ball] = this.#radiusX * Math.cos(angle) + CENTRE[0];
      this.targets[2 * ball + 1] = this.#radiusY * Math.sin(angle) + CENTRE[1];
    }
  }

  save(): Json {
    const orbit = [this.#sense, this.#start, this.#radiusX, this.#radiusY, this.#period, this.#steps];
    return { orbit, targets: [...this.targets] };
  }

  load(state: Json): void {
    const orbit = new Float64Array(6);
    loadNumbers(mapOf(state)["orbit"], orbit);
    [this.#sense = 0, this.#start = 0, this.#radiusX = 0, this.#radiusY = 0, this.#period = 1, this.#steps = 0] = orbit;
    loadNumbers(mapOf(state)["targets"], this.targets);
  }
}

function rangeOf(name: string, kwargs: Kwargs): Range {
  const [low = NaN, high = NaN] = vectorOf(kwargs, name);
  return checkedRange(name, Float64Array.of(low), Float64Array.of(high));
}
