import type { Model, Physics } from "../engine/physics.ts";
import type { Scene, Measure } from "./scene.ts";
import { AXES, type Axis } from "./fields.ts";

/** Centre of mass of the whole model: its place (m) and velocity (m/s), world axes. */
export class CentreOfMass {
  readonly #mass: Float64Array;
  readonly #total: number;
  /** Root body of each body's kinematic tree. */
  readonly #root: Int32Array;
  /** Mass (kg) and centre (m) of the tree of each root body. */
  readonly #treeMass: Float64Array;
  readonly #treeCentre: Float64Array;

  constructor(model: Model) {
    const { nbody } = model.sizes;
    this.#mass = Float64Array.from(model.floatsBorrow("body_mass"));
    this.#root = Int32Array.from(model.intsBorrow("body_rootid"));
    this.#total = this.#mass.reduce((a, b) => a + b, 0);
    this.#treeMass = new Float64Array(nbody);
    this.#treeCentre = new Float64Array(3 * nbody);
    for (let b = 0; b < nbody; b++) {
      const root = this.#root[b] ?? 0;
      this.#treeMass[root] = (this.#treeMass[root] ?? 0) + (this.#mass[b] ?? 0);
    }
  }

  position(p: Physics, axis: number): number {
    const { xipos } = p;
    let sum = 0;
    for (let b = 0; b < this.#mass.length; b++) sum += (this.#mass[b] ?? 0) * (xipos[3 * b + axis] ?? 0);
    return this.#total === 0 ? 0 : sum / this.#total;
  }

  /** `cvel` holds the velocity at the centre of mass of the body's tree: rotation about it is added. */
  velocity(p: Physics, axis: number): number {
    const { cvel, xipos } = p;
    this.#centres(xipos);
    const [next, last] = [(axis + 1) % 3, (axis + 2) % 3];
    let sum = 0;
    for (let b = 0; b < this.#mass.length; b++) {
      const centre = 3 * (this.#root[b] ?? 0);
      const armNext = (xipos[3 * b + next] ?? 0) - (this.#treeCentre[centre + next] ?? 0);
      const armLast = (xipos[3 * b + last] ?? 0) - (this.#treeCentre[centre + last] ?? 0);
      const turning = (cvel[6 * b + next] ?? 0) * armLast - (cvel[6 * b + last] ?? 0) * armNext;
      sum += (this.#mass[b] ?? 0) * ((cvel[6 * b + 3 + axis] ?? 0) + turning);
    }
    return this.#total === 0 ? 0 : sum / this.#total;
  }

  #centres(xipos: Float64Array): void {
    const centre = this.#treeCentre.fill(0);
    for (let b = 0; b < this.#mass.length; b++) {
      const root = this.#root[b] ?? 0;
      const treeMass = this.#treeMass[root] ?? 0;
      if (treeMass === 0) continue;
      const share = (this.#mass[b] ?? 0) / treeMass;
      for (let i = 0; i < 3; i++) {
        centre[3 * root + i] = (centre[3 * root + i] ?? 0) + share * (xipos[3 * b + i] ?? 0);
      }
    }
  }
}

export const axisIndex = (axis: Axis): number => AXES.indexOf(axis);

/** Height of a body's origin, or of the whole centre of mass where no body is named, m. */
export function heightOf(body: string | undefined, scene: Scene): Measure {
  if (body === undefined) {
    const centre = new CentreOfMass(scene.model);
    return (p) => centre.position(p, 2);
  }
  const at = 3 * scene.id("body", body) + 2;
  return (p) => p.xpos[at] ?? 0;
}

/** Cosine of the angle between a body's own axis and the world's z axis: 1 is upright. */
export function uprightness(body: string, axis: Axis, scene: Scene): Measure {
  const at = 9 * scene.id("body", body) + 6 + axisIndex(axis);
  return (p) => p.xmat[at] ?? 0;
}

/** Distance of a site from a point target or another site, m. */
export function siteDistance(site: string, to: string, scene: Scene): Measure {
  const from = 3 * scene.id("site", site);
  const target = scene.targets.find(to, "point");
  if (target !== null) {
    const { value } = target;
    return ({ siteXpos }) =>
      Math.hypot(
        (value[0] ?? 0) - (siteXpos[from] ?? 0),
        (value[1] ?? 0) - (siteXpos[from + 1] ?? 0),
        (value[2] ?? 0) - (siteXpos[from + 2] ?? 0),
      );
  }
  const other = scene.model.id("site", to);
  if (other < 0) {
    throw scene.fault(`"${to}" is neither a point target of this file nor a site of the model; add it to targets.`);
  }
  return ({ siteXpos }) =>
    Math.hypot(
      (siteXpos[3 * other] ?? 0) - (siteXpos[from] ?? 0),
      (siteXpos[3 * other + 1] ?? 0) - (siteXpos[from + 1] ?? 0),
      (siteXpos[3 * other + 2] ?? 0) - (siteXpos[from + 2] ?? 0),
    );
}

/** Euclidean distance of joints from a pose target. */
export function poseDistance(name: string, scene: Scene): Measure {
  const { value, joints } = scene.targets.get(name, "pose", scene);
  return ({ qpos }) => {
    let sum = 0;
    for (let i = 0; i < value.length; i++) sum += ((value[i] ?? 0) - (qpos[joints[i]?.qpos ?? 0] ?? 0)) ** 2;
    return Math.sqrt(sum);
  };
}

/** Euclidean distance of the centre of mass's velocity from a velocity target along some axes, m/s. */
export function velocityDistance(name: string, axes: readonly Axis[], scene: Scene): Measure {
  const { value } = scene.targets.get(name, "velocity", scene);
  const centre = new CentreOfMass(scene.model);
  const indices = axes.map(axisIndex);
  return (p) => {
    let sum = 0;
    for (const axis of indices) sum += ((value[axis] ?? 0) - centre.velocity(p, axis)) ** 2;
    return Math.sqrt(sum);
  };
}
