import { describe, expect, it } from "vitest";
import { NormalNoise } from "../../agents/core/normal-noise.ts";
import { createRng } from "../../protocol/random/generator.ts";

const COUNT = 2_000_000;

function drawn(seed: number, count = COUNT): Float32Array {
  const out = new Float32Array(count);
  new NormalNoise(createRng(seed)).fill(out);
  return out;
}

/** Normal distribution function, to 1e-7 (Abramowitz and Stegun 26.2.17). */
function cdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * series;
  return x > 0 ? 1 - tail : tail;
}

describe("NormalNoise", () => {
  const noise = drawn(1);

  it("has the moments of a standard normal within five standard errors", () => {
    const sums = [0, 0, 0, 0];
    for (const x of noise) for (let k = 0; k < 4; k++) sums[k]! += x ** (k + 1);
    const errors = [1, 2, 15, 96].map((variance) => 5 * Math.sqrt(variance / COUNT));
    [0, 1, 0, 3].forEach((wanted, k) => expect(Math.abs(sums[k]! / COUNT - wanted)).toBeLessThan(errors[k]!));
  });

  it("fills every bin of the line as often as it should, tails included", () => {
    // Edges through the layers' rims, the start of the tail at 3.654 among them.
    const edges = Array.from({ length: 81 }, (_, i) => -4 + 0.1 * i);
    const counts = new Float64Array(edges.length + 1);
    for (const x of noise) counts[Math.max(0, Math.min(edges.length, Math.floor((x + 4) / 0.1) + 1))]! += 1;
    let chiSquare = 0;
    counts.forEach((count, i) => {
      const wanted = COUNT * ((i < edges.length ? cdf(edges[i]!) : 1) - (i > 0 ? cdf(edges[i - 1]!) : 0));
      chiSquare += (count - wanted) ** 2 / wanted;
    });
    // 81 degrees of freedom: mean 81, deviation 12.7.
    expect(chiSquare).toBeLessThan(81 + 5 * 12.7);
  });

  it("neighbours and both generators are independent", () => {
    for (const lag of [1, 2, 3, 512]) {
      let sum = 0;
      let squares = 0;
      for (let i = lag; i < COUNT; i++) {
        sum += noise[i]! * noise[i - lag]!;
        squares += (noise[i]! ** 2 - 1) * (noise[i - lag]! ** 2 - 1);
      }
      expect(Math.abs(sum / COUNT)).toBeLessThan(5 / Math.sqrt(COUNT));
      expect(Math.abs(squares / COUNT)).toBeLessThan(10 / Math.sqrt(COUNT));
    }
  });

  it("is the same for a seed, goes on from its state, and differs by seed", () => {
    expect(drawn(7, 5001)).toEqual(drawn(7, 5001));
    expect(drawn(7, 5001)).not.toEqual(drawn(8, 5001));
    const [one, two] = [new NormalNoise(createRng(1)), new NormalNoise(createRng(2))];
    const [a, b] = [new Float32Array(1001), new Float32Array(1001)];
    one.fill(a);
    two.state.set(one.state);
    one.fill(a);
    two.fill(b);
    expect(b).toEqual(a);
  });
});
