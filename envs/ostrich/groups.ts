import { toNdArray } from "../../protocol/ndarray.ts";
import type { BoxSpace } from "../../protocol/spaces.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { gatherGroup, leading, span, type Gather } from "../gather-group.ts";
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

/** Joint positions from element `from` on, and all joint velocities. */
export function stateGroups(model: Model, from: number): ObsGroupSpec[] {
  const joints = jointNames(model);
  const positions = joints.slice(from);
  return [
    gatherGroup("qpos", {
      unit: "rad or m",
      names: positions,
      source: (p) => p.qpos,
      at: span(from, positions.length),
    }),
    gatherGroup(
      "qvel",
      leading("rad/s or m/s", joints, (p) => p.qvel, clipped),
    ),
  ];
}

/** Activation, force, length and velocity of every muscle. */
export function muscleGroups(model: Model): ObsGroupSpec[] {
  const muscles = muscleNames(model);
  const group = (name: string, unit: string, source: Gather["source"], value?: Gather["value"]): ObsGroupSpec =>
    gatherGroup(name, leading(unit, muscles, source, value));
  return [
    group("muscle_activations", "1", (p) => p.act, clipped),
    group(
      "muscle_forces",
      "kN",
      (p) => p.actuatorForce,
      (force) => clipped(force / FORCE_UNIT),
    ),
    group("muscle_lengths", "m", (p) => p.actuatorLength),
    group("muscle_velocities", "m/s", (p) => p.actuatorVelocity, clipped),
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
