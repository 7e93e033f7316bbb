import type { Model, Physics } from "../../engine/physics.ts";

/** Limit force that hurts the most, N or N m. */
const WORST_FORCE = 1000;

/** Joints whose limit forces count as pain in MyoSuite's locomotion challenges; a model may lack some. */
const PAIN_JOINTS = [
  "hip_adduction_l",
  "hip_adduction_r",
  "hip_flexion_l",
  "hip_flexion_r",
  "hip_rotation_l",
  "hip_rotation_r",
  "knee_angle_l",
  "knee_angle_l_rotation2",
  "knee_angle_l_rotation3",
  "mtp_angle_l",
  "ankle_angle_l",
  "subtalar_angle_l",
];

/** Pain of joints pressed against their limits. */
export class LimitPain {
  readonly #joints: Int32Array;
  readonly #forces: Float64Array;

  constructor(model: Model) {
    this.#joints = Int32Array.from(PAIN_JOINTS, (name) => model.id("joint", name)).filter((id) => id >= 0);
    this.#forces = new Float64Array(model.sizes.njnt);
  }

  /** Mean over the joints of the limit force, capped, as a share of the worst: 0 to 1. */
  of(p: Physics): number {
    p.jointLimitForces(this.#forces);
    let sum = 0;
    for (let i = 0; i < this.#joints.length; i++) {
      sum += Math.min(this.#forces[this.#joints[i] ?? 0] ?? 0, WORST_FORCE) / WORST_FORCE;
    }
    return sum / this.#joints.length;
  }
}
