import { MyoError } from "../../../protocol/errors.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";

/** Height of the track's zero above the floor, m. */
export const TRACK_HEIGHT = 0.005;
/** Patches of a mixed track. */
const MIXED_PATCHES = 24;
/** Steps up, then as many down, of a patch of stairs. */
const STEPS = 6;

/** How a track is drawn: none, one kind all along, a kind for each patch. */
export const TRACKS = ["flat", "random", "random_mixed"] as const;
export type TrackChoice = (typeof TRACKS)[number];

/** Ground of a whole track, by the number that the group `terrain` shows. */
const GROUND = { flat: 0, hilly: 1, rough: 2, stairs: 3, mixed: 4 } as const;
/** Kinds of a patch, by the index that is drawn. */
const KINDS = ["stairs", "hilly", "rough"] as const;
type Kind = (typeof KINDS)[number];

/** Heights (m) of the patches of each kind in walking order (the first stays flat); for rough ground the largest drawn. */
export interface TrackDifficulties {
  readonly hilly: readonly number[];
  readonly rough: readonly number[];
  readonly stairs: readonly number[];
}

/** Constructor edit: the height field just above the floor. */
export function raiseTrack(model: Model): void {
  const geom = model.id("geom", "terrain");
  model.floatsBorrow("geom_pos").set([0, 0, TRACK_HEIGHT], 3 * geom);
}

/** MyoSuite's TrackField: patches of rows across the track; walking is against the order of the rows. */
export class Track {
  /** Ground of the current episode. */
  ground: number = GROUND.flat;
  readonly #choice: TrackChoice;
  readonly #rows: number;
  readonly #columns: number;
  /** In the order of the rows. */
  readonly #difficulties: Readonly<Record<Kind, readonly number[]>>;

  /** @throws MyoError BAD_OPTIONS where a list has too few difficulties for its patches, or too many for the rows. */
  constructor(model: Model, choice: TrackChoice, difficulties: TrackDifficulties) {
    const field = model.id("hfield", "terrain");
    this.#choice = choice;
    this.#rows = model.intsBorrow("hfield_nrow")[field] ?? 0;
    this.#columns = model.intsBorrow("hfield_ncol")[field] ?? 0;
    this.#difficulties = {
      stairs: difficulties.stairs.toReversed(),
      hilly: difficulties.hilly.toReversed(),
      rough: difficulties.rough.toReversed(),
    };
    if (choice !== "flat") for (const kind of KINDS) this.#check(kind);
  }

  #check(kind: Kind): void {
    const given = this.#difficulties[kind].length;
    const rows = this.#patchRows(this.#choice === "random" ? given : MIXED_PATCHES);
    const patches = Math.ceil(this.#rows / rows) - 1;
    if (given >= 1 && patches <= given) return;
    const name = `${kind === "hilly" ? "hills" : kind}_difficulties`;
    const rule = `${name} must have a number for each patch of the ${this.#rows} rows of the track`;
    throw new MyoError("BAD_OPTIONS", `${rule}, but it has ${given} for ${patches}; give a divisor of ${this.#rows}.`);
  }

  /** Rows of a patch; the rows beyond the last whole start stay flat. */
  #patchRows(patches: number): number {
    return Math.floor(this.#rows / Math.max(patches, 1));
  }

  /** Whether episodes change the height field at all. */
  get isDrawn(): boolean {
    return this.#choice !== "flat";
  }

  /** Kind of ground of the episode. */
  group(): ObsGroupSpec {
    return {
      name: "terrain",
      shape: [1],
      unit: "1",
      names: [`${Object.keys(GROUND).join("/")} = 0..4`],
      write: (_, out, offset) => {
        out[offset] = this.ground;
      },
    };
  }

  /** Draw the heights (m) of an episode into the model's height field, row by row. */
  sample(rng: Rng, heights: Float32Array | Float64Array): void {
    heights.fill(0);
    const mixed = this.#choice === "random_mixed";
    const common = mixed ? "rough" : rng.choice(KINDS);
    this.ground = mixed ? GROUND.mixed : GROUND[common];
    const rows = this.#patchRows(mixed ? MIXED_PATCHES : this.#difficulties[common].length);
    const patches = Math.ceil(this.#rows / rows) - 1;
    for (let patch = 0; patch < patches; patch++) {
      const kind = mixed ? rng.choice(KINDS) : common;
      const first = patch * rows * this.#columns;
      const difficulty = this.#difficulties[kind][patch] ?? 0;
      const cells = heights.subarray(first, first + rows * this.#columns);
      if (kind === "stairs") fillStairs(cells, this.#columns, difficulty);
      else if (kind === "hilly") fillHill(cells, difficulty);
      else fillRough(cells, difficulty, rng);
    }
  }
}

/** Three steps up and three down, `step` high (m); rows that do not divide stay flat. */
function fillStairs(cells: Float32Array | Float64Array, columns: number, step: number): void {
  const depth = Math.floor(cells.length / columns / STEPS) * columns;
  let height = 0;
  for (let i = 0; i < STEPS; i++) {
    cells.fill(height, i * depth, (i + 1) * depth);
    height += i < STEPS / 2 ? step : -step;
  }
}

/** Half a sine wave over the cells, `height` high (m). */
function fillHill(cells: Float32Array | Float64Array, height: number): void {
  const last = cells.length - 1;
  const wave = (i: number): number => Math.sin(i === last ? Math.PI : i * (Math.PI / last));
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i <= last; i++) {
    least = Math.min(least, wave(i));
    most = Math.max(most, wave(i));
  }
  for (let i = 0; i <= last; i++) cells[last - i] = ((wave(i) - least) / (most - least)) * height;
}

/** Uniform noise stretched over a drawn height (m): a draw for each cell, then the height's. */
function fillRough(cells: Float32Array | Float64Array, highest: number, rng: Rng): void {
  const noise = Float64Array.from(cells, () => rng.uniform(-1, 1));
  const height = rng.uniform(0, highest);
  const least = noise.reduce((a, b) => Math.min(a, b));
  const most = noise.reduce((a, b) => Math.max(a, b));
  for (let i = 0; i < cells.length; i++) cells[i] = (((noise[i] ?? 0) - least) / (most - least)) * height;
}
