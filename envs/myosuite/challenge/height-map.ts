import type { FieldValues, Model, Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { headingOf } from "./roll-pitch-yaw.ts";

/** Points ahead and beside the root at which the ground is sampled, m before the spacing. */
const OFFSETS = Float64Array.of(-0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5);
const SIDE = OFFSETS.length;
/** Address of the root's orientation in qpos. */
const ROOT_QUATERNION = 3;

/** Cell of a coordinate in a field around 0: cut towards zero, within the field but for its last row and column. */
export function cellOf(position: number, extent: number, cells: number): number {
  const cell = Math.trunc(position / (extent / cells) + cells / 2);
  return Math.min(Math.max(cell, 0), cells - 2);
}

/** How MyoSuite's height field classes see a model's terrain. */
export interface HeightMapSettings {
  /** Lengths (m) that the rows and columns of the height field are taken to span. */
  readonly length: number;
  readonly width: number;
  /** Factor on the distances of the sampled points. */
  readonly spacing: number;
}

/** Heights of the terrain `terrain` around the root, in its own frame: the group `hfield`, [10, 10], m. */
export class HeightMap {
  readonly #settings: HeightMapSettings;
  readonly #rows: number;
  readonly #columns: number;
  readonly #unedited: FieldValues;

  constructor(model: Model, settings: HeightMapSettings) {
    this.#settings = settings;
    const field = model.id("hfield", "terrain");
    this.#rows = model.intsBorrow("hfield_nrow")[field] ?? 0;
    this.#columns = model.intsBorrow("hfield_ncol")[field] ?? 0;
    this.#unedited = model.floatsBorrow("hfield_data").slice();
  }

  #write(p: Physics, out: Float32Array, offset: number): void {
    const { length, width, spacing } = this.#settings;
    const { qpos } = p;
    const heights = p.edits.get("hfield_data") ?? this.#unedited;
    const heading = headingOf(qpos, ROOT_QUATERNION);
    const cos = Math.cos(-heading);
    const sin = Math.sin(-heading);
    for (let a = 0; a < SIDE; a++) {
      for (let b = 0; b < SIDE; b++) {
        const ahead = OFFSETS[b] ?? 0;
        const beside = OFFSETS[a] ?? 0;
        const x = (ahead * cos + beside * sin) * spacing + (qpos[0] ?? 0);
        const y = (ahead * -sin + beside * cos) * spacing + (qpos[1] ?? 0);
        const row = cellOf(y, length, this.#rows);
        const column = cellOf(x, width, this.#columns);
        out[offset + (SIDE - 1 - b) * SIDE + (SIDE - 1 - a)] = heights[row * this.#columns + column] ?? 0;
      }
    }
  }

  group(): ObsGroupSpec {
    return {
      name: "hfield",
      shape: [SIDE, SIDE],
      unit: "m",
      names: [],
      write: (p, out, offset) => {
        this.#write(p, out, offset);
      },
    };
  }
}
