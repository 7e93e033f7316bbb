import type { JsonObject } from "../../../protocol/env.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { Kwargs } from "../../task.ts";
import { jointLimits } from "../initial-qpos.ts";
import { checkedRange, drawnVectorKwarg, rangeKwarg, rangeOf, drawnVectorOf, type Range } from "../vector-kwargs.ts";

/** Joints at the end of the model that get no noise: paddle and ball. */
const FREE_JOINTS = 2;

/** What a family sets of the draws. */
export interface DrawSettings {
  readonly paddle_mass_range?: readonly number[];
  readonly ball_friction_range?: JsonObject;
}

/** Kwargs of what else is drawn each episode. */
export function drawKwargs(settings: DrawSettings): Record<string, JsonObject> {
  return {
    paddle_mass_range: drawnVectorKwarg(
      2,
      settings.paddle_mass_range ?? null,
      "Bounds of the paddle's mass, kg; null: the model's.",
      { exclusiveMinimum: 0 },
    ),
    ball_friction_range: rangeKwarg(
      3,
      settings.ball_friction_range ?? null,
      "Bounds of the ball's sliding, torsional and rolling friction as {low, high}; null: the model's.",
    ),
    qpos_noise_range: rangeKwarg(
      null,
      null,
      "Bounds of the noise on each joint of the start pose, as a share of the joint's range; null: none.",
    ),
  };
}

function massRange(kwargs: Kwargs): Range | null {
  const bounds = drawnVectorOf(kwargs, "paddle_mass_range");
  return bounds === null ? null : checkedRange("paddle_mass_range", bounds.subarray(0, 1), bounds.subarray(1, 2));
}

/** Paddle, friction and start pose, drawn each episode where the kwargs say so. */
export class TableTennisDraws {
  readonly #paddle: number;
  readonly #ball: number;
  readonly #mass: Range | null;
  readonly #friction: Range | null;
  readonly #noise: Range | null;
  readonly #addresses: Int32Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  /** Noise of every joint, the free ones included. */
  readonly #drawn: Float64Array;
  readonly #drawnFriction = new Float64Array(3);

  constructor(model: Model, kwargs: Kwargs) {
    this.#paddle = model.id("body", "paddle");
    this.#ball = model.id("geom", "pingpong");
    this.#mass = massRange(kwargs);
    this.#friction = rangeOf(kwargs, "ball_friction_range");
    this.#noise = rangeOf(kwargs, "qpos_noise_range");
    this.#addresses = Int32Array.from(model.intsBorrow("jnt_qposadr"));
    this.#low = jointLimits(model, 0);
    this.#high = jointLimits(model, 1);
    this.#drawn = new Float64Array(model.sizes.njnt);
  }

  /** The paddle's mass, then the ball's friction. */
  editModel(p: Physics, rng: Rng): void {
    if (this.#mass !== null) {
      p.edit("body_mass")[this.#paddle] = rng.uniform(this.#mass.low[0] ?? 0, this.#mass.high[0] ?? 0);
      // MyoSuite leaves the paddle's inertia as it is.
    }
    if (this.#friction !== null) {
      rng.uniformInto(this.#friction.low, this.#friction.high, this.#drawnFriction);
      p.edit("geom_friction").set(this.#drawnFriction, 3 * this.#ball);
    }
    if (this.#mass !== null || this.#friction !== null) p.commitEdits({ setConst: this.#mass !== null });
  }

  drawNoise(rng: Rng): void {
    if (this.#noise !== null) rng.uniformInto(this.#noise.low[0] ?? 0, this.#noise.high[0] ?? 0, this.#drawn);
  }

  /** Adds the drawn noise to a start pose, within the joints' ranges; a joint without a range goes to 0. */
  addNoise(qpos: Float64Array): void {
    if (this.#noise === null) return;
    for (let j = 0; j < this.#drawn.length - FREE_JOINTS; j++) {
      const at = this.#addresses[j] ?? 0;
      const low = this.#low[j] ?? 0;
      const high = this.#high[j] ?? 0;
      const noisy = (qpos[at] ?? 0) + (this.#drawn[j] ?? 0) * (high - low);
      qpos[at] = Math.min(Math.max(noisy, low), high);
    }
  }
}
