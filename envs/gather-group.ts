import type { Model, Physics } from "./engine/physics.ts";
import type { ObsGroupSpec } from "./task.ts";

/** Axes of a vector in space, and elements of a quaternion. */
export const AXES: readonly string[] = ["x", "y", "z"];
const QUATERNION: readonly string[] = ["qw", "qx", "qy", "qz"];

/** Elements of one of MuJoCo's arrays that make an observation group. */
export interface Gather {
  /** SI unit. */
  readonly unit: string;
  /** One an element. */
  readonly names: readonly string[];
  readonly source: (p: Physics) => Float64Array;
  /** Indices into the source, one an element. */
  readonly at: Int32Array;
  /** Observed value of an element; absent: the element. */
  readonly value?: (x: number) => number;
}

/** A group with one axis. */
function lineGroup(
  name: string,
  unit: string,
  names: readonly string[],
  size: number,
  write: ObsGroupSpec["write"],
): ObsGroupSpec {
  return { name, shape: [size], unit, names, write };
}

/** An observation group of gathered elements. */
export function gatherGroup(name: string, { unit, names, source, at, value }: Gather): ObsGroupSpec {
  return lineGroup(name, unit, names, at.length, (p, out, offset) => {
    const values = source(p);
    for (let i = 0; i < at.length; i++) {
      const x = values[at[i] ?? 0] ?? 0;
      out[offset + i] = value === undefined ? x : value(x);
    }
  });
}

/** A vector of which each element has its own value. */
export function elementGroup(
  name: string,
  unit: string,
  names: readonly string[],
  element: (p: Physics, i: number) => number,
): ObsGroupSpec {
  return lineGroup(name, unit, names, names.length, (p, out, offset) => {
    for (let i = 0; i < names.length; i++) out[offset + i] = element(p, i);
  });
}

/** A vector that `read` computes into its second argument. */
export function vectorGroup(
  name: string,
  unit: string,
  names: readonly string[],
  read: (p: Physics, out: Float64Array) => void,
): ObsGroupSpec {
  const value = new Float64Array(names.length);
  return lineGroup(name, unit, names, value.length, (p, out, offset) => {
    read(p, value);
    out.set(value, offset);
  });
}

/** Values the task holds; the array is read in each write. */
export function heldGroup(
  name: string,
  unit: string,
  names: readonly string[],
  values: ArrayLike<number>,
): ObsGroupSpec {
  return lineGroup(name, unit, names, values.length, (_, out, offset) => {
    for (let i = 0; i < values.length; i++) out[offset + i] = values[i] ?? 0;
  });
}

/** Indices first … first + length - 1. */
export const span = (first: number, length: number): Int32Array => Int32Array.from({ length }, (_, i) => first + i);

/** Leading elements of an array, one a name, as they are or through `value`. */
export function leading(
  unit: string,
  names: readonly string[],
  source: Gather["source"],
  value?: Gather["value"],
): Gather {
  const gather: Gather = { unit, names, source, at: span(0, names.length) };
  return value === undefined ? gather : { ...gather, value };
}

const vector = (source: Gather["source"], id: number): Gather => ({
  unit: "m",
  names: AXES,
  source,
  at: span(3 * id, 3),
});

/** Coordinates of a body's frame, m. */
export const bodyPosition = (model: Model, body: string): Gather => vector((p) => p.xpos, model.id("body", body));

/** Coordinates of a geom's centre, m. */
export const geomPosition = (model: Model, geom: string): Gather => vector((p) => p.geomXpos, model.id("geom", geom));

/** Coordinates of a site, m. */
export const sitePosition = (model: Model, site: string): Gather => vector((p) => p.siteXpos, model.id("site", site));

/** Orientation of a body as a quaternion. */
export function bodyQuaternion(model: Model, body: string): Gather {
  return { unit: "1", names: QUATERNION, source: (p) => p.xquat, at: span(4 * model.id("body", body), 4) };
}

/** First position coordinate of each joint, rad (slides m). */
export function jointPositions(model: Model, joints: readonly string[]): Gather {
  const address = model.intsBorrow("jnt_qposadr");
  const at = Int32Array.from(joints, (joint) => address[model.id("joint", joint)] ?? 0);
  return { unit: "rad", names: joints, source: (p) => p.qpos, at };
}

/** First velocity of each joint times `dt`, rad (slides m) a control step. */
export function jointSteps(model: Model, joints: readonly string[], dt: number): Gather {
  const address = model.intsBorrow("jnt_dofadr");
  const at = Int32Array.from(joints, (joint) => address[model.id("joint", joint)] ?? 0);
  return { unit: "rad", names: joints, source: (p) => p.qvel, at, value: (x) => x * dt };
}

/** First element of each sensor, N. */
export function forceSensors(model: Model, sensors: readonly string[]): Gather {
  const address = model.intsBorrow("sensor_adr");
  const at = Int32Array.from(sensors, (sensor) => address[model.id("sensor", sensor)] ?? 0);
  return { unit: "N", names: sensors, source: (p) => p.sensordata, at };
}

/** Coordinate 0 to 2 of `a` minus that of `b`. */
function coordinateDifference(p: Physics, a: Gather, b: Gather, i: number): number {
  return (a.source(p)[a.at[i] ?? 0] ?? 0) - (b.source(p)[b.at[i] ?? 0] ?? 0);
}

/** `a` - `b`, both in space. */
export function difference(p: Physics, a: Gather, b: Gather, out: Float64Array): void {
  for (let i = 0; i < 3; i++) out[i] = coordinateDifference(p, a, b, i);
}

/** Position of `a` minus that of `b`, m. */
export function offsetGroup(name: string, a: Gather, b: Gather): ObsGroupSpec {
  return elementGroup(name, "m", AXES, (p, i) => coordinateDifference(p, a, b, i));
}

/** Distance of the positions `a` and `b`, m. */
export function separation(p: Physics, a: Gather, b: Gather): number {
  let sum = 0;
  for (let i = 0; i < 3; i++) {
    const d = coordinateDifference(p, a, b, i);
    sum += d * d;
  }
  return Math.sqrt(sum);
}
