import type { Json } from "../../../protocol/env.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model } from "../../engine/physics.ts";
import { keyframe, type Keyframe } from "../initial-qpos.ts";
import { eulerToQuaternion } from "../rotations.ts";

/** Keyframes: reference pose, right and left stance. */
const REFERENCE_KEY = 0;
const RIGHT_KEY = 2;
const LEFT_KEY = 3;
/** Standard deviation of the noise on a drawn pose, rad, and the elements of qpos it leaves alone: height and rotation. */
const NOISE = 0.02;
const FIXED = [2, 7] as const;
/** Element of qpos where the root's quaternion starts. */
const ROOT_QUAT = 3;
/** A drawn place lies within ± this, m. */
const PLACE_BOUND = 5;

/** Shortest projection of the z axis that is not at the pole of the second angle: four times the float32 epsilon. */
const POLE = 4 * 2 ** -23;

/** Turn a quaternion (w, x, y, z) so that its third Euler angle (`headingOf`) is `angle`; the others stay. */
function setHeading(quat: Float64Array, offset: number, angle: number): void {
  const w = quat[offset] ?? 0;
  const x = quat[offset + 1] ?? 0;
  const y = quat[offset + 2] ?? 0;
  const z = quat[offset + 3] ?? 0;
  const s = 2 / (w * w + x * x + y * y + z * z);
  const m02 = x * (z * s) + w * (y * s);
  const m12 = y * (z * s) - w * (x * s);
  const m22 = 1 - (x * (x * s) + y * (y * s));
  const upright = Math.sqrt(m22 * m22 + m12 * m12);
  const first = upright > POLE ? -Math.atan2(m12, m22) : 0;
  eulerToQuaternion([first, -Math.atan2(-m02, upright), angle], quat, offset);
}

/** Start pose and velocity of the agent; what MyoSuite's reset types say. */
export class ChaseTagStart {
  /** Of the present episode. */
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  readonly #draws: boolean;
  readonly #first: Keyframe;
  /** The other stance where the start is drawn. */
  readonly #second: Keyframe;

  /** @param type "none", "init" or "random" */
  constructor(model: Model, type: Json) {
    this.#draws = type === "random";
    this.#first = keyframe(model, type === "none" ? REFERENCE_KEY : RIGHT_KEY);
    this.#second = this.#draws ? keyframe(model, LEFT_KEY) : this.#first;
    this.qpos = new Float64Array(model.sizes.nq);
    this.qvel = new Float64Array(model.sizes.nv);
  }

  draw(rng: Rng): void {
    const { qpos, qvel } = this;
    const stance = this.#draws && rng.random() >= 0.5 ? this.#second : this.#first;
    qpos.set(stance.qpos);
    qvel.set(stance.qvel);
    if (!this.#draws) return;
    for (let i = 0; i < qpos.length; i++) {
      const noise = rng.normal(0, NOISE);
      if (i < FIXED[0] || i >= FIXED[1]) qpos[i] = (qpos[i] ?? 0) + noise;
    }
    this.#drawPlace(rng);
  }

  /** Anywhere in the arena, turned to a drawn heading with its speed along it. */
  #drawPlace(rng: Rng): void {
    const { qpos, qvel } = this;
    qpos[0] = rng.uniform(-PLACE_BOUND, PLACE_BOUND);
    qpos[1] = rng.uniform(-PLACE_BOUND, PLACE_BOUND);
    const heading = rng.uniform(0, 2 * Math.PI);
    setHeading(qpos, ROOT_QUAT, heading);
    const x = qvel[0] ?? 0;
    const y = qvel[1] ?? 0;
    const speed = Math.sqrt(x * x + y * y);
    qvel[0] = Math.cos(heading) * speed;
    qvel[1] = Math.sin(heading) * speed;
  }
}
