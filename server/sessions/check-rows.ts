import { MyoError } from "../../protocol/errors.ts";
import { fromNdArray, type NdArray } from "../../protocol/ndarray.ts";

const badOptions = (sentence: string) => new MyoError("BAD_OPTIONS", sentence);

/**
 * Rows that `env_ids` names; null stands for all rows, which travel without a list.
 * @throws MyoError BAD_OPTIONS unless the numbers ascend and exist.
 */
export function parseRows(ids: NdArray | undefined, numEnvs: number): Uint32Array | null {
  if (ids === undefined) return null;
  const rows = fromNdArray({ ...ids, dtype: "<u4" });
  if (rows.length === 0) throw badOptions("env_ids names at least one row, but none came; leave it out for all rows.");
  let last = -1;
  for (const row of rows) {
    if (row <= last) throw badOptions(`env_ids ascends without repetition, but ${row} follows ${last}; sort the rows.`);
    if (row >= numEnvs) throw badOptions(`The session has rows 0 to ${numEnvs - 1}, but env_ids names ${row}.`);
    last = row;
  }
  // A frame is reused by nobody, but rows outlive the check.
  return rows.length === numEnvs ? null : rows.slice();
}

/** Every row number of a batch as a list. */
export function rowNumbers(rows: Uint32Array | null, numEnvs: number): number[] {
  return rows === null ? Array.from({ length: numEnvs }, (_, row) => row) : [...rows];
}

/** Rows of a reset mask (all when absent). @throws MyoError BAD_OPTIONS for a wrong length or an empty mask. */
export function parseMask(mask: NdArray | undefined, numEnvs: number): number[] {
  const all = rowNumbers(null, numEnvs);
  if (mask === undefined) return all;
  if (mask.data.byteLength !== numEnvs) {
    throw badOptions(`A reset mask has one byte for each of ${numEnvs} rows, but ${mask.data.byteLength} came.`);
  }
  const rows = all.filter((row) => mask.data[row] !== 0);
  if (rows.length === 0)
    throw badOptions("A reset mask names at least one row, but none is set; leave it out for all.");
  return rows;
}

function parseSeedArray(seeds: NdArray, numEnvs: number): (number | null)[] {
  if (seeds.dtype.startsWith("<f") || seeds.shape.length !== 1 || seeds.shape[0] !== numEnvs) {
    const came = `${seeds.dtype} [${seeds.shape.join(", ")}]`;
    throw badOptions(`Seeds are integers of shape [${numEnvs}], one for each row, but ${came} came; -1 means none.`);
  }
  const values = fromNdArray(seeds);
  return Array.from({ length: numEnvs }, (_, row) => {
    const seed = values[row] ?? -1;
    const value = Number(seed);
    if (value === -1) return null;
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
    throw badOptions(`A seed is -1 (none) or 0 to 2^53 - 1, but ${String(seed)} came.`);
  });
}

/**
 * The seed of each row: an int s gives row i the seed s + i.
 * @returns null where no row has one. @throws MyoError BAD_OPTIONS
 */
export function parseSeeds(seed: number | NdArray | null | undefined, numEnvs: number): (number | null)[] | null {
  if (seed === null || seed === undefined) return null;
  if (typeof seed !== "number") return parseSeedArray(seed, numEnvs);
  checkSeed(seed, numEnvs);
  return rowNumbers(null, numEnvs).map((row) => seed + row);
}

/** @throws MyoError BAD_OPTIONS when the last row's seed is no exact integer. */
export function checkSeed(seed: number, numEnvs: number): void {
  if (seed <= Number.MAX_SAFE_INTEGER - (numEnvs - 1)) return;
  throw badOptions(
    `Row i gets the seed s + i, at most 2^53 - 1, but s is ${seed} for ${numEnvs} rows; use a smaller one.`,
  );
}
