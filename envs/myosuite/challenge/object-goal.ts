import type { Model, Physics } from "../../engine/physics.ts";
import { AXES, difference, gatherGroup, sitePosition, vectorGroup, type Gather } from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { matrixToEuler } from "../rotations.ts";

const ANGLES = ["ex", "ey", "ez"];

/** An object and the pose it is to take: sites `object_o` and `target_o` of MyoChallenge's models. */
export class ObjectGoal {
  readonly #object: Gather;
  readonly #goal: Gather;
  /** What the position error leaves out, m. */
  readonly #offset: Float64Array;
  readonly #wanted = new Float64Array(3);
  readonly #error = new Float64Array(3);

  /** @param offset [3] goal - object at the start that counts as no error, m */
  constructor(model: Model, offset: Float64Array = new Float64Array(3)) {
    this.#object = sitePosition(model, "object_o");
    this.#goal = sitePosition(model, "target_o");
    this.#offset = offset;
  }

  get object(): Gather {
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

  #euler(p: Physics, { at }: Gather, out: Float64Array): void {
    // A position has 3 numbers, a matrix 9.
    matrixToEuler(p.siteXmat, 3 * (at[0] ?? 0), out);
  }

  #rotationError(p: Physics, out: Float64Array): void {
    this.#euler(p, this.#goal, this.#wanted);
    this.#euler(p, this.#object, out);
    for (let i = 0; i < 3; i++) out[i] = (this.#wanted[i] ?? 0) - (out[i] ?? 0);
  }

  /** Positions (m) and Euler angles (rad) of object and goal, and goal - object of both. */
  groups(): ObsGroupSpec[] {
    const angles = (name: string, read: (p: Physics, out: Float64Array) => void): ObsGroupSpec =>
      vectorGroup(name, "rad", ANGLES, read);
    return [
      gatherGroup("obj_pos", this.#object),
      gatherGroup("goal_pos", this.#goal),
      vectorGroup("pos_err", "m", AXES, (p, out) => this.#positionError(p, out)),
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
