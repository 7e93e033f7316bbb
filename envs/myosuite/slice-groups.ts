import type { Model, Physics } from "../engine/physics.ts";
import type { ObsGroupSpec } from "../task.ts";
import { qposNames, qvelNames } from "./obs-groups.ts";

/** Axes of a vector in space. */
export const XYZ = ["x", "y", "z"];

/** A vector of which each element has its own value. */
export function vectorGroup(
  name: string,
  unit: string,
  names: readonly string[],
  value: (p: Physics, i: number) => number,
): ObsGroupSpec {
  const size = names.length;
  return {
    name,
    shape: [size],
    unit,
    names,
    write: (p, out, offset) => {
      for (let i = 0; i < size; i++) out[offset + i] = value(p, i);
    },
  };
}

/** qpos elements `from` to before `to`; rad, free positions in m. */
export function qposSlice(model: Model, name: string, from: number, to: number): ObsGroupSpec {
  const names = qposNames(model).slice(from, to);
  return {
    name,
    shape: [names.length],
    unit: "rad",
    names,
    write: (p, out, offset) => {
      const { qpos } = p;
      for (let i = from; i < to; i++) out[offset + i - from] = qpos[i] ?? 0;
    },
  };
}

/** qvel elements `from` to before `to`, times `dt` (the control step; 1: as they are, rad/s and m/s). */
export function qvelSlice(model: Model, dt: number, name: string, from: number, to: number): ObsGroupSpec {
  const names = qvelNames(model).slice(from, to);
  return {
    name,
    shape: [names.length],
    unit: dt === 1 ? "rad/s" : "rad",
    names,
    write: (p, out, offset) => {
      const { qvel } = p;
      for (let i = from; i < to; i++) out[offset + i - from] = (qvel[i] ?? 0) * dt;
    },
  };
}
