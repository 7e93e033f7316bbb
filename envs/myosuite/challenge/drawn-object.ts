import type { JsonObject } from "../../../protocol/env.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { Kwargs } from "../../task.ts";
import { eulerToQuaternion } from "../rotations.ts";
import { rangeKwarg, rangeOf, type Range } from "../vector-kwargs.ts";

/** Bounds of what an episode draws of the object; null: it stays as it is. */
export interface ObjectSettings {
  /** Place in the world, m. */
  readonly place: { readonly low: readonly number[]; readonly high: readonly number[] } | null;
  /** Half-lengths of every geom, m. */
  readonly size: { readonly low: readonly number[]; readonly high: readonly number[] } | null;
  /** kg */
  readonly mass: { readonly low: number; readonly high: number } | null;
  /** Sliding, torsional and rolling friction. */
  readonly friction: { readonly low: readonly number[]; readonly high: readonly number[] } | null;
}

/** mjtGeom that a geom may become: sphere, capsule, ellipsoid, cylinder, box. */
const SHAPES = [2, 3, 4, 5, 6] as const;
/** Bound of the Euler angles of every geom, rad. */
const QUARTER_TURN = Math.PI / 2;
/** Bounds of its colour, which is drawn for the stream's sake: red, green, blue, alpha. */
const COLOUR = { low: Float64Array.of(0.2, 0.2, 0.2, 1), high: Float64Array.of(0.9, 0.9, 0.9, 1) };

const json = (range: object | null): JsonObject | null =>
  range === null ? null : (structuredClone(range) as JsonObject);

export const drawnObjectKwargs = (settings: ObjectSettings) => ({
  obj_xyz_range: rangeKwarg(3, json(settings.place), "Bounds of the object's place, m; null: the model's."),
  obj_geom_range: rangeKwarg(
    3,
    json(settings.size),
    "Bounds of the half-lengths of the object's geoms, whose shape, place and rotation are drawn too, m; null: the model's.",
  ),
  obj_mass_range: rangeKwarg(null, json(settings.mass), "Bounds of the object's mass, kg; needs obj_geom_range."),
  obj_friction_range: rangeKwarg(
    3,
    json(settings.friction),
    "Bounds of the sliding, torsional and rolling friction of the object's geoms; needs obj_geom_range.",
  ),
});

/** An object of a few geoms whose place and make are drawn each episode. */
export class DrawnObject {
  readonly #body: number;
  readonly #first: number;
  readonly #count: number;
  readonly #place: Range | null;
  readonly #size: Range | null;
  readonly #mass: Range | null;
  readonly #friction: Range | null;
  readonly #drawn = new Float64Array(3);
  readonly #colour = new Float64Array(4);

  constructor(model: Model, name: string, kwargs: Kwargs) {
    this.#body = model.id("body", name);
    this.#first = model.intsBorrow("body_geomadr")[this.#body] ?? 0;
    this.#count = model.intsBorrow("body_geomnum")[this.#body] ?? 0;
    this.#place = rangeOf(kwargs, "obj_xyz_range");
    this.#size = rangeOf(kwargs, "obj_geom_range");
    this.#mass = rangeOf(kwargs, "obj_mass_range");
    this.#friction = rangeOf(kwargs, "obj_friction_range");
  }

  /** The place is drawn rather than the model's. */
  get placed(): boolean {
    return this.#place !== null;
  }

  /** Draws place, geoms in turn, mass. */
  draw(p: Physics, rng: Rng): void {
    if (this.#place !== null) {
      rng.uniformInto(this.#place.low, this.#place.high, this.#drawn);
      p.edit("body_pos").set(this.#drawn, 3 * this.#body);
    }
    if (this.#size === null) {
      if (this.#place !== null) p.commitEdits();
      return;
    }
    for (let i = 0; i < this.#count; i++) this.#drawGeom(p, rng, this.#first + i, this.#size);
    if (this.#mass !== null) {
      p.edit("body_mass")[this.#body] = rng.uniform(this.#mass.low[0] ?? 0, this.#mass.high[0] ?? 0);
    }
    p.refreshBodies([{ body: this.#body }]);
    // As MyoSuite does: the warm start it leaves enters the next solve.
    p.forward();
  }

  #drawGeom(p: Physics, rng: Rng, geom: number, { low, high }: Range): void {
    const drawn = this.#drawn;
    p.edit("geom_type")[geom] = rng.choice(SHAPES);
    rng.uniformInto(low, high, drawn);
    p.edit("geom_size").set(drawn, 3 * geom);
    rng.uniformInto(
      drawn.map((size) => -size),
      drawn.slice(),
      drawn,
    );
    p.edit("geom_pos").set(drawn, 3 * geom);
    rng.uniformInto(-QUARTER_TURN, QUARTER_TURN, drawn);
    eulerToQuaternion(drawn, p.edit("geom_quat"), 4 * geom);
    rng.uniformInto(COLOUR.low, COLOUR.high, this.#colour);
    if (this.#friction === null) return;
    rng.uniformInto(this.#friction.low, this.#friction.high, drawn);
    p.edit("geom_friction").set(drawn, 3 * geom);
  }
}
