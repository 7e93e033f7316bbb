import { MyoError } from "../../../protocol/errors.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { Kwargs } from "../../task.ts";
import { checkedRange, drawnVectorKwarg, drawnVectorOf, type Range } from "../vector-kwargs.ts";

/** Bounds of what an episode draws of the balls; null: they stay as they are. */
export interface BallSettings {
  /** kg */
  readonly massRange: readonly [number, number] | null;
  /** Radius, m. */
  readonly sizeRange: readonly [number, number] | null;
  readonly frictionChange: readonly [number, number, number] | null;
}

const POSITIVE = { exclusiveMinimum: 0 };

export const drawnBallKwargs = (settings: BallSettings) => ({
  obj_size_range: drawnVectorKwarg(2, settings.sizeRange, "Bounds of the balls' radii, m; null: none.", POSITIVE),
  obj_mass_range: drawnVectorKwarg(2, settings.massRange, "Bounds of the balls' masses, kg; null: none.", POSITIVE),
  obj_friction_change: drawnVectorKwarg(
    3,
    settings.frictionChange,
    "Largest change of the balls' sliding, torsional and rolling friction; null: none.",
    { minimum: 0 },
  ),
});

/** Two balls whose mass, friction and radius are drawn each episode. */
export class DrawnBalls {
  readonly #bodies: readonly number[];
  readonly #geoms: readonly number[];
  readonly #masses: Float64Array;
  readonly #mass: Range | null;
  readonly #friction: Range | null;
  readonly #size: Range | null;
  readonly #drawnFriction = new Float64Array(3);

  constructor(model: Model, names: readonly string[], kwargs: Kwargs) {
    this.#bodies = names.map((name) => model.id("body", name));
    this.#geoms = names.map((name) => model.id("geom", name));
    this.#masses = Float64Array.from(model.floatsBorrow("body_mass"));
    this.#mass = rangeOf("obj_mass_range", kwargs);
    this.#size = rangeOf("obj_size_range", kwargs);
    const change = drawnVectorOf(kwargs, "obj_friction_change");
    // MyoSuite takes the first ball's friction for both.
    const first = 3 * (this.#geoms[0] ?? 0);
    const friction = Float64Array.from(model.floatsBorrow("geom_friction").subarray(first, first + 3));
    this.#friction = change === null ? null : around(friction, change);
  }

  /** Draws both masses, both frictions, both radii. */
  draw(p: Physics, rng: Rng): void {
    if (this.#mass !== null) {
      for (const body of this.#bodies) p.edit("body_mass")[body] = one(rng, this.#mass);
    }
    if (this.#friction !== null) {
      for (const geom of this.#geoms) {
        rng.uniformInto(this.#friction.low, this.#friction.high, this.#drawnFriction);
        p.edit("geom_friction").set(this.#drawnFriction, 3 * geom);
      }
    }
    if (this.#size !== null) {
      for (const geom of this.#geoms) p.edit("geom_size").fill(one(rng, this.#size), 3 * geom, 3 * geom + 3);
    }
    if (this.#mass !== null || this.#size !== null) {
      p.refreshBodies(this.#bodies.map((body) => ({ body, mass: [this.#masses[body] ?? 0] })));
    } else if (this.#friction !== null) p.commitEdits();
  }
}

const one = (rng: Rng, { low, high }: Range): number => rng.uniform(low[0] ?? 0, high[0] ?? 0);

function around(centre: Float64Array, change: Float64Array): Range {
  const low = centre.map((value, i) => value - (change[i] ?? 0));
  if (low.every((value) => value >= 0)) return { low, high: centre.map((value, i) => value + (change[i] ?? 0)) };
  throw new MyoError(
    "BAD_OPTIONS",
    `obj_friction_change must leave a friction of ${centre.join(", ")} at least 0, but ${change.join(", ")} came; lower it.`,
  );
}

function rangeOf(name: string, kwargs: Kwargs): Range | null {
  const value = drawnVectorOf(kwargs, name);
  if (value === null) return null;
  const [low = NaN, high = NaN] = value;
  return checkedRange(name, Float64Array.of(low), Float64Array.of(high));
}
