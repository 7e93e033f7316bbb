import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JointCoverage } from "../../agents/core/coverage.ts";

describe("JointCoverage", () => {
  it("counts each bin of each joint once", () => {
    const coverage = new JointCoverage([{ range: [-1, 1] }, { range: [0, 10] }], 4);
    for (const position of [
      [-0.9, 0],
      [-0.6, 2.6],
      [0.1, 2.7],
    ]) {
      coverage.visit(position);
    }
    expect(Array.from(coverage.shares())).toEqual([0.5, 0.5]);
    coverage.visit([7, 7, 0.9, 9.9], 2);
    expect(Array.from(coverage.shares())).toEqual([0.75, 0.75]);
    expect(coverage.mean()).toBe(0.75);
  });

  it("puts positions beyond the range into the end bins and passes over broken ones", () => {
    const coverage = new JointCoverage([{ range: [0, 1] }], 10);
    for (const position of [-3, 0, 1, 4, NaN, Infinity]) coverage.visit([position]);
    expect(coverage.mean()).toBe(0.2);
  });

  it("leaves unlimited joints out", () => {
    const coverage = new JointCoverage([{ range: [0, 0] }, { range: [0, 1] }], 2);
    coverage.visit([0.3, 0.3]);
    expect(coverage.shares()[0]).toBeNaN();
    expect(coverage.mean()).toBe(0.5);
    expect(new JointCoverage([]).mean()).toBeNaN();
    expect(() => new JointCoverage([], 0)).toThrow(RangeError);
  });

  it("only grows, and a sweep of the range fills it", () => {
    const range = fc.tuple(
      fc.double({ min: -10, max: 9, noNaN: true }),
      fc.double({ min: 0.01, max: 20, noNaN: true }),
    );
    fc.assert(
      fc.property(range, fc.integer({ min: 1, max: 50 }), ([low, span], bins) => {
        const coverage = new JointCoverage([{ range: [low, low + span] }], bins);
        let last = 0;
        for (let i = 0; i < 4 * bins; i++) {
          coverage.visit([low + (span * (i + 0.5)) / (4 * bins)]);
          expect(coverage.mean()).toBeGreaterThanOrEqual(last);
          last = coverage.mean();
        }
        expect(last).toBe(1);
      }),
      { numRuns: 100, seed: 2 },
    );
  });
});
