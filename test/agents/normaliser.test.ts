import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RunningNormaliser } from "../../agents/core/normaliser.ts";
import { createRng } from "../../protocol/random/generator.ts";

const MEANS = [1e6, -3, 0];
const STDS = [1, 0.5, 0];

function vectors(count: number, seed: number): Float64Array {
  const rng = createRng(seed);
  return Float64Array.from({ length: count * 3 }, (_, i) => MEANS[i % 3]! + STDS[i % 3]! * rng.standardNormal());
}

function twoPass(data: Float64Array, column: number): { mean: number; std: number } {
  const values = data.filter((_, i) => i % 3 === column);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, std: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
}

describe("running normaliser", () => {
  it("is the identity before the first merge, and records change nothing without one", () => {
    const normaliser = new RunningNormaliser(3);
    normaliser.merge();
    normaliser.record(vectors(10, 1));
    const x = Float32Array.of(1, 2, 3);
    const out = new Float32Array(3);
    normaliser.normalise(x, out);
    expect(out).toEqual(x);
  });

  it("moments of 200,000 vectors do not cancel at mean 1e6 and std 1; a constant is divided by 0.01", () => {
    const data = vectors(200_000, 2);
    const normaliser = new RunningNormaliser(3);
    for (let start = 0; start < data.length; start += 3000) normaliser.record(data.subarray(start, start + 3000));
    normaliser.merge();
    for (const column of [0, 1]) {
      const { mean, std } = twoPass(data, column);
      expect(Math.abs(normaliser.mean[column]! - mean) / std).toBeLessThan(1e-8);
      expect(normaliser.std[column]! / std).toBeCloseTo(1, 8);
    }
    expect(normaliser.std[2]).toBe(0.01);
    const out = new Float32Array(6);
    normaliser.normalise(Float32Array.of(1e6 + 2, -3, 0.5, 1e6, -2, -30), out);
    expect(out[0]! - out[3]!).toBeCloseTo(2, 1);
    expect(out[2]).toBeCloseTo(50, 5);
    expect(out[5]).toBeCloseTo(-3000, 3);
  });

  it("merging in any blocks gives the moments of all", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }), (blocks) => {
        const data = vectors(
          blocks.reduce((sum, n) => sum + n, 0),
          blocks.length,
        );
        const normaliser = new RunningNormaliser(3);
        let start = 0;
        for (const rows of blocks) {
          normaliser.record(data.subarray(start, start + rows * 3));
          start += rows * 3;
          normaliser.merge();
        }
        for (const column of [0, 1]) {
          const { mean, std } = twoPass(data, column);
          expect(Math.abs(normaliser.mean[column]! - mean)).toBeLessThan(1e-8);
          expect(normaliser.std[column]).toBeCloseTo(Math.max(std, 0.01), 7);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("its state continues another one, vectors not merged yet included", () => {
    const [a, b] = [new RunningNormaliser(3), new RunningNormaliser(3)];
    a.record(vectors(30, 4));
    a.merge();
    a.record(vectors(20, 5));
    for (const [name, array] of Object.entries(a.state.arrays))
      (b.state.arrays[name] as Float64Array).set(array as Float64Array);
    for (const normaliser of [a, b]) {
      normaliser.record(vectors(10, 6));
      normaliser.merge();
    }
    expect(b.state).toEqual(a.state);
    expect(b.mean).not.toEqual(new Float64Array(3));
  });

  it("refuses vectors of another length", () => {
    expect(() => new RunningNormaliser(3).record(new Float32Array(4))).toThrow(/no multiple of 3/);
    expect(() => new RunningNormaliser(3).normalise(new Float32Array(6), new Float32Array(3))).toThrow(
      /same multiple of 3/,
    );
  });
});
