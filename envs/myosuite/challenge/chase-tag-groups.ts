import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model } from "../../engine/physics.ts";
import { bodyQuaternion, elementGroup, forceSensors, gatherGroup, span } from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { muscleGroups } from "../muscle-groups.ts";
import { timeGroup } from "../obs-groups.ts";
import { directionalGroups } from "./directional-groups.ts";
import type { Opponent } from "./opponent.ts";

/** Joints that `internal_qpos` and `internal_qvel` cover: those of the legs, after the root's elements. */
const JOINTS = 28;
const ROOT_QPOS = 7;
const ROOT_QVEL = 6;
const TOUCH_SENSORS = ["r_foot", "r_toes", "l_foot", "l_toes"];

/** Default observation of the leg tasks, and of the full body. */
export const LEG_KEYS: readonly string[] = [
  "internal_qpos",
  "internal_qvel",
  "grf",
  "torso_angle",
  "opponent_pose",
  "opponent_vel",
  "model_root_pos",
  "model_root_vel",
  "muscle_length",
  "muscle_velocity",
  "muscle_force",
];
export const FULL_BODY_KEYS: readonly string[] = [
  "qpos_local",
  "qvel_local",
  "act",
  "root_vel_body",
  "heading_cmd",
  "orientation",
  "opponent_relative",
  "role",
];
/** The group that needs sensors. */
export const SENSOR_KEY = "grf";

function bodyGroups(model: Model, dt: number): ObsGroupSpec[] {
  const plane = { names: ["x", "y"], at: span(0, 2) };
  return [
    timeGroup(),
    qposGroup(model, "internal_qpos", ROOT_QPOS, ROOT_QPOS + JOINTS),
    stepGroup(model, dt, "internal_qvel", ROOT_QVEL, ROOT_QVEL + JOINTS),
    gatherGroup(SENSOR_KEY, forceSensors(model, TOUCH_SENSORS)),
    gatherGroup("torso_angle", bodyQuaternion(model, "pelvis")),
    gatherGroup("model_root_pos", { ...plane, unit: "m", source: (p) => p.qpos }),
    gatherGroup("model_root_vel", { ...plane, unit: "m/s", source: (p) => p.qvel }),
  ];
}

/** Position and velocity of the opponent less the agent's, whose numbers MyoSuite rounds to float32 first; their distance. */
function relativeGroup(opponent: Opponent): ObsGroupSpec {
  return {
    name: "opponent_relative",
    shape: [7],
    unit: "m, m, m, m/s, m/s, m/s, m",
    names: ["x", "y", "z", "vx", "vy", "vz", "distance"],
    write: (p, out, offset) => {
      const { qpos, qvel } = p;
      const pose = opponent.poseBorrow(p);
      let square = 0;
      for (let i = 0; i < 3; i++) {
        const away = (i < 2 ? (pose[i] ?? 0) : 0) - Math.fround(qpos[i] ?? 0);
        out[offset + i] = away;
        // The opponent's pair of speed and turning rate stands for its velocity along x and y.
        out[offset + 3 + i] = (opponent.velocity[i] ?? 0) - Math.fround(qvel[i] ?? 0);
        square += away * away;
      }
      out[offset + 6] = Math.sqrt(square);
    },
  };
}

function opponentGroups(opponent: Opponent, evades: () => boolean): ObsGroupSpec[] {
  return [
    elementGroup("opponent_pose", "m, m, rad", ["x", "y", "heading"], (p, i) => opponent.poseBorrow(p)[i] ?? 0),
    elementGroup("opponent_vel", "m/s, rad/s", ["speed", "turn"], (_, i) => opponent.velocity[i] ?? 0),
    relativeGroup(opponent),
    elementGroup("role", "1", ["chaser", "runner"], (_, i) => (evades() === (i === 1) ? 1 : 0)),
    elementGroup("task", "1", ["evade"], () => (evades() ? 1 : 0)),
  ];
}

/** Every group of chase tag but `hfield`; dt is the control step, s. */
export function chaseTagGroups(model: Model, dt: number, opponent: Opponent, evades: () => boolean): ObsGroupSpec[] {
  return [
    ...bodyGroups(model, dt),
    ...opponentGroups(opponent, evades),
    ...muscleGroups(model),
    ...directionalGroups(model),
  ];
}
