import { qposGroup, qvelGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";

/** Elements of qpos and qvel of the root, which comes first. */
const ROOT_QPOS = 7;
const ROOT_QVEL = 6;
/** The heading command is fixed here: straight ahead. */
const HEADING_COMMAND = [1, 0] as const;

/** Yaw of the root, rad. */
function yawOf(qpos: Float64Array): number {
  const w = qpos[3] ?? 0;
  const x = qpos[4] ?? 0;
  const y = qpos[5] ?? 0;
  const z = qpos[6] ?? 0;
  return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}

/** Elements `at` and `at + 1` of qvel, turned from the world's x and y to the root's heading, into `out`. */
function writeTurned(p: Physics, at: number, out: Float32Array, offset: number): void {
  const { qvel } = p;
  const yaw = yawOf(p.qpos);
  const cos = Math.cos(-yaw);
  const sin = Math.sin(-yaw);
  const x = qvel[at] ?? 0;
  const y = qvel[at + 1] ?? 0;
  out[offset] = cos * x - sin * y;
  out[offset + 1] = sin * x + cos * y;
}

function writeOrientation(p: Physics, out: Float32Array, offset: number): void {
  const { qpos, qvel } = p;
  const w = qpos[3] ?? 0;
  const x = qpos[4] ?? 0;
  const y = qpos[5] ?? 0;
  const z = qpos[6] ?? 0;
  out[offset] = Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y));
  out[offset + 1] = Math.asin(Math.min(Math.max(2 * (w * y - z * x), -1), 1));
  writeTurned(p, 3, out, offset + 2);
  out[offset + 4] = qvel[5] ?? 0;
  out[offset + 5] = qvel[2] ?? 0;
}

/** What MyoSuite's directional full-body policies observe besides `act`; velocities are not scaled by the control step. */
export function directionalGroups(model: Model): ObsGroupSpec[] {
  return [
    qposGroup(model, "qpos_local", ROOT_QPOS),
    qvelGroup(model, "qvel_local", ROOT_QVEL),
    {
      name: "root_vel_body",
      shape: [2],
      unit: "m/s",
      names: ["ahead", "left"],
      write: (p, out, offset) => {
        writeTurned(p, 0, out, offset);
      },
    },
    {
      name: "heading_cmd",
      shape: [2],
      unit: "1",
      names: ["cos", "sin"],
      write: (_, out, offset) => {
        out.set(HEADING_COMMAND, offset);
      },
    },
    {
      name: "orientation",
      shape: [6],
      unit: "rad, rad, rad/s, rad/s, rad/s, m/s",
      names: ["roll", "pitch", "w_ahead", "w_left", "wz", "vz"],
      write: writeOrientation,
    },
  ];
}
