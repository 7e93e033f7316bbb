import { toNdArray } from "../../protocol/ndarray.ts";
import type { BoxSpace } from "../../protocol/spaces.ts";
import type { Model, Physics } from "../engine/physics.ts";
import type { ObsGroupSpec } from "../task.ts";

/** OstrichRL clips what may become large to this, in the group's unit. */
const LIMIT = 100;
/** Unit of the forces shown, N. */
const FORCE_UNIT = 1000;
const UP = 2;

const clipped = (value: number): number => Math.min(Math.max(value, -LIMIT), LIMIT);

/** dm_control's action spec: float64; every control range of the models is [-1, 1]. */
export function controlBox(model: Model): BoxSpace {
  const bound = (value: number) => toNdArray("<f8", [1], Float64Array.of(value));
  return { type: "box", dtype: "<f8", shape: [model.sizes.nu], low: bound(-1), high: bound(1) };
}

export function actuatorNames(model: Model): string[] {
  return Array.from({ length: model.sizes.nu }, (_, i) => model.name("actuator", i));
}

/** Muscles of the model: all its actuators, or none where it is driven by motors. */
export function muscleNames(model: Model): string[] {
  return model.sizes.na > 0 ? actuatorNames(model) : [];
}

function jointNames(model: Model): string[] {
  return Array.from({ length: model.sizes.njnt }, (_, i) => model.name("joint", i));
}

/** One number for each name, read off physics. */
function valuesGroup(
  name: string,
  unit: string,
  names: readonly string[],
  of: (p: Physics) => Float64Array,
  shown: (value: number) => number = (value) => value,
  from = 0,
): ObsGroupSpec {
  return {
    name,
    shape: [names.length],
    unit,
    names,
    write(p, out, offset) {
      const values = of(p);
      for (let i = 0; i < names.length; i++) out[offset + i] = shown(values[from + i] ?? 0);
    },
  };
}

/** A number that the task knows how to find. */
export function numberGroup(name: string, unit: string, of: (p: Physics) => number): ObsGroupSpec {
  return {
    name,
    shape: [1],
    unit,
    names: [],
    write(p, out, offset) {
      out[offset] = of(p);
    },
  };
}

/** A point or vector of space, m. */
export function vectorGroup(name: string, of: (p: Physics, axis: number) => number): ObsGroupSpec {
  return {
    name,
    shape: [3],
    unit: "m",
    names: ["x", "y", "z"],
    write(p, out, offset) {
      for (let axis = 0; axis < 3; axis++) out[offset + axis] = of(p, axis);
    },
  };
}

/** Joint positions from element `from` on, and all joint velocities. */
export function stateGroups(model: Model, from: number): ObsGroupSpec[] {
  const joints = jointNames(model);
  return [
    valuesGroup("qpos", "rad or m", joints.slice(from), (p) => p.qpos, undefined, from),
    valuesGroup("qvel", "rad/s or m/s", joints, (p) => p.qvel, clipped),
  ];
}

/** Activation, force, length and velocity of every muscle. */
export function muscleGroups(model: Model): ObsGroupSpec[] {
  const muscles = muscleNames(model);
  return [
    valuesGroup("muscle_activations", "1", muscles, (p) => p.act, clipped),
    valuesGroup(
      "muscle_forces",
      "kN",
      muscles,
      (p) => p.actuatorForce,
      (force) => clipped(force / FORCE_UNIT),
    ),
    valuesGroup("muscle_lengths", "m", muscles, (p) => p.actuatorLength),
    valuesGroup("muscle_velocities", "m/s", muscles, (p) => p.actuatorVelocity, clipped),
  ];
}

/** Heights above the ground, m: of the pelvis bone's geom and of bodies. */
export class Heights {
  readonly #pelvis: number;
  readonly #head: number;
  readonly #feet: readonly [number, number];

  constructor(model: Model) {
    const body = (name: string): number => 3 * model.id("body", name) + UP;
    this.#pelvis = 3 * model.id("geom", "pelvis") + UP;
    this.#head = body("head");
    this.#feet = [body("r_pes"), body("l_pes")];
  }

  pelvis(p: Physics): number {
    return p.geomXpos[this.#pelvis] ?? 0;
  }

  /** Only in models with a neck. */
  head(p: Physics): number {
    return p.xpos[this.#head] ?? 0;
  }

  pelvisGroup(): ObsGroupSpec {
    return numberGroup("pelvis_height", "m", (p) => this.pelvis(p));
  }

  headGroup(): ObsGroupSpec {
    return numberGroup("head_height", "m", (p) => this.head(p));
  }

  feetGroup(): ObsGroupSpec {
    const feet = this.#feet;
    return {
      name: "feet_height",
      shape: [feet.length],
      unit: "m",
      names: ["right", "left"],
      write(p, out, offset) {
        const { xpos } = p;
        out[offset] = xpos[feet[0]] ?? 0;
        out[offset + 1] = xpos[feet[1]] ?? 0;
      },
    };
  }
}
