import type { Model, Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";

const AXES = ["x", "y", "z"];

/** Elements of one of MuJoCo's arrays, by index. */
export interface Slice {
  readonly of: (p: Physics) => Float64Array;
  readonly at: Int32Array;
}

/** Position of a site, m. */
export function siteSlice(model: Model, name: string): Slice {
  const site = model.id("site", name);
  return { of: (p) => p.siteXpos, at: Int32Array.of(3 * site, 3 * site + 1, 3 * site + 2) };
}

export function sliceGroup(name: string, unit: string, names: readonly string[], { of, at }: Slice): ObsGroupSpec {
  return {
    name,
    shape: [at.length],
    unit,
    names,
    write: (p, out, offset) => {
      const values = of(p);
      for (let i = 0; i < at.length; i++) out[offset + i] = values[at[i] ?? 0] ?? 0;
    },
  };
}

/** A position in world coordinates, m. */
export function positionGroup(name: string, slice: Slice): ObsGroupSpec {
  return sliceGroup(name, "m", AXES, slice);
}

/** Position of `a` minus that of `b`, m. */
export function offsetGroup(name: string, a: Slice, b: Slice): ObsGroupSpec {
  return {
    name,
    shape: [AXES.length],
    unit: "m",
    names: AXES,
    write: (p, out, offset) => {
      const from = a.of(p);
      const to = b.of(p);
      for (let i = 0; i < AXES.length; i++) out[offset + i] = (from[a.at[i] ?? 0] ?? 0) - (to[b.at[i] ?? 0] ?? 0);
    },
  };
}

/** Values the task holds; the array is read in each write. */
export function heldGroup(
  name: string,
  unit: string,
  names: readonly string[],
  values: ArrayLike<number>,
): ObsGroupSpec {
  return {
    name,
    shape: [values.length],
    unit,
    names,
    write: (_, out, offset) => {
      for (let i = 0; i < values.length; i++) out[offset + i] = values[i] ?? 0;
    },
  };
}

/** Distance of the positions `a` and `b`, m. */
export function separation(p: Physics, a: Slice, b: Slice): number {
  const from = a.of(p);
  const to = b.of(p);
  let sum = 0;
  for (let i = 0; i < AXES.length; i++) {
    const d = (from[a.at[i] ?? 0] ?? 0) - (to[b.at[i] ?? 0] ?? 0);
    sum += d * d;
  }
  return Math.sqrt(sum);
}
