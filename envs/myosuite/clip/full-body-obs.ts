import { qposGroup, qvelGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { elementGroup } from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";

/** Elements of qpos and qvel of the free root. */
export const ROOT_QPOS = 7;
export const ROOT_QVEL = 6;

/** Rotation of the pelvis about the vertical, rad. */
export function pelvisYaw(qpos: Float64Array): number {
  const w = qpos[3] ?? 1;
  const x = qpos[4] ?? 0;
  const y = qpos[5] ?? 0;
  const z = qpos[6] ?? 0;
  return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
}

/** x (0) or y (1) of the vector at qvel[from], turned back by the pelvis's yaw. */
export function inPelvisFrame({ qpos, qvel }: Physics, from: number, axis: number): number {
  const yaw = pelvisYaw(qpos);
  const c = Math.cos(-yaw);
  const s = Math.sin(-yaw);
  const x = qvel[from] ?? 0;
  const y = qvel[from + 1] ?? 0;
  return axis === 0 ? c * x - s * y : s * x + c * y;
}

/** Element of: roll, pitch, angular velocity x and y in the pelvis's frame, z, and vertical velocity. */
function orientation(p: Physics, i: number): number {
  const { qpos } = p;
  const w = qpos[3] ?? 1;
  const x = qpos[4] ?? 0;
  const y = qpos[5] ?? 0;
  const z = qpos[6] ?? 0;
  switch (i) {
    case 0:
      return Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y));
    case 1:
      return Math.asin(Math.min(Math.max(2 * (w * y - z * x), -1), 1));
    case 2:
    case 3:
      return inPelvisFrame(p, 3, i - 2);
    case 4:
      return p.qvel[5] ?? 0;
    default:
      return p.qvel[2] ?? 0;
  }
}

/** Observation of a full body that walks in a direction, `act` apart. */
export function fullBodyGroups(model: Model, heading: Float64Array): ObsGroupSpec[] {
  return [
    qposGroup(model, "qpos_local", ROOT_QPOS),
    qvelGroup(model, "qvel_local", ROOT_QVEL),
    elementGroup("root_vel_xy", "m/s", ["x", "y"], (p, i) => inPelvisFrame(p, 0, i)),
    elementGroup("heading_cmd", "1", ["x", "y"], (_, i) => heading[i] ?? 0),
    elementGroup("orientation", "rad", ["roll", "pitch", "wx", "wy", "wz", "vz"], orientation),
  ];
}
