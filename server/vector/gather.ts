import type { StepBatch } from "../../protocol/env.ts";
import { allocate, type NumericArray } from "../../protocol/ndarray.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";
import { ENDED, FAILED, readError, TERMINATED, TRUNCATED, type Slab } from "../workers/slab.ts";

/** Rows of a [N, size] array, in order. */
export function takeRows<A extends NumericArray>(source: A, rows: Uint32Array, size: number, target: A): A {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    // Both have one element type; the union of their `set` methods accepts none.
    (target as Float32Array).set(source.subarray(row * size, (row + 1) * size) as Float32Array, i * size);
  }
  return target;
}

/** Owned copies of buffers' rows. */
export function takeBuffers(
  arrays: readonly NumericArray[],
  layouts: readonly BufferLayout[],
  rows: Uint32Array,
): NumericArray[] {
  return layouts.map(({ dtype, size }, index) => {
    const source = arrays[index] ?? allocate(dtype, 0);
    return takeRows(source, rows, size, allocate(dtype, rows.length * size));
  });
}

/** Copy buffers [n, size] to the places of their rows in others [N, size]. */
export function scatterRows(
  source: readonly NumericArray[],
  layouts: readonly BufferLayout[],
  rows: Uint32Array,
  target: readonly NumericArray[],
): void {
  layouts.forEach(({ size }, b) => {
    // Both have one element type; the union of their `set` methods accepts none.
    const [from, to] = [source[b] as Float32Array, target[b] as Float32Array];
    for (let i = 0; i < rows.length; i++) to.set(from.subarray(i * size, (i + 1) * size), (rows[i] ?? 0) * size);
  });
}

export function takeTerms(terms: Float64Array, count: number, rows: Uint32Array): Float64Array {
  return takeRows(terms, rows, count, new Float64Array(rows.length * count));
}

/** Rows of a batch with one of these bits. */
export function rowsWith(slab: Slab, bits: number, rows: Uint32Array): Uint32Array {
  return rows.filter((row) => ((slab.flags[row] ?? 0) & bits) !== 0);
}

/** The error sentences of a batch by row, or null. */
export function errorsOf(slab: Slab, rows: Uint32Array): ReadonlyMap<number, string> | null {
  const failed = rowsWith(slab, FAILED, rows);
  if (failed.length === 0) return null;
  return new Map(Array.from(failed, (row) => [row, readError(slab, row)]));
}

/** A batch after reset or step, copied out of the slab. */
export function gatherBatch(slab: Slab, rows: Uint32Array): StepBatch {
  const { obs, terms } = slab.shape;
  const terminated = Uint8Array.from(rows, (row) => ((slab.flags[row] ?? 0) & TERMINATED) / TERMINATED);
  const truncated = Uint8Array.from(rows, (row) => ((slab.flags[row] ?? 0) & TRUNCATED) / TRUNCATED);
  const finished = slab.shape.final ? rowsWith(slab, TERMINATED | TRUNCATED, rows) : new Uint32Array();
  const ended = rowsWith(slab, ENDED, rows);
  const errors = errorsOf(slab, rows);
  return {
    rows,
    obs: takeBuffers(slab.obs, obs, rows),
    reward: takeRows(slab.reward, rows, 1, new Float64Array(rows.length)),
    terminated,
    truncated,
    terms: takeTerms(slab.terms, terms, rows),
    ...(finished.length > 0 && {
      final: {
        rows: finished,
        obs: takeBuffers(slab.finalObs, obs, finished),
        terms: takeTerms(slab.finalTerms, terms, finished),
      },
    }),
    ...(ended.length > 0 && {
      episodes: {
        rows: ended,
        returns: takeRows(slab.returns, ended, 1, new Float64Array(ended.length)),
        lengths: takeRows(slab.lengths, ended, 1, new Uint32Array(ended.length)),
      },
    }),
    ...(errors !== null && { errors }),
  };
}
