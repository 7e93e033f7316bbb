import type { Rng } from "../../../protocol/random/generator.ts";
import { cellOf, type HeightMapSettings } from "./height-map.ts";

/** Cells a side, and metres. */
const CELLS = 100;
const EXTENT = 12;
/** The field is laid out in 3 x 3 patches of 33 x 33 cells; the last row and column stay flat. */
const PATCHES = 3;
const PATCH = 33;
const PATCH_CELLS = PATCH * PATCH;
/** Kinds of a patch in the order of the draw, and how many may be hilly. */
const KINDS = ["flat", "hilly", "rough"] as const;
const MOST_HILLY = 2;
/** Share of the episodes in which one patch shows the relief. */
const RELIEF_SHARE = 0.2;
/** Half-waves of the sine over the cells of a hilly patch. */
const HALF_WAVES = 10;
/** How far rough ground goes below the floor, m. */
const ROUGH_DEPTH = 0.02;

/** The observed heights: points 0.2 m apart. */
export const CHASE_TAG_MAP: HeightMapSettings = { length: EXTENT, width: EXTENT, spacing: 2 };

type Kind = (typeof KINDS)[number] | "relief";
type Heights = Float32Array | Float64Array;
type Range = readonly [number, number];

/** From which each patch's height is drawn, m. */
export interface FieldHeights {
  readonly hills: Range;
  readonly rough: Range;
  readonly relief: Range;
}

/** Stretched to 0…1. */
function normalized(values: Float64Array): Float64Array {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return values.map((value) => (value - least) / (most - least));
}

/** Hills of height 1, row by row. */
function unitHills(): Float64Array {
  const last = PATCH_CELLS - 1;
  const end = HALF_WAVES * Math.PI;
  const angle = (i: number): number => (i === last ? end : i * (end / last)) + Math.PI / 2;
  return normalized(Float64Array.from({ length: PATCH_CELLS }, (_, i) => Math.sin(angle(i)) - 1)).reverse();
}

/** The relief of height 1, its rows from last to first. */
function unitRelief(table: Float64Array): Float64Array {
  const unit = normalized(table);
  return unit.map((_, i) => unit[(PATCH - 1 - Math.trunc(i / PATCH)) * PATCH + (i % PATCH)] ?? 0);
}

/** The ground of chase tag, drawn each episode: MyoSuite's ChaseTagField. Heights are [100, 100], rows along y. */
export class ChaseTagField {
  readonly #ranges: FieldHeights;
  readonly #hills = unitHills();
  readonly #relief: Float64Array;
  readonly #patch = new Float64Array(PATCH_CELLS);

  /** @param relief [33, 33] */
  constructor(relief: Float64Array, ranges: FieldHeights) {
    this.#relief = unitRelief(relief);
    this.#ranges = ranges;
  }

  /** Draw every patch. */
  sample(rng: Rng, heights: Heights): void {
    let hilly = 0;
    for (let row = 0; row < PATCHES; row++) {
      for (let column = 0; column < PATCHES; column++) {
        let kind = rng.choice(KINDS);
        while (kind === "hilly" && hilly >= MOST_HILLY) kind = rng.choice(KINDS);
        if (kind === "hilly") hilly += 1;
        this.#fill(rng, heights, row, column, kind);
      }
    }
    if (rng.random() >= RELIEF_SHARE) return;
    const row = rng.integers(0, PATCHES);
    this.#fill(rng, heights, row, rng.integers(0, PATCHES), "relief");
  }

  /** Flatten the patch whose row follows from x and whose column follows from y: MyoSuite's, mirrored where they differ. */
  flatten(heights: Heights, x: number, y: number): void {
    const row = Math.trunc(cellOf(x, EXTENT, CELLS) / PATCH);
    const column = Math.trunc(cellOf(y, EXTENT, CELLS) / PATCH);
    this.#patch.fill(0);
    this.#lay(heights, row, column);
  }

  #fill(rng: Rng, heights: Heights, row: number, column: number, kind: Kind): void {
    if (kind === "flat") this.#patch.fill(0);
    else if (kind === "hilly") this.#drawHills(rng);
    else if (kind === "rough") this.#drawRough(rng);
    else this.#scale(this.#relief, rng.uniform(...this.#ranges.relief));
    this.#lay(heights, row, column);
  }

  #lay(heights: Heights, row: number, column: number): void {
    for (let i = 0; i < PATCH; i++) {
      const at = (row * PATCH + i) * CELLS + column * PATCH;
      for (let j = 0; j < PATCH; j++) heights[at + j] = this.#patch[i * PATCH + j] ?? 0;
    }
  }

  #scale(unit: Float64Array, height: number): void {
    for (let i = 0; i < PATCH_CELLS; i++) this.#patch[i] = (unit[i] ?? 0) * height;
  }

  /** Half of the hills run along the other axis: a quarter turn. */
  #drawHills(rng: Rng): void {
    const height = rng.uniform(...this.#ranges.hills);
    this.#scale(this.#hills, height);
    if (rng.random() >= 0.5) return;
    for (let i = 0; i < PATCH; i++) {
      for (let j = 0; j < PATCH; j++) {
        this.#patch[i * PATCH + j] = (this.#hills[j * PATCH + PATCH - 1 - i] ?? 0) * height;
      }
    }
  }

  /** Uniform noise stretched over its range; its height is drawn after it. */
  #drawRough(rng: Rng): void {
    const noise = this.#patch;
    rng.uniformInto(-1, 1, noise);
    let least = Infinity;
    let most = -Infinity;
    for (let i = 0; i < PATCH_CELLS; i++) {
      const value = noise[i] ?? 0;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const height = rng.uniform(...this.#ranges.rough);
    for (let i = 0; i < PATCH_CELLS; i++) {
      noise[i] = (((noise[i] ?? 0) - least) / (most - least)) * height - ROUGH_DEPTH;
    }
  }
}
