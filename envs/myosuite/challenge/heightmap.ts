import type { Physics } from "../../engine/physics.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { thirdEulerAngle } from "./euler-angles.ts";

/** Points a side of the map. */
const SIDE = 10;
/** Distances of the points ahead of the agent and to its left before spreading, m. */
const NEAREST = -0.4;
const SPACING = 0.1;
/** MyoSuite's "view distance": factor on the distances. */
const SPREAD = 2;
/** Element of qpos where the root's quaternion starts. */
const ROOT_QUAT = 3;

/** A height field centred at the origin. */
export interface FieldShape {
  readonly rows: number;
  readonly columns: number;
  /** Extent of the rows along y, of the columns along x, m. */
  readonly length: number;
  readonly width: number;
}

/** Row or column of a coordinate as MyoSuite counts them: cut off towards zero, the last one left out. */
export function cellOf(coordinate: number, cells: number, extent: number): number {
  const cell = Math.trunc(coordinate / (extent / cells) + cells / 2);
  return Math.min(Math.max(cell, 0), cells - 2);
}

/**
 * Heights of the ground around the agent, [10, 10] m: points 0.2 m apart in the agent's heading, from 1 m ahead to 0.8 m
 * behind it (rows) and from 1 m on its left to 0.8 m on its right (columns).
 */
export function heightmapGroup(shape: FieldShape, heights: (p: Physics) => ArrayLike<number>): ObsGroupSpec {
  const { rows, columns, length, width } = shape;
  const offsets = Float64Array.from({ length: SIDE }, (_, i) => NEAREST + SPACING * i);
  return {
    name: "hfield",
    shape: [SIDE, SIDE],
    unit: "m",
    names: [],
    write: (p, out, offset) => {
      const { qpos } = p;
      const field = heights(p);
      const yaw = thirdEulerAngle(qpos, ROOT_QUAT);
      const cos = Math.cos(yaw);
      const sin = Math.sin(yaw);
      for (let i = 0; i < SIDE * SIDE; i++) {
        const ahead = offsets[SIDE - 1 - Math.trunc(i / SIDE)] ?? 0;
        const left = offsets[SIDE - 1 - (i % SIDE)] ?? 0;
        const x = (ahead * cos - left * sin) * SPREAD + (qpos[0] ?? 0);
        const y = (ahead * sin + left * cos) * SPREAD + (qpos[1] ?? 0);
        out[offset + i] = field[cellOf(y, rows, length) * columns + cellOf(x, columns, width)] ?? 0;
      }
    },
  };
}
