import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { AXES, elementGroup } from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { muscleGroups } from "../muscle-groups.ts";
import { timeGroup } from "../obs-groups.ts";

const HIP_SIDE_JOINTS = ["hip_adduction_l", "hip_adduction_r", "hip_rotation_l", "hip_rotation_r"];

/** What the walking tasks read off the leg model: centre of mass, feet, hips. Distances in m, angles in rad. */
export class LegBody {
  static readonly defaultKeys: readonly string[] = [
    "qpos_without_xy",
    "qvel",
    "com_vel",
    "torso_angle",
    "feet_heights",
    "height",
    "feet_rel_positions",
    "phase_var",
    "muscle_length",
    "muscle_velocity",
    "muscle_force",
  ];
  readonly #model: Model;
  readonly #dt: number;
  readonly #mass: Float64Array;
  readonly #totalMass: number;
  readonly #torso: number;
  readonly #pelvis: number;
  readonly #footLeft: number;
  readonly #footRight: number;
  readonly #hips: { left: number; right: number };
  readonly #hipFlexion = { left: 0, right: 0 };
  readonly #hipSides: Int32Array;

  /** @param dt control step, s. */
  constructor(model: Model, dt: number) {
    const address = model.intsBorrow("jnt_qposadr");
    const qposOf = (joint: string): number => address[model.id("joint", joint)] ?? 0;
    this.#model = model;
    this.#dt = dt;
    this.#mass = Float64Array.from(model.floatsBorrow("body_mass"));
    this.#totalMass = this.#mass.reduce((a, b) => a + b, 0);
    this.#torso = model.id("body", "torso");
    this.#pelvis = model.id("body", "pelvis");
    this.#footLeft = model.id("body", "talus_l");
    this.#footRight = model.id("body", "talus_r");
    this.#hips = { left: qposOf("hip_flexion_l"), right: qposOf("hip_flexion_r") };
    this.#hipSides = Int32Array.from(HIP_SIDE_JOINTS, qposOf);
  }

  /** Mass-weighted mean of a body quantity with `stride` elements a body. */
  #massMean(values: Float64Array, stride: number, element: number): number {
    let sum = 0;
    for (let body = 0; body < this.#mass.length; body++) {
      sum += (this.#mass[body] ?? 0) * (values[stride * body + element] ?? 0);
    }
    return sum / this.#totalMass;
  }

  /** Height of the centre of mass, m. */
  height(p: Physics): number {
    return this.#massMean(p.xipos, 3, 2);
  }

  /** Velocity of the centre of mass as MyoSuite has it, m/s: the negated mean of cvel's x (0) or y (1). */
  velocity(p: Physics, axis: 0 | 1): number {
    return -this.#massMean(p.cvel, 6, 3 + axis);
  }

  /** First diagonal element of the root's rotation matrix. */
  rootForward(p: Physics): number {
    const w = p.qpos[3] ?? 0;
    const x = p.qpos[4] ?? 0;
    const y = p.qpos[5] ?? 0;
    const z = p.qpos[6] ?? 0;
    return 1 - (2 * (y * y + z * z)) / (w * w + x * x + y * y + z * z);
  }

  meanFootHeight(p: Physics): number {
    return ((p.xpos[3 * this.#footLeft + 2] ?? 0) + (p.xpos[3 * this.#footRight + 2] ?? 0)) / 2;
  }

  /** Valid until the next call. */
  hipFlexion(p: Physics): { readonly left: number; readonly right: number } {
    this.#hipFlexion.left = p.qpos[this.#hips.left] ?? 0;
    this.#hipFlexion.right = p.qpos[this.#hips.right] ?? 0;
    return this.#hipFlexion;
  }

  /** Mean |angle| of hip adduction and rotation, both sides. */
  hipDeviation(p: Physics): number {
    let sum = 0;
    for (let i = 0; i < this.#hipSides.length; i++) sum += Math.abs(p.qpos[this.#hipSides[i] ?? 0] ?? 0);
    return sum / this.#hipSides.length;
  }

  #footGroups(): ObsGroupSpec[] {
    return [
      {
        name: "feet_heights",
        shape: [2],
        unit: "m",
        names: ["talus_l", "talus_r"],
        write: (p, out, offset) => {
          out[offset] = p.xpos[3 * this.#footLeft + 2] ?? 0;
          out[offset + 1] = p.xpos[3 * this.#footRight + 2] ?? 0;
        },
      },
      {
        name: "feet_rel_positions",
        shape: [2, 3],
        unit: "m",
        names: ["talus_l", "talus_r"].flatMap((foot) => AXES.map((axis) => `${foot}.${axis}`)),
        write: (p, out, offset) => {
          for (let i = 0; i < 3; i++) {
            const pelvis = p.xpos[3 * this.#pelvis + i] ?? 0;
            out[offset + i] = (p.xpos[3 * this.#footLeft + i] ?? 0) - pelvis;
            out[offset + 3 + i] = (p.xpos[3 * this.#footRight + i] ?? 0) - pelvis;
          }
        },
      },
    ];
  }

  /** Every group of the walking tasks; `phase` is the phase of the gait cycle. */
  groups(phase: () => number): ObsGroupSpec[] {
    return [
      timeGroup("t"),
      timeGroup("time"),
      qposGroup(this.#model, "qpos_without_xy", 2),
      stepGroup(this.#model, this.#dt),
      elementGroup("com_vel", "m/s", ["x", "y"], (p, i) => this.velocity(p, i === 0 ? 0 : 1)),
      elementGroup("torso_angle", "1", ["qw", "qx", "qy", "qz"], (p, i) => p.xquat[4 * this.#torso + i] ?? 0),
      ...this.#footGroups(),
      elementGroup("height", "m", ["com.z"], (p) => this.height(p)),
      elementGroup("phase_var", "1", ["phase"], phase),
      ...muscleGroups(this.#model),
    ];
  }
}
