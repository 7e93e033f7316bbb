import type { Json } from "../../../protocol/env.ts";
import { MyoError } from "../../../protocol/errors.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Physics } from "../../engine/physics.ts";
import { mapOf } from "../recipe.ts";
import { ColoredNoise } from "./colored-noise.ts";

/** x of the goal line, and bounds of the keeper's y, m. */
export const GOAL_X = 50;
export const GOAL_Y = [-3.3, 3.3] as const;
/** Power of the random keeper's noise falls with frequency as f^-2; ten control steps of it are drawn at a time. */
const NOISE_EXPONENT = 2;
const NOISE_STEPS = 10;
/** Relative and absolute tolerance of the sum of probabilities. */
const SUM_TOLERANCE = 1e-5 + 1e-8;

/** What the keeper does all episode: follow the ball's y, move at random, stand. */
const POLICIES = ["block_ball", "random", "stationary"] as const;
type Policy = (typeof POLICIES)[number];

const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

export interface GoalkeeperSettings {
  /** Probabilities of the policies, in their order. */
  readonly probabilities: readonly number[];
  /** Bounds of the drawn speed, m/s. */
  readonly speeds: readonly number[];
  /** Control step, s. */
  readonly dt: number;
}

/** @throws MyoError BAD_OPTIONS. */
function check({ probabilities, speeds }: GoalkeeperSettings): void {
  const total = probabilities.reduce((a, b) => a + b, 0);
  if (Math.abs(total - 1) > SUM_TOLERANCE) {
    throw new MyoError("BAD_OPTIONS", `goalkeeper_probabilities must sum to 1, got ${total}; divide them by it.`);
  }
  const [slow = 0, fast = 0] = speeds;
  if (slow > fast) {
    throw new MyoError("BAD_OPTIONS", `random_vel_range needs low <= high, got ${slow} and ${fast}; swap them.`);
  }
}

/** MyoSuite's GoalKeeper: the model's first mocap body slides along the goal line. */
export class Goalkeeper {
  readonly #settings: GoalkeeperSettings;
  readonly #noise = new ColoredNoise(NOISE_EXPONENT, NOISE_STEPS, 1);
  /** Along y; the noise has a second channel without use. */
  readonly #sample = new Float64Array(2);
  #policy: Policy = "stationary";
  /** m/s */
  #speed = 0;

  /** @throws MyoError BAD_OPTIONS for probabilities that do not sum to 1, or speeds out of order. */
  constructor(settings: GoalkeeperSettings) {
    check(settings);
    this.#settings = settings;
  }

  /** Draw policy, place, speed and noise of an episode. */
  reset(p: Physics, rng: Rng): void {
    this.#policy = this.#drawPolicy(rng);
    this.#place(p, rng.uniform(GOAL_Y[0], GOAL_Y[1]));
    p.mocapQuat.set([1, 0, 0, 0]);
    const [slow = 0, fast = 0] = this.#settings.speeds;
    this.#speed = rng.uniform(slow, fast);
    this.#noise.draw(rng);
  }

  #drawPolicy(rng: Rng): Policy {
    const drawn = rng.uniform(0, 1);
    let sum = 0;
    for (let i = 0; i < POLICIES.length; i++) {
      sum += this.#settings.probabilities[i] ?? 0;
      if (drawn < sum) return POLICIES[i] ?? "stationary";
    }
    return "stationary";
  }

  #place(p: Physics, y: number): void {
    const { mocapPos } = p;
    mocapPos[0] = GOAL_X;
    mocapPos[1] = clip(y, GOAL_Y[0], GOAL_Y[1]);
  }

  /** One control step; `ballY` is the ball's y, m. */
  advance(p: Physics, rng: Rng, ballY: number): void {
    const y = p.mocapPos[1] ?? 0;
    this.#place(p, y + this.#settings.dt * this.#velocity(rng, y, ballY));
  }

  /** m/s along y. */
  #velocity(rng: Rng, y: number, ballY: number): number {
    if (this.#policy === "stationary") return 0;
    if (this.#policy === "block_ball") {
      return clip(clip(ballY, GOAL_Y[0], GOAL_Y[1]) - y, -this.#speed, this.#speed);
    }
    this.#noise.sample(rng, this.#sample);
    return clip(this.#speed * (this.#sample[0] ?? 0), -this.#speed, this.#speed);
  }

  save(): Json {
    return { policy: this.#policy, speed: this.#speed, noise: this.#noise.save() };
  }

  load(state: Json | undefined): void {
    const saved = mapOf(state ?? null);
    this.#policy = POLICIES.find((policy) => policy === saved["policy"]) ?? "stationary";
    this.#speed = Number(saved["speed"]);
    this.#noise.load(saved["noise"]);
  }
}
