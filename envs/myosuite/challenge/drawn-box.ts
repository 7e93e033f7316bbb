import type { Rng } from "../../../protocol/random/generator.ts";
import { MyoError } from "../../../protocol/errors.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import type { Kwargs } from "../../task.ts";
import { checkedRange, drawnVectorKwarg, drawnVectorOf, type Range } from "../vector-kwargs.ts";

/** Kwargs of what is drawn of the box each episode. */
export const DRAWN_BOX_KWARGS = {
  obj_mass_change: drawnVectorKwarg(2, [-0.05, 0.05], "Bounds of the change of the box's mass, kg; null: none."),
  obj_scale_change: drawnVectorKwarg(
    3,
    [0.1, 0.05, 0.1],
    "Largest relative change of the box's half-lengths; null: none. Not drawn in the first episode of a random stream.",
    { minimum: 0, exclusiveMaximum: 1 },
  ),
  obj_friction_change: drawnVectorKwarg(
    3,
    [0.1, 0.001, 0.00002],
    "Largest change of the box's sliding, torsional and rolling friction; null: none.",
    { minimum: 0 },
  ),
};

function around(centre: Float64Array, change: Float64Array): Range {
  return {
    low: centre.map((value, i) => value - (change[i] ?? 0)),
    high: centre.map((value, i) => value + (change[i] ?? 0)),
  };
}

/** A body of one colliding box whose mass, friction and size are drawn each episode. */
export class DrawnBox {
  readonly #body: number;
  /** The last geom: a visual mesh comes before it in the full model. */
  readonly #geom: number;
  /** Mass of the compiled box, kg, and its half-lengths, m. */
  readonly #mass0: number;
  readonly #size0: Float64Array;
  readonly #mass: Range | null;
  readonly #friction: Range | null;
  readonly #scale: Range | null;
  readonly #drawn = new Float64Array(3);

  constructor(model: Model, body: number, kwargs: Kwargs) {
    this.#body = body;
    this.#geom = (model.intsBorrow("body_geomadr")[body] ?? 0) + (model.intsBorrow("body_geomnum")[body] ?? 1) - 1;
    const geom = 3 * this.#geom;
    this.#mass0 = model.floatsBorrow("body_mass")[body] ?? 0;
    this.#size0 = Float64Array.from(model.floatsBorrow("geom_size").subarray(geom, geom + 3));
    this.#mass = this.#massRange(drawnVectorOf(kwargs, "obj_mass_change"));
    const friction = drawnVectorOf(kwargs, "obj_friction_change");
    const friction0 = Float64Array.from(model.floatsBorrow("geom_friction").subarray(geom, geom + 3));
    this.#friction = friction === null ? null : around(friction0, friction);
    const scale = drawnVectorOf(kwargs, "obj_scale_change");
    this.#scale = scale === null ? null : { low: scale.map((value) => -value), high: scale };
  }

  #massRange(change: Float64Array | null): Range | null {
    if (change === null) return null;
    const [low, high] = Array.from(change, (value) => Float64Array.of(this.#mass0 + value)) as [
      Float64Array,
      Float64Array,
    ];
    if ((low[0] ?? 0) > 0) return checkedRange("obj_mass_change", low, high);
    throw new MyoError(
      "BAD_OPTIONS",
      `obj_mass_change must leave the box of ${this.#mass0} kg a mass above 0, but ${change[0] ?? NaN} came; raise it.`,
    );
  }

  /** Draws mass, friction and scale in this order; the scale only where `scaled`, else the box has its own size. */
  draw(p: Physics, rng: Rng, scaled: boolean): void {
    if (this.#mass !== null) {
      p.edit("body_mass")[this.#body] = rng.uniform(this.#mass.low[0] ?? 0, this.#mass.high[0] ?? 0);
    }
    if (this.#friction !== null) {
      rng.uniformInto(this.#friction.low, this.#friction.high, this.#drawn);
      p.edit("geom_friction").set(this.#drawn, 3 * this.#geom);
    }
    if (this.#scale !== null) this.#drawSize(p, rng, this.#scale, scaled);
    if (this.#mass !== null || this.#scale !== null) p.refreshBodies([{ body: this.#body, mass: [this.#mass0] }]);
    else if (this.#friction !== null) p.commitEdits();
  }

  #drawSize(p: Physics, rng: Rng, { low, high }: Range, scaled: boolean): void {
    if (scaled) rng.uniformInto(low, high, this.#drawn);
    else this.#drawn.fill(0);
    const size = p.edit("geom_size");
    for (let i = 0; i < 3; i++) size[3 * this.#geom + i] = (this.#size0[i] ?? 0) * ((this.#drawn[i] ?? 0) + 1);
  }
}
