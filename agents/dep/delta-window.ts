export interface WindowShape {
  readonly rows: number;
  readonly size: number;
  readonly tau: number;
  /** d, steps. */
  readonly timeDist: number;
}

/** Elements of `DeltaWindow.deltas`. */
export const deltaCount = ({ rows, size, tau, timeDist }: WindowShape): number => rows * (tau + timeDist) * size;

/**
 * The last changes of the smoothed sensors, Δ_k = x̃_k - x̃_{k-1}, of every row.
 *
 * Axes: E rows, R = tau + d slots, n muscles. Step t needs Δ_{t-tau-d+1} to Δ_t: one ring of R slots holds just these.
 */
export class DeltaWindow implements WindowShape {
  readonly rows: number;
  readonly size: number;
  readonly tau: number;
  readonly timeDist: number;
  readonly slots: number;
  /** [E, R, n] */
  readonly deltas: Float64Array;
  /** ‖Δ_k‖, [E, R] */
  readonly lengths: Float64Array;

  /** @param deltas zeros to keep the changes in, [E, R, n] */
  constructor(
    { rows, size, tau, timeDist }: WindowShape,
    deltas: Float64Array = new Float64Array(deltaCount({ rows, size, tau, timeDist })),
  ) {
    this.rows = rows;
    this.size = size;
    this.tau = tau;
    this.timeDist = timeDist;
    this.slots = tau + timeDist;
    this.deltas = deltas;
    this.lengths = new Float64Array(rows * this.slots);
  }

  /** Offset of Δ_k in `deltas`. */
  at(row: number, k: number): number {
    return (row * this.slots + (k % this.slots)) * this.size;
  }

  lengthOf(row: number, k: number): number {
    return this.lengths[row * this.slots + (k % this.slots)] ?? 0;
  }

  /** First k whose product Δ_k ⊗ Δ_{k-d} is in the sum of step t; the last is t - 1. */
  oldest(t: number): number {
    return Math.max(this.timeDist + 2, t + 2 - this.tau);
  }

  /** Closes the entry of step t once its elements are written. */
  seal(row: number, t: number): void {
    const at = this.at(row, t);
    let squares = 0;
    for (let i = at; i < at + this.size; i++) squares += (this.deltas[i] ?? 0) ** 2;
    this.lengths[row * this.slots + (t % this.slots)] = Math.sqrt(squares);
  }
}

/**
 * S_t = sum of Δ_k ⊗ Δ_{k-d} over the window of step t: the controller matrix up to the sign of the inverse model.
 * Motors are rows, sensors columns.
 */
export interface Correlation {
  readonly window: DeltaWindow;
  /** ‖S_j‖ of each motor's row, [E, n]; of the last step of a row once it is settled. */
  readonly norms: Float64Array;
  /** Goes on from step t - 1 to step t of a row, whose Δ_t is sealed. */
  advance(row: number, t: number): void;
  /** Brings the norms of a row to its last step. */
  settle(row: number): void;
  /** out = S v. @param v [n] @param out [n] */
  multiply(row: number, v: Float64Array, out: Float64Array): void;
  /** Back to an empty sum. */
  clear(row: number): void;
  /** What `advance` carries from step to step. */
  readonly arrays: Readonly<Record<string, Float64Array>>;
}
