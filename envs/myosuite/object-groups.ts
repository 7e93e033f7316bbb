import type { Physics } from "../engine/physics.ts";
import type { ObsGroupSpec } from "../task.ts";

/** Names of the elements of a vector. */
export const AXES: readonly string[] = ["x", "y", "z"];

/** What a group of the observation holds. */
export interface GroupShape {
  readonly name: string;
  /** SI unit. */
  readonly unit: string;
  /** One an element. */
  readonly names: readonly string[];
}

/** Elements of one of MuJoCo's arrays from element `from` on, times `scale`. */
export function sliceGroup(shape: GroupShape, source: (p: Physics) => Float64Array, from = 0, scale = 1): ObsGroupSpec {
  const length = shape.names.length;
  return {
    ...shape,
    shape: [length],
    write: (p, out, offset) => {
      const values = source(p);
      for (let i = 0; i < length; i++) out[offset + i] = (values[from + i] ?? 0) * scale;
    },
  };
}

/** A vector that `read` computes into its second argument. */
export function vectorGroup(shape: GroupShape, read: (p: Physics, out: Float64Array) => void): ObsGroupSpec {
  const value = new Float64Array(shape.names.length);
  return {
    ...shape,
    shape: [value.length],
    write: (p, out, offset) => {
      read(p, value);
      out.set(value, offset);
    },
  };
}

/** Three numbers at `from` of an array. */
export interface Place {
  readonly source: (p: Physics) => Float64Array;
  readonly from: number;
}

/** `a` - `b`. */
export function difference(p: Physics, a: Place, b: Place, out: Float64Array): void {
  const [from, to] = [a.source(p), b.source(p)];
  for (let i = 0; i < 3; i++) out[i] = (from[a.from + i] ?? 0) - (to[b.from + i] ?? 0);
}
