import type { Model, Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { AXES, difference, sliceGroup, vectorGroup, type Place } from "../object-groups.ts";
import { matrixToEuler } from "../rotations.ts";

const ANGLES = ["ex", "ey", "ez"];

/** An object and the pose it is to take: sites `object_o` and `target_o` of MyoChallenge's models. */
export class ObjectGoal {
  readonly #object: Place;
  readonly #goal: Place;
  /** What the position error leaves out, m. */
  readonly #offset: Float64Array;
  readonly #wanted = new Float64Array(3);
  readonly #error = new Float64Array(3);

  /** @param offset [3] goal - object at the start that counts as no error, m */
  constructor(model: Model, offset: Float64Array = new Float64Array(3)) {
    const site = (name: string): Place => ({ source: (p) => p.siteXpos, from: 3 * model.id("site", name) });
    this.#object = site("object_o");
    this.#goal = site("target_o");
    this.#offset = offset;
  }

  get object(): Place {
    return this.#object;
  }

  /** Distance from the goal, m. */
  distance(p: Physics): number {
    this.#positionError(p, this.#error);
    return length(this.#error);
  }

  /** Length of the difference of the Euler angles, rad. */
  rotation(p: Physics): number {
    this.#rotationError(p, this.#error);
    return length(this.#error);
  }

  #positionError(p: Physics, out: Float64Array): void {
    difference(p, this.#goal, this.#object, out);
    for (let i = 0; i < 3; i++) out[i] = (out[i] ?? 0) - (this.#offset[i] ?? 0);
  }

  #euler(p: Physics, { from }: Place, out: Float64Array): void {
    // A position has 3 numbers, a matrix 9.
    matrixToEuler(p.siteXmat, 3 * from, out);
  }

  #rotationError(p: Physics, out: Float64Array): void {
    this.#euler(p, this.#goal, this.#wanted);
    this.#euler(p, this.#object, out);
    for (let i = 0; i < 3; i++) out[i] = (this.#wanted[i] ?? 0) - (out[i] ?? 0);
  }

  /** Positions (m) and Euler angles (rad) of object and goal, and goal - object of both. */
  groups(): ObsGroupSpec[] {
    const position = (name: string, { source, from }: Place): ObsGroupSpec =>
      sliceGroup({ name, unit: "m", names: AXES }, source, from);
    const angles = (name: string, read: (p: Physics, out: Float64Array) => void): ObsGroupSpec =>
      vectorGroup({ name, unit: "rad", names: ANGLES }, read);
    return [
      position("obj_pos", this.#object),
      position("goal_pos", this.#goal),
      vectorGroup({ name: "pos_err", unit: "m", names: AXES }, (p, out) => this.#positionError(p, out)),
      angles("obj_rot", (p, out) => this.#euler(p, this.#object, out)),
      angles("goal_rot", (p, out) => this.#euler(p, this.#goal, out)),
      angles("rot_err", (p, out) => this.#rotationError(p, out)),
    ];
  }
}

function length(v: Float64Array): number {
  const [x = 0, y = 0, z = 0] = v;
  return Math.sqrt(x * x + y * y + z * z);
}
