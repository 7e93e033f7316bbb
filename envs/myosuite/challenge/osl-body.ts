import type { Model, Physics } from "../../engine/physics.ts";
import { bodyQuaternion, forceSensors, gatherGroup, jointPositions, jointSteps, span } from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { muscleGroups } from "../muscle-groups.ts";

/** Joints of the body without the prosthesis and its socket, in the order of the observation. */
const BODY_JOINTS = [
  "hip_adduction_l",
  "hip_flexion_l",
  "hip_rotation_l",
  "hip_adduction_r",
  "hip_flexion_r",
  "hip_rotation_r",
  "knee_angle_l",
  "knee_angle_l_beta_rotation1",
  "knee_angle_l_beta_translation1",
  "knee_angle_l_beta_translation2",
  "knee_angle_l_rotation2",
  "knee_angle_l_rotation3",
  "knee_angle_l_translation1",
  "knee_angle_l_translation2",
  "mtp_angle_l",
  "ankle_angle_l",
  "subtalar_angle_l",
];
const FOOT_SENSORS = ["l_foot", "l_toes"];
const SOLE_SITES = ["r_heel_btm", "r_toe_btm", "l_heel_btm", "l_toe_btm"];
/** A head this near to the feet or the floor has fallen, m. */
const FALLEN = 0.2;
const PLANE = ["x", "y"];

/** What the running task reads off the body with the prosthesis. Distances in m, angles in rad. */
export class OslBody {
  static readonly defaultKeys: readonly string[] = [
    "internal_qpos",
    "internal_qvel",
    "grf",
    "torso_angle",
    "model_root_pos",
    "model_root_vel",
    "muscle_length",
    "muscle_velocity",
    "muscle_force",
  ];
  readonly #model: Model;
  readonly #muscles: Int32Array;
  readonly #head: number;
  readonly #feet: readonly [number, number];
  readonly #soles: Int32Array;

  /** @param muscles names of the muscles. */
  constructor(model: Model, muscles: readonly string[]) {
    this.#model = model;
    // MyoSuite observes them by name, both sides of a muscle together.
    const order = muscles.toSorted((a, b) => (a < b ? -1 : 1));
    this.#muscles = Int32Array.from(order, (name) => model.id("actuator", name));
    this.#head = model.id("site", "head");
    this.#feet = [model.id("body", "talus_l"), model.id("body", "osl_foot_assembly")];
    this.#soles = Int32Array.from(SOLE_SITES, (name) => model.id("site", name));
  }

  fallen(p: Physics): boolean {
    const head = p.siteXpos[3 * this.#head + 2] ?? 0;
    const { xpos } = p;
    const feet = ((xpos[3 * this.#feet[0] + 2] ?? 0) + (xpos[3 * this.#feet[1] + 2] ?? 0)) / 2;
    return head - feet < FALLEN || head < FALLEN;
  }

  /** Height of the lowest point of the soles, m. */
  soleHeight(p: Physics): number {
    let lowest = Infinity;
    for (const site of this.#soles) lowest = Math.min(lowest, p.siteXpos[3 * site + 2] ?? 0);
    return lowest;
  }

  /** Every group but those of the track; `dt` is the control step, s. */
  groups(dt: number): ObsGroupSpec[] {
    const model = this.#model;
    const socket = model.intsBorrow("sensor_adr")[model.id("sensor", "r_socket_load")] ?? 0;
    const muscles = muscleGroups(model, this.#muscles);
    return [
      gatherGroup("internal_qpos", jointPositions(model, BODY_JOINTS)),
      gatherGroup("internal_qvel", jointSteps(model, BODY_JOINTS, dt)),
      gatherGroup("grf", forceSensors(model, FOOT_SENSORS)),
      gatherGroup("socket_force", {
        unit: "N",
        names: [...PLANE, "z"],
        source: (p) => p.sensordata,
        at: span(socket, 3),
      }),
      gatherGroup("torso_angle", bodyQuaternion(model, "pelvis")),
      gatherGroup("model_root_pos", { unit: "m", names: PLANE, source: (p) => p.qpos, at: span(0, 2) }),
      gatherGroup("model_root_vel", { unit: "m/s", names: PLANE, source: (p) => p.qvel, at: span(0, 2) }),
      ...muscles,
      ...muscles
        .filter(({ name }) => name === "muscle_velocity")
        .map((group) => ({ ...group, name: "muscle_velocities" })),
    ];
  }
}
