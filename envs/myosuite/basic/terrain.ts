import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model } from "../../engine/physics.ts";

/** Side of the height field; its element 0 is at the corner of least x and y. */
const SIDE = 100;
const CELLS = SIDE * SIDE;
/** Where the height field of flat-ground tasks is put out of reach, m. */
const HIDDEN_Z = -10;

/** Rough ground: amplitude and depth below the floor, m. */
const ROUGH_HEIGHT = 0.08;
const ROUGH_DEPTH = 0.02;

/** Hills: cells of flat ground at the start, half-waves of the sine, height of a crest, m. */
const HILLS_FLAT = 3000;
const HILLS_HALF_WAVES = 3;
const HILLS_HEIGHT = 0.63;

/** Stairs: flat rows at the start, steps and rows a step, height of a step relative to the base of 2, total scale, m. */
const STAIRS_FLAT_ROWS = 52;
const STAIRS = 12;
const STAIR_ROWS = 4;
const STAIR_HEIGHT = 0.1;
const STAIRS_BASE = 2;
const STAIRS_HEIGHT = 2.5;

/** Ground of a walking task; rough ground is drawn each episode, hills and stairs are fixed. */
export type Terrain = "rough" | "hilly" | "stairs";

/** Put the terrain at a height, m; x and y at the origin. */
function placeTerrain(model: Model, z: number): void {
  const geom = model.id("geom", "terrain");
  model.floatsBorrow("geom_pos").set([0, 0, z], 3 * geom);
}

/** Constructor edit of the tasks on flat ground. */
export function hideTerrain(model: Model): void {
  placeTerrain(model, HIDDEN_Z);
}

/** Constructor edit of a terrain task: the height field at the floor, its heights where they never change. */
export function showTerrain(model: Model, terrain: Terrain): void {
  placeTerrain(model, 0);
  if (terrain === "hilly") model.floatsBorrow("hfield_data").set(hillyHeights());
  if (terrain === "stairs") model.floatsBorrow("hfield_data").set(stairHeights());
}

/** Uniform noise stretched over its range, m; CELLS draws. */
export function roughHeights(rng: Rng, out: Float32Array | Float64Array): void {
  const noise = new Float64Array(CELLS);
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < CELLS; i++) {
    const value = rng.uniform(-0.5, 0.5);
    noise[i] = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  for (let i = 0; i < CELLS; i++) {
    out[i] = (((noise[i] ?? 0) - least) / (most - least)) * ROUGH_HEIGHT - ROUGH_DEPTH;
  }
}

/** Flat ground, then sine-shaped hills along -y, m. */
export function hillyHeights(): Float64Array {
  const raw = new Float64Array(CELLS);
  const last = CELLS - HILLS_FLAT - 1;
  for (let i = 0; i < CELLS; i++) {
    const k = i - HILLS_FLAT;
    const angle = k === last ? HILLS_HALF_WAVES * Math.PI : k * ((HILLS_HALF_WAVES * Math.PI) / last);
    raw[i] = k < 0 ? -2 : -2 + 0.5 * (Math.sin(angle + Math.PI / 2) - 1);
  }
  const least = raw.reduce((a, b) => Math.min(a, b));
  const most = raw.reduce((a, b) => Math.max(a, b));
  return raw.map((value) => ((value - least) / (most - least)) * HILLS_HEIGHT).reverse();
}

/** Flat ground, then twelve steps up along -y, m. */
export function stairHeights(): Float64Array {
  const raw = new Float64Array(CELLS);
  for (let i = 0; i < CELLS; i++) {
    const row = Math.trunc(i / SIDE);
    const step = Math.max(0, Math.trunc((row - STAIRS_FLAT_ROWS) / STAIR_ROWS));
    const height = -STAIRS_BASE + STAIR_HEIGHT * step;
    raw[i] = ((height + STAIRS_BASE) / (STAIRS_BASE + STAIR_HEIGHT * STAIRS)) * STAIRS_HEIGHT;
  }
  return raw.reverse();
}
