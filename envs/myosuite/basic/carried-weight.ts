import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";

/** A ball in the hand whose mass is drawn each episode. */
export interface CarriedWeightSettings {
  readonly body: string;
  /** Mass, kg. */
  readonly low: number;
  readonly high: number;
}

/** Radius of the ball: m at mass zero, and m a kg. */
const RADIUS = 0.01;
const RADIUS_PER_MASS = 0.025;
/** The elbow models' `boundinertia`: the compiler raises principal inertias to it, kg m². */
const LEAST_INERTIA = 0.001;
/** Moment of inertia of a solid ball = this x mass x radius². */
const BALL_INERTIA = 0.4;

/**
 * Redraws mass and size of a body made of one ball and everything the compiler derives from them, as MyoSuite's recompiled
 * body has it: principal inertias, bounding volumes, mj_setConst.
 */
export class CarriedWeight {
  readonly #settings: CarriedWeightSettings;
  readonly #body: number;
  readonly #geom: number;
  /** Node of the body's bounding volume tree; a single geom makes a single node. */
  readonly #node: number;

  constructor(model: Model, settings: CarriedWeightSettings) {
    this.#settings = settings;
    this.#body = model.id("body", settings.body);
    this.#geom = model.intsBorrow("body_geomadr")[this.#body] ?? 0;
    this.#node = model.intsBorrow("body_bvhadr")[this.#body] ?? 0;
  }

  /** One draw. */
  draw(p: Physics, rng: Rng): void {
    const mass = rng.uniform(this.#settings.low, this.#settings.high);
    const radius = RADIUS + RADIUS_PER_MASS * mass;
    const inertia = Math.max(BALL_INERTIA * mass * radius * radius, LEAST_INERTIA);
    p.edit("body_mass")[this.#body] = mass;
    p.edit("body_inertia").fill(inertia, 3 * this.#body, 3 * this.#body + 3);
    p.edit("geom_size")[3 * this.#geom] = radius;
    p.edit("geom_rbound")[this.#geom] = radius;
    // Half-lengths follow the centre in a row of six.
    p.edit("geom_aabb").fill(radius, 6 * this.#geom + 3, 6 * this.#geom + 6);
    p.edit("bvh_aabb").fill(radius, 6 * this.#node + 3, 6 * this.#node + 6);
    p.commitEdits({ setConst: true });
  }
}
