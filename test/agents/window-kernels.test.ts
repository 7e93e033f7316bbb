import { describe, expect, it } from "vitest";
import { padded, WindowKernels } from "../../agents/dep/window-kernels.ts";
import { createRng } from "../../protocol/random/generator.ts";

const HELD = 9;

/** Kernels with arrays of random numbers: the rows, weights and vectors. */
function setUp(size: number, count: number) {
  const terms = padded(count);
  const kernels = new WindowKernels(size, [HELD * size, size, terms, terms, size, size]);
  const [values, vector, w, v, outW, outV] = kernels.arrays as Float64Array[];
  const rng = createRng(size + 100 * count);
  for (const array of [values!, vector!]) array.forEach((_, i) => (array[i] = rng.uniform(-1, 1)));
  for (const array of [w!, v!]) for (let i = 0; i < count; i++) array[i] = rng.uniform(-1, 1);
  const chosen = Array.from({ length: count }, () => rng.integers(0, HELD));
  const at = new Int32Array(terms).fill(values!.byteOffset);
  chosen.forEach((row, i) => (at[i] = values!.byteOffset + 8 * row * size));
  const rows = chosen.map((row) => values!.slice(row * size, (row + 1) * size));
  return { kernels, at, rows, vector: vector!, w: w!, v: v!, outW: outW!, outV: outV! };
}

const sumOf = (rows: readonly Float64Array[], w: Float64Array, j: number): number =>
  rows.reduce((sum, row, i) => sum + w[i]! * row[j]!, 0);

/** The last row of all and odd sizes read behind the end; counts fill a block or do not. */
const SHAPES = [1, 2, 7, 16].flatMap((size) => [1, 4, 6, 8].map((count) => [size, count] as const));

describe("WindowKernels", () => {
  it.each(SHAPES)("sums rows of %i elements, %i of them", (size, count) => {
    const { kernels, at, rows, vector, w, v, outW, outV } = setUp(size, count);
    kernels.weightedSum(at, count, w, outW);
    for (let j = 0; j < size; j++) expect(outW[j]).toBeCloseTo(sumOf(rows, w, j), 13);
    outW.fill(5);
    kernels.weightedSums(at, count, w, outW, v, outV);
    for (let j = 0; j < size; j++) {
      expect(outW[j]).toBeCloseTo(sumOf(rows, w, j), 13);
      expect(outV[j]).toBeCloseTo(sumOf(rows, v, j), 13);
    }
    kernels.innerProducts(at, count, vector, w);
    rows.forEach((row, i) => {
      const wanted = row.reduce((sum, value, j) => sum + value * vector[j]!, 0);
      expect(w[i]).toBeCloseTo(wanted, 13);
    });
  });

  it("keeps its arrays apart and at zero", () => {
    const { arrays } = new WindowKernels(3, [5, 4, 3]);
    expect(arrays.map(({ length }) => length)).toEqual([5, 4, 3]);
    arrays[0]!.fill(1);
    expect([...arrays[1]!, ...arrays[2]!]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });
});
