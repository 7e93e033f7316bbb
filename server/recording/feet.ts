import type { Model, Physics } from "../../envs/engine/physics.ts";
import { MyoError } from "../../protocol/errors.ts";
import { SIDES } from "./recording.ts";

/** Bodies of the right and the left foot of known models: MyoSuite's legs, its leg with a prosthesis, the ostrich. */
const KNOWN_FEET: readonly (readonly [right: string, left: string])[] = [
  ["talus_r", "talus_l"],
  ["osl_foot_assembly", "talus_l"],
  ["r_pes", "l_pes"],
];

/** Names of the bodies of the right and the left foot, null where the model has none that is known. */
export function knownFeet(model: Model): readonly [string, string] | null {
  return KNOWN_FEET.find((pair) => pair.every((name) => model.id("body", name) >= 0)) ?? null;
}

/** Bodies of the subtree of `root`, itself included. */
function subtree(model: Model, root: number): Int32Array {
  const parents = model.intsBorrow("body_parentid");
  const inside = new Uint8Array(model.sizes.nbody);
  inside[root] = 1;
  // Parents come before their children.
  for (let body = root + 1; body < inside.length; body++) inside[body] = inside[parents[body] ?? 0] ?? 0;
  return Int32Array.from(Array.from(inside.keys()).filter((body) => inside[body] === 1));
}

/** Where two feet are and what pushes them. */
export class Feet {
  /** Mass of the whole body that has them, kg. */
  readonly mass: number;
  readonly #bodies: readonly [number, number];
  readonly #parts: readonly Int32Array[];
  readonly #root: number;
  /** [nbody, 3] N */
  readonly #forces: Float64Array;

  /** @throws MyoError BAD_OPTIONS for a name that the model lacks. */
  constructor(model: Model, names: readonly [right: string, left: string]) {
    const id = (name: string): number => {
      const body = model.id("body", name);
      if (body > 0) return body;
      throw new MyoError("BAD_OPTIONS", `The model has no body "${name}"; name the bodies of the right and left foot.`);
    };
    this.#bodies = [id(names[0]), id(names[1])];
    this.#parts = this.#bodies.map((body) => subtree(model, body));
    this.#root = model.intsBorrow("body_rootid")[this.#bodies[0]] ?? 0;
    this.mass = model.floatsBorrow("body_subtreemass")[this.#root] ?? 0;
    this.#forces = new Float64Array(3 * model.sizes.nbody);
  }

  /** Place of the body that the feet hang on, [3] m. */
  rootPosition({ xpos }: Physics, out: Float64Array): void {
    for (let i = 0; i < 3; i++) out[i] = xpos[3 * this.#root + i] ?? 0;
  }

  /** [2, 3] m */
  positions({ xpos }: Physics, out: Float64Array): void {
    for (let side = 0; side < SIDES.length; side++) {
      for (let i = 0; i < 3; i++) out[3 * side + i] = xpos[3 * (this.#bodies[side] ?? 0) + i] ?? 0;
    }
  }

  /** Force on each foot, [2, 3] N, after `forward`. */
  forces(p: Physics, out: Float64Array): void {
    p.externalForces(this.#forces);
    out.fill(0);
    this.#parts.forEach((bodies, side) => {
      for (const body of bodies) {
        for (let i = 0; i < 3; i++) out[3 * side + i] = (out[3 * side + i] ?? 0) + (this.#forces[3 * body + i] ?? 0);
      }
    });
  }
}
