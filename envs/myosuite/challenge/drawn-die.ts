import { MyoError } from "../../../protocol/errors.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { Kwargs } from "../../task.ts";
import { numberKwarg, numberOf } from "../recipe.ts";
import { checkedRange, vectorKwarg, vectorOf, type Range } from "../vector-kwargs.ts";

/** What the die's properties may be, by kwarg. */
export interface DieSettings {
  readonly sizeChange: number;
  readonly massRange: readonly [number, number];
  readonly frictionChange: readonly [number, number, number];
}

/** The die's geoms: twelve edges (capsules), then three boxes. */
const BOXES = 3;
/** The `<inertial>` of MyoSuite's myohand_die.xml: mass kg, principal inertias kg m². */
const INERTIAL = { mass: 0.108, diagonal: [6.48e-5, 6.48e-5, 6.48e-5] } as const;
/** MyoSuite's guard against a division by zero, m. */
const TINY = 1e-16;

/** Kwargs of what is drawn of the die each episode. */
export const drawnDieKwargs = (settings: DieSettings) => ({
  obj_size_change: numberKwarg(settings.sizeChange, "Largest change of the die's half-lengths, m.", { minimum: 0 }),
  obj_mass_range: vectorKwarg(settings.massRange, "Bounds of the die's mass, kg."),
  obj_friction_change: vectorKwarg(
    settings.frictionChange,
    "Largest change of the die's sliding, torsional and rolling friction.",
  ),
});

/** A die whose friction, mass and size are drawn each episode, the goal's die with the size. */
export class DrawnDie {
  readonly #body: number;
  readonly #goal: number;
  /** First geom and number of geoms of the die. */
  readonly #first: number;
  readonly #count: number;
  readonly #goalGeom: number;
  readonly #size0: Float64Array;
  readonly #pos0: Float64Array;
  readonly #goalSize0: Float64Array;
  readonly #friction: Range;
  readonly #mass: Range;
  readonly #change: number;
  readonly #drawnFriction: Float64Array;

  constructor(model: Model, kwargs: Kwargs) {
    this.#body = model.id("body", "Object");
    this.#goal = model.id("body", "target");
    this.#first = model.intsBorrow("body_geomadr")[this.#body] ?? 0;
    this.#count = model.intsBorrow("body_geomnum")[this.#body] ?? 0;
    this.#goalGeom = model.id("geom", "target_dice");
    const triples = (field: "geom_size" | "geom_pos" | "geom_friction", geom: number, count: number): Float64Array =>
      Float64Array.from(model.floatsBorrow(field).subarray(3 * geom, 3 * (geom + count)));
    this.#size0 = triples("geom_size", this.#first, this.#count);
    this.#pos0 = triples("geom_pos", this.#first, this.#count);
    this.#goalSize0 = triples("geom_size", this.#goalGeom, 1);
    const friction = triples("geom_friction", this.#first, this.#count);
    const change = vectorOf(kwargs, "obj_friction_change");
    this.#friction = checkedRange(
      "obj_friction_change",
      friction.map((value, i) => value - (change[i % 3] ?? 0)),
      friction.map((value, i) => value + (change[i % 3] ?? 0)),
    );
    this.#drawnFriction = new Float64Array(friction.length);
    this.#mass = massRange(vectorOf(kwargs, "obj_mass_range"));
    this.#change = numberOf(kwargs, "obj_size_change");
  }

  /** Draws friction of every geom, mass and size in this order. */
  draw(p: Physics, rng: Rng): void {
    rng.uniformInto(this.#friction.low, this.#friction.high, this.#drawnFriction);
    p.edit("geom_friction").set(this.#drawnFriction, 3 * this.#first);
    p.edit("body_mass")[this.#body] = rng.uniform(this.#mass.low[0] ?? 0, this.#mass.high[0] ?? 0);
    this.#resize(p, rng.uniform(-this.#change, this.#change));
    p.refreshBodies([{ body: this.#body, inertial: INERTIAL }, { body: this.#goal }]);
  }

  #resize(p: Physics, change: number): void {
    const sizes = p.edit("geom_size");
    const places = p.edit("geom_pos");
    for (let i = 0; i < 3; i++) sizes[3 * this.#goalGeom + i] = (this.#goalSize0[i] ?? 0) + change;
    for (let geom = 0; geom < this.#count; geom++) {
      const isBox = geom >= this.#count - BOXES;
      for (let i = 3 * geom; i < 3 * geom + 3; i++) {
        // Of a capsule the half-length changes, not the radius.
        if (isBox || i === 3 * geom + 1) sizes[3 * this.#first + i] = (this.#size0[i] ?? 0) + change;
        places[3 * this.#first + i] = moved(this.#pos0[i] ?? 0, change);
      }
    }
  }
}

/** A coordinate moved away from 0 by `change`; 0 stays. */
function moved(x: number, change: number): number {
  // In MyoSuite x is the last episode's place, so that its 1e-17 of rounding wander from episode to episode.
  return (x / Math.abs(x + TINY)) * (Math.abs(x) + change);
}

function massRange([low = NaN, high = NaN]: Float64Array): Range {
  if (low > 0) return checkedRange("obj_mass_range", Float64Array.of(low), Float64Array.of(high));
  throw new MyoError("BAD_OPTIONS", `obj_mass_range needs a lower bound above 0, but ${low} came; raise it.`);
}
