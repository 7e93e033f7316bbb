import type { Json, JsonObject } from "../../../protocol/env.ts";
import { MyoError } from "../../../protocol/errors.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { Kwargs } from "../../task.ts";
import { rangeKwarg, rangeOf, type Range } from "../vector-kwargs.ts";
import { loadNumbers, mapOf } from "../recipe.ts";

/** Velocity of a served ball that is not drawn, m/s. */
const VELOCITY = [5.6, 1.6, 0.1] as const;
/** Bounds of the vertical velocity of a drawn serve, m/s. */
const RISE = 0.1;
/** Corners of the part of the table where a drawn serve lands, and the table's height, m. */
const LANDING = { low: [0.5, -0.6], high: [1.35, 0.7], height: 0.785 } as const;
/** m/s² */
const GRAVITY = 9.81;
/** The ball's free joint in qpos and qvel. */
const JOINT = "pingpong_freejoint";

/** What a family sets of the serve. */
export interface ServeSettings {
  readonly ball_xyz_range?: JsonObject;
  readonly ball_qvel?: boolean;
}

/** Kwargs of the serve. */
export function serveKwargs(settings: ServeSettings): Record<string, JsonObject> {
  return {
    ball_xyz_range: rangeKwarg(
      3,
      settings.ball_xyz_range ?? null,
      "Bounds of the ball's start, m, as {low, high} of [x, y, z]; null: the keyframe's place.",
    ),
    ball_qvel: {
      type: "boolean",
      default: settings.ball_qvel ?? false,
      description: "Draw the ball's velocity so that it lands on the player's half; needs a drawn start.",
    },
  };
}

/** Where and how fast the ball starts. */
export class Serve {
  /** m */
  readonly pos = new Float64Array(3);
  /** m/s */
  readonly velocity = Float64Array.from(VELOCITY);
  readonly #places: Range | null;
  readonly #drawsVelocity: boolean;
  readonly #pos0: Float64Array;
  readonly #quat0: Float64Array;
  readonly #low = new Float64Array(3);
  readonly #high = new Float64Array(3);
  readonly #qpos: number;
  readonly #qvel: number;

  /** @param start qpos of the keyframe */
  constructor(model: Model, start: Float64Array, kwargs: Kwargs) {
    this.#places = rangeOf(kwargs, "ball_xyz_range");
    this.#drawsVelocity = kwargs["ball_qvel"] === true;
    const joint = model.id("joint", JOINT);
    this.#qpos = model.intsBorrow("jnt_qposadr")[joint] ?? 0;
    this.#qvel = model.intsBorrow("jnt_dofadr")[joint] ?? 0;
    this.#pos0 = start.slice(this.#qpos, this.#qpos + 3);
    this.#quat0 = start.slice(this.#qpos + 3, this.#qpos + 7);
  }

  /** Place of an episode's first serve. @param first the random stream starts here */
  drawPlace(rng: Rng, first: boolean): void {
    if (first) this.velocity.set(VELOCITY);
    if (this.#places === null) this.pos.set(this.#pos0);
    else rng.uniformInto(this.#places.low, this.#places.high, this.pos);
  }

  /** Velocity of an episode's first serve; without a drawn place the last one's stays. */
  drawVelocity(rng: Rng): void {
    if (this.#drawsVelocity && this.#places !== null) this.#drawLanding(rng);
  }

  /** The ball is served again; acts on the state at once. */
  again(p: Physics, rng: Rng): void {
    if (this.#places !== null) rng.uniformInto(this.#places.low, this.#places.high, this.pos);
    if (this.#drawsVelocity) this.#drawLanding(rng);
    this.place(p);
  }

  /** Writes the ball into qpos and qvel. */
  place(p: Physics): void {
    const { qpos, qvel } = p;
    qpos.set(this.pos, this.#qpos);
    qpos.set(this.#quat0, this.#qpos + 3);
    qvel.set(this.velocity, this.#qvel);
    qvel.fill(0, this.#qvel + 3, this.#qvel + 6);
  }

  /** Draws the vertical velocity, then the others between those that reach the landing's corners without drag. */
  #drawLanding(rng: Rng): void {
    const rise = rng.uniform(-RISE, RISE);
    const fall = -0.5 * GRAVITY;
    const discriminant = rise * rise - 4 * fall * ((this.pos[2] ?? 0) - LANDING.height);
    if (discriminant < 0) {
      throw new MyoError(
        "BAD_OPTIONS",
        `ball_qvel needs a start above the table at ${LANDING.height} m, but ball_xyz_range gave ${this.pos[2] ?? NaN}; raise it.`,
      );
    }
    const flight = (-rise - Math.sqrt(discriminant)) / (2 * fall);
    for (let i = 0; i < 2; i++) {
      this.#low[i] = ((LANDING.low[i] ?? 0) - (this.pos[i] ?? 0)) / flight;
      this.#high[i] = ((LANDING.high[i] ?? 0) - (this.pos[i] ?? 0)) / flight;
    }
    this.#low[2] = this.#high[2] = rise;
    rng.uniformInto(this.#low, this.#high, this.velocity);
  }

  save(): Json {
    return { pos: [...this.pos], velocity: [...this.velocity] };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    loadNumbers(saved["pos"], this.pos);
    loadNumbers(saved["velocity"], this.velocity);
  }
}
