import { describe, expect, it } from "vitest";
import { MuscleRange } from "../../agents/dep/muscle-range.ts";

/** Golden F: lengths, m, and forces, N, of two muscles, and x for force_scale 0.04. */
const READINGS = [
  { obs: [1.0, 2.0, -10, -20], x: [-1, -1] },
  { obs: [1.2, 1.8, -5, -30], x: [0.3725490196, -1] },
  { obs: [0.9, 2.1, -20, -25], x: [-1, 0.5198019802] },
] as const;

describe("MuscleRange", () => {
  it("golden F: extremes that widen with every reading", () => {
    const range = new MuscleRange(1, 2, 0.04);
    const x = new Float64Array(2);
    for (const { obs, x: wanted } of READINGS) {
      range.read(0, obs, 0, 2, x, 0);
      wanted.forEach((value, i) => expect(Math.abs(x[i]! - value)).toBeLessThanOrEqual(1e-6));
    }
  });

  it("keeps extremes apart by row and out of reach of a NaN", () => {
    const range = new MuscleRange(2, 2, 0);
    const x = new Float64Array(4);
    range.read(0, [1, 2, 0, 0], 0, 2, x, 0);
    range.read(1, [5, 6, 0, 0], 0, 2, x, 2);
    range.read(0, [NaN, 9, 0, 0], 0, 2, x, 0);
    expect(x[0]).toBeNaN();
    range.read(0, [1, 2, 0, 0], 0, 2, x, 0);
    expect(Array.from(x)).toEqual([-1, -1, -1, -1]);
  });
});
