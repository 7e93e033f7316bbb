import type { Model, Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { actuatorGroups } from "../actuator-groups.ts";
import { qposNames, qvelNames, timeGroup } from "../obs-groups.ts";
import { directionalGroups } from "./directional-groups.ts";
import type { Opponent } from "./opponent.ts";

/** Joints that `internal_qpos` and `internal_qvel` cover: those of the legs, after the root's elements. */
const JOINTS = 28;
const ROOT_QPOS = 7;
const ROOT_QVEL = 6;
const TOUCH_SENSORS = ["r_foot", "r_toes", "l_foot", "l_toes"];
const QUATERNION = ["qw", "qx", "qy", "qz"];

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

type Element = (p: Physics, i: number) => number;

function group(name: string, unit: string, names: readonly string[], element: Element): ObsGroupSpec {
  return {
    name,
    shape: [names.length],
    unit,
    names,
    write: (p, out, offset) => {
      for (let i = 0; i < names.length; i++) out[offset + i] = element(p, i);
    },
  };
}

function bodyGroups(model: Model, pelvis: number, dt: number): ObsGroupSpec[] {
  const joints = qposNames(model).slice(ROOT_QPOS, ROOT_QPOS + JOINTS);
  const speeds = qvelNames(model).slice(ROOT_QVEL, ROOT_QVEL + JOINTS);
  const addresses = model.intsBorrow("sensor_adr");
  const touch = TOUCH_SENSORS.map((name) => addresses[model.id("sensor", name)] ?? 0);
  return [
    timeGroup(),
    group("internal_qpos", "rad", joints, (p, i) => p.qpos[ROOT_QPOS + i] ?? 0),
    group("internal_qvel", "rad", speeds, (p, i) => (p.qvel[ROOT_QVEL + i] ?? 0) * dt),
    group(SENSOR_KEY, "N", TOUCH_SENSORS, (p, i) => p.sensordata[touch[i] ?? 0] ?? 0),
    group("torso_angle", "1", QUATERNION, (p, i) => p.xquat[4 * pelvis + i] ?? 0),
    group("model_root_pos", "m", ["x", "y"], (p, i) => p.qpos[i] ?? 0),
    group("model_root_vel", "m/s", ["x", "y"], (p, i) => p.qvel[i] ?? 0),
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
    group("opponent_pose", "m, m, rad", ["x", "y", "heading"], (p, i) => opponent.poseBorrow(p)[i] ?? 0),
    group("opponent_vel", "m/s, rad/s", ["speed", "turn"], (_, i) => opponent.velocity[i] ?? 0),
    relativeGroup(opponent),
    group("role", "1", ["chaser", "runner"], (_, i) => (evades() === (i === 1) ? 1 : 0)),
    group("task", "1", ["evade"], () => (evades() ? 1 : 0)),
  ];
}

/** Every group of chase tag but `hfield`; dt is the control step, s. */
export function chaseTagGroups(
  model: Model,
  pelvis: number,
  dt: number,
  opponent: Opponent,
  evades: () => boolean,
): ObsGroupSpec[] {
  return [
    ...bodyGroups(model, pelvis, dt),
    ...opponentGroups(opponent, evades),
    ...actuatorGroups(model),
    ...directionalGroups(model),
  ];
}
