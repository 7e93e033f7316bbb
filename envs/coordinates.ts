import { JOINT_BALL, JOINT_FREE } from "./engine/mujoco-enums.ts";
import type { Model } from "./engine/physics.ts";
import { gatherGroup, span } from "./gather-group.ts";
import type { ObsGroupSpec } from "./task.ts";

const PLACE = ["x", "y", "z"];
const QUATERNION = ["qw", "qx", "qy", "qz"];
const TURN = ["wx", "wy", "wz"];

/** Endings of the elements of joints that have several, by mjtJoint. */
type Suffixes = Readonly<Record<number, readonly string[]>>;
const POSITIONS: Suffixes = { [JOINT_FREE]: [...PLACE, ...QUATERNION], [JOINT_BALL]: QUATERNION };
const VELOCITIES: Suffixes = { [JOINT_FREE]: [...PLACE, ...TURN], [JOINT_BALL]: TURN };

function coordinateNames(model: Model, suffixes: Suffixes): string[] {
  const types = model.intsBorrow("jnt_type");
  return Array.from({ length: model.sizes.njnt }, (_, id) => {
    const name = model.name("joint", id);
    return suffixes[types[id] ?? -1]?.map((suffix) => `${name}.${suffix}`) ?? [name];
  }).flat();
}

/** Names of the qpos elements: joints, a free joint with its seven coordinates. */
export function qposNames(model: Model): string[] {
  return coordinateNames(model, POSITIONS);
}

/** Names of the qvel elements: joints, a free joint with its six velocities. */
export function qvelNames(model: Model): string[] {
  return coordinateNames(model, VELOCITIES);
}

/** qpos elements `from` to before `to`; rad, what slides in m. */
export function qposGroup(model: Model, name = "qpos", from = 0, to = model.sizes.nq): ObsGroupSpec {
  const names = qposNames(model).slice(from, to);
  return gatherGroup(name, { unit: "rad", names, source: (p) => p.qpos, at: span(from, to - from) });
}

/** qvel elements `from` to before `to`; rad/s, what slides in m/s. */
export function qvelGroup(model: Model, name = "qvel", from = 0, to = model.sizes.nv): ObsGroupSpec {
  const names = qvelNames(model).slice(from, to);
  return gatherGroup(name, { unit: "rad/s", names, source: (p) => p.qvel, at: span(from, to - from) });
}

/** As `qvelGroup` times the control step `dt`: displacement a control step, rad, what slides in m. */
export function stepGroup(model: Model, dt: number, name = "qvel", from = 0, to = model.sizes.nv): ObsGroupSpec {
  const names = qvelNames(model).slice(from, to);
  const value = (x: number): number => x * dt;
  return gatherGroup(name, { unit: "rad", names, source: (p) => p.qvel, at: span(from, to - from), value });
}
