import type { Model, Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { muscleActuators } from "../muscle-map.ts";

const AXES = ["x", "y", "z"];
const QUATERNION = ["qw", "qx", "qy", "qz"];
/** Bounds of the observed muscle velocity (m/s) and force (kN). */
const CLIP = 100;
/** N in a kN. */
const KILO = 1000;

/** Elements of one of MuJoCo's arrays that make an observation group. */
export interface Gather {
  readonly unit: string;
  readonly names: readonly string[];
  readonly source: (p: Physics) => Float64Array;
  /** Indices into the source, one a name. */
  readonly at: Int32Array;
  /** Observed value of an element; absent: the element. */
  readonly value?: (x: number) => number;
}

/** An observation group of gathered elements. */
export function gatherGroup(name: string, { unit, names, source, at, value }: Gather): ObsGroupSpec {
  return {
    name,
    shape: [at.length],
    unit,
    names,
    write: (p, out, offset) => {
      const values = source(p);
      for (let i = 0; i < at.length; i++) {
        const x = values[at[i] ?? 0] ?? 0;
        out[offset + i] = value === undefined ? x : value(x);
      }
    },
  };
}

/** Indices first … first + length - 1. */
export const span = (first: number, length: number): Int32Array => Int32Array.from({ length }, (_, i) => first + i);

/** Coordinates of a body's frame, m. */
export function bodyPosition(model: Model, body: string): Gather {
  return { unit: "m", names: AXES, source: (p) => p.xpos, at: span(3 * model.id("body", body), 3) };
}

/** Coordinates of a geom's centre, m. */
export function geomPosition(model: Model, geom: string): Gather {
  return { unit: "m", names: AXES, source: (p) => p.geomXpos, at: span(3 * model.id("geom", geom), 3) };
}

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

const clip = (x: number): number => Math.min(Math.max(x, -CLIP), CLIP);

/** `muscle_length` (m), `muscle_velocity` (m/s, clipped) and `muscle_force` (kN, clipped) of actuators. */
export function muscleGroups(model: Model, actuators = muscleActuators(model)): ObsGroupSpec[] {
  const names = Array.from(actuators, (id) => model.name("actuator", id));
  const at = Int32Array.from(actuators);
  return [
    gatherGroup("muscle_length", { unit: "m", names, at, source: (p) => p.actuatorLength }),
    gatherGroup("muscle_velocity", { unit: "m/s", names, at, source: (p) => p.actuatorVelocity, value: clip }),
    gatherGroup("muscle_force", {
      unit: "kN",
      names,
      at,
      source: (p) => p.actuatorForce,
      value: (x) => clip(x / KILO),
    }),
  ];
}
