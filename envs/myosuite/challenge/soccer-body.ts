import type { Model, Physics } from "../../engine/physics.ts";
import {
  bodyPosition,
  bodyQuaternion,
  forceSensors,
  gatherGroup,
  geomPosition,
  jointPositions,
  jointSteps,
  span,
} from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { muscleGroups } from "../muscle-groups.ts";
import { timeGroup } from "../obs-groups.ts";
import { GOAL_X, GOAL_Y } from "./goalkeeper.ts";

/** Joints of trunk and legs in the order of draws and observation. The model lacks MyoSuite's others. */
const BODY_JOINTS = [
  "Abs_r3",
  "Abs_t1",
  "Abs_t2",
  ...["L1_L2", "L2_L3", "L3_L4", "L4_L5"].flatMap((level) => ["AR", "FE", "LB"].map((axis) => `${level}_${axis}`)),
  "ankle_angle_l",
  "ankle_angle_r",
  "axial_rotation",
  "flex_extension",
  ...["hip_adduction", "hip_flexion", "hip_rotation", "knee_angle"].flatMap((joint) => [`${joint}_l`, `${joint}_r`]),
  "lat_bending",
  "mtp_angle_l",
  "mtp_angle_r",
  "subtalar_angle_l",
  "subtalar_angle_r",
];
const FOOT_SENSORS = ["r_foot", "r_toes", "l_foot", "l_toes"];
/** Heights of the goal's lower and upper edge, m. */
const GOAL_Z = [0, 2.2] as const;
/** A pelvis below this height has fallen, m. */
const FALLEN = 0.2;
const ROOT_POSITION = ["x", "y", "z", "qw", "qx", "qy", "qz"];
const ROOT_VELOCITY = ["x", "y", "z", "wx", "wy", "wz"];
/** Corners of the goal [4, 3], m. */
const GOAL_CORNERS = Float32Array.from(GOAL_Z.flatMap((z) => GOAL_Y.flatMap((y) => [GOAL_X, y, z])));

/** What the soccer task reads off player, ball and goal. Distances in m, angles in rad. */
export class SoccerBody {
  static readonly defaultKeys: readonly string[] = [
    "internal_qpos",
    "internal_qvel",
    "grf",
    "torso_angle",
    "pelvis_angle",
    "ball_pos",
    "model_root_pos",
    "model_root_vel",
    "muscle_length",
    "muscle_velocity",
    "muscle_force",
    "r_toe_pos",
    "l_toe_pos",
    "goal_bounds",
    "goalkeeper_pos",
    "time",
  ];
  /** Address of the root's position in qpos. */
  readonly root: number;
  /** Addresses of `BODY_JOINTS` in qpos. */
  readonly joints: Int32Array;
  readonly #model: Model;
  readonly #ball: number;
  readonly #pelvis: number;
  readonly #rootDof: number;

  constructor(model: Model) {
    const address = model.intsBorrow("jnt_qposadr");
    const root = model.id("joint", "root");
    this.#model = model;
    this.#ball = model.id("body", "soccer_ball");
    this.#pelvis = model.id("body", "pelvis");
    this.root = address[root] ?? 0;
    this.#rootDof = model.intsBorrow("jnt_dofadr")[root] ?? 0;
    this.joints = Int32Array.from(BODY_JOINTS, (joint) => address[model.id("joint", joint)] ?? 0);
  }

  /** Coordinate 0 to 2 of the ball's centre. */
  ball(p: Physics, axis: number): number {
    return p.xpos[3 * this.#ball + axis] ?? 0;
  }

  fallen(p: Physics): boolean {
    return (p.xpos[3 * this.#pelvis + 2] ?? 0) < FALLEN;
  }

  /** Whether the ball is behind the goal line within the goal. */
  scored(p: Physics): boolean {
    const y = this.ball(p, 1);
    const z = this.ball(p, 2);
    return this.ball(p, 0) >= GOAL_X && y >= GOAL_Y[0] && y <= GOAL_Y[1] && z >= GOAL_Z[0] && z <= GOAL_Z[1];
  }

  /** Every group; `dt` is the control step, s. */
  groups(dt: number): ObsGroupSpec[] {
    const model = this.#model;
    const goal: ObsGroupSpec = {
      name: "goal_bounds",
      shape: [4, 3],
      unit: "m",
      names: [],
      write: (_, out, offset) => {
        out.set(GOAL_CORNERS, offset);
      },
    };
    return [
      timeGroup(),
      gatherGroup("internal_qpos", jointPositions(model, BODY_JOINTS)),
      gatherGroup("internal_qvel", jointSteps(model, BODY_JOINTS, dt)),
      gatherGroup("grf", forceSensors(model, FOOT_SENSORS)),
      gatherGroup("torso_angle", bodyQuaternion(model, "torso")),
      gatherGroup("pelvis_angle", bodyQuaternion(model, "pelvis")),
      ...muscleGroups(model),
      gatherGroup("r_toe_pos", geomPosition(model, "bofoot_r")),
      gatherGroup("l_toe_pos", geomPosition(model, "bofoot_l")),
      gatherGroup("ball_pos", bodyPosition(model, "soccer_ball")),
      goal,
      gatherGroup("model_root_pos", { unit: "m", names: ROOT_POSITION, source: (p) => p.qpos, at: span(this.root, 7) }),
      gatherGroup("model_root_vel", {
        unit: "m/s, rad/s",
        names: ROOT_VELOCITY,
        source: (p) => p.qvel,
        at: span(this.#rootDof, 6),
      }),
      gatherGroup("goalkeeper_pos", { unit: "m", names: ["x", "y"], source: (p) => p.mocapPos, at: span(0, 2) }),
    ];
  }
}
