import { readFileSync } from "node:fs";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { eulerToQuaternion } from "../rotations.ts";

/** Tables of the pack's `reorient_sar_geometries`. */
export type SarTable = "GEOMETRIES_8" | "GEOMETRIES_100" | "GEOMETRIES_ID" | "GEOMETRIES_OOD";

export interface SarSettings {
  readonly table: SarTable;
  /** Size and colour are drawn apart. */
  readonly twoDraws: boolean;
  /** Contacts of the object have three dimensions instead of the model's four. */
  readonly sliding: boolean;
}

/** Size (m) and colour of each shape. */
type Shapes = Readonly<Record<string, readonly [size: readonly number[], rgba: readonly number[]]>>;

/** mjtGeom of the shapes, the table that has their sizes, and how far the marks stand from the centre. */
const KINDS = [
  { type: 3, key: "caps", mark: (size: readonly number[]) => 1.3 * (size[1] ?? 0) },
  { type: 4, key: "ellips", mark: (size: readonly number[]) => size[2] ?? 0 },
  { type: 5, key: "cyl", mark: (size: readonly number[]) => size[1] ?? 0 },
  { type: 6, key: "box", mark: (size: readonly number[]) => size[2] ?? 0 },
] as const;
/** Mass of every object, kg. */
const MASS = 1.2;
/** Densities (kg/m³) of the object's shape and its two marks. */
const DENSITY = [1500, 1000, 1000];
/** mjCONDIM of `sliding`. */
const SLIDING = 3;
/** Bounds of the target's first two Euler angles, rad. */
const ROLL = [-1, 1] as const;
const PITCH = [-0.8, 1.2] as const;

/** The object and its target: both take a shape, marks at its ends, and the target a rotation, anew each episode. */
export class SarShapes {
  /** Distance of an object's marks, m. */
  length = 0;
  readonly #settings: SarSettings;
  readonly #sizes: readonly (readonly (readonly number[])[])[];
  readonly #object: number;
  readonly #target: number;
  /** Of object and target: geom of the shape, marks at both ends. */
  readonly #shapes: readonly number[];
  readonly #tops: readonly number[];
  readonly #bottoms: readonly number[];
  readonly #euler = new Float64Array(3);

  /** @param path of the pack's table */
  constructor(model: Model, settings: SarSettings, path: string) {
    this.#settings = settings;
    const tables = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<SarTable, Record<string, Shapes>>>;
    this.#sizes = KINDS.map(({ key }) => sizesOf(tables[settings.table][key] ?? {}));
    this.#object = model.id("body", "Object");
    this.#target = model.id("body", "target");
    const geoms = (...names: string[]): number[] => names.map((name) => model.id("geom", name));
    this.#shapes = geoms("obj", "target");
    this.#tops = geoms("top", "t_top");
    this.#bottoms = geoms("bot", "t_bot");
  }

  draw(p: Physics, rng: Rng): void {
    const kind = rng.choiceIndex(KINDS.length);
    const sizes = this.#sizes[kind] ?? [];
    const size = sizes[rng.integers(0, sizes.length)] ?? [];
    if (this.#settings.twoDraws) rng.integers(0, sizes.length);
    this.#euler[0] = rng.uniform(...ROLL);
    this.#euler[1] = rng.uniform(...PITCH);
    this.#shape(p, kind, size);
    p.edit("body_mass")[this.#object] = MASS;
    eulerToQuaternion(this.#euler, p.edit("body_quat"), 4 * this.#target);
    if (this.#settings.sliding) p.edit("geom_condim")[this.#shapes[0] ?? -1] = SLIDING;
    p.refreshBodies([{ body: this.#object, density: DENSITY }, { body: this.#target }]);
  }

  #shape(p: Physics, kind: number, size: readonly number[]): void {
    const { type, mark } = KINDS[kind] ?? KINDS[0];
    const end = mark(size);
    this.length = 2 * end;
    const [types, sizes, places] = [p.edit("geom_type"), p.edit("geom_size"), p.edit("geom_pos")];
    for (const geom of this.#shapes) {
      types[geom] = type;
      sizes.set(size, 3 * geom);
    }
    for (const geom of this.#tops) places.set([0, 0, end], 3 * geom);
    for (const geom of this.#bottoms) places.set([0, 0, -end], 3 * geom);
  }
}

/** Sizes in the order of their numbers. */
function sizesOf(shapes: Shapes): (readonly number[])[] {
  return Array.from({ length: Object.keys(shapes).length }, (_, i) => shapes[String(i)]?.[0] ?? []);
}
