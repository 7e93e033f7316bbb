import { describe, expect, it } from "vitest";
import { actorGrad, logTanhSlope, squashedDraws, temperatureGrad } from "../../agents/sac/loss.ts";
import { createRng } from "../../protocol/random/generator.ts";

const f64 = (...values: number[]): Float64Array => Float64Array.from(values);
const STEP = 1e-5;

/** ln of the density of tanh(u), u ~ N(mean, sigma), straight from its definition. */
function logDensity(u: number, mean: number, sigma: number): number {
  const z = (u - mean) / sigma;
  return -0.5 * z * z - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI) - Math.log(1 - Math.tanh(u) ** 2);
}

describe("squashed Gaussian", () => {
  it("golden log-probabilities", () => {
    // Computed with torch 2.15: TransformedDistribution(Normal([0.5, -1], [0.6, 0.25]), TanhTransform()).log_prob.
    const draws = { action: new Float64Array(2), logProb: new Float64Array(1) };
    squashedDraws(f64(0.5, -1, Math.log(0.6), Math.log(0.25)), 2, f64(0.4, -1.2), draws);
    expect(draws.action[0]).toBeCloseTo(Math.tanh(0.74), 12);
    expect(draws.action[1]).toBeCloseTo(Math.tanh(-1.3), 12);
    expect(draws.logProb[0]).toBeCloseTo(1.1201270684896174, 12);
  });

  it("is the change of variables", () => {
    const rng = createRng(3);
    for (let i = 0; i < 100; i++) {
      const [mean, sigma, noise] = [rng.uniform(-2, 2), rng.uniform(0.05, 1.5), rng.standardNormal()];
      const draws = { action: new Float64Array(1), logProb: new Float64Array(1) };
      squashedDraws(f64(mean, Math.log(sigma)), 1, f64(noise), draws);
      expect(draws.logProb[0]).toBeCloseTo(logDensity(mean + sigma * noise, mean, sigma), 8);
    }
  });

  it("has a density that integrates to one", () => {
    let mass = 0;
    for (let u = -12; u < 12; u += 1e-3) mass += Math.exp(logDensity(u, 0.7, 0.8)) * (1 - Math.tanh(u) ** 2) * 1e-3;
    expect(mass).toBeCloseTo(1, 6);
  });

  it("does not overflow where tanh is 1", () => {
    expect(logTanhSlope(0)).toBeCloseTo(0, 12);
    for (const u of [-300, -40, 40, 300]) expect(logTanhSlope(u)).toBeCloseTo(2 * (Math.LN2 - Math.abs(u)), 9);
  });
});

describe("gradients of SAC against finite differences", () => {
  const [rows, dims] = [3, 2];
  /** A value function with a gradient of its own. */
  const valueOf = (a: ArrayLike<number>, b: number): number =>
    Math.sin(3 * a[2 * b]!) * a[2 * b + 1]! + a[2 * b + 1]! ** 2;

  it.each([1, 2, 3])("actor, seed %i", (seed) => {
    const rng = createRng(seed);
    const raw = Float64Array.from({ length: 2 * rows * dims }, () => 0.8 * rng.standardNormal());
    raw[3] = 4; // A logarithm held at its bound.
    const noise = Float64Array.from({ length: rows * dims }, () => rng.standardNormal());
    const temperature = 0.3;
    const draws = { action: new Float64Array(rows * dims), logProb: new Float64Array(rows) };
    const loss = (): number => {
      squashedDraws(raw, dims, noise, draws);
      let sum = 0;
      for (let b = 0; b < rows; b++) sum += temperature * draws.logProb[b]! - valueOf(draws.action, b);
      return sum / rows;
    };
    loss();
    const { action } = draws;
    const valueGrad = Float64Array.from(action, (a, i) => {
      const b = Math.floor(i / 2);
      return i % 2 === 0 ? 3 * Math.cos(3 * a) * action[2 * b + 1]! : Math.sin(3 * action[2 * b]!) + 2 * a;
    });
    const grad = new Float64Array(raw.length);
    actorGrad({ raw, noise, action: action.slice(), valueGrad, temperature }, dims, grad);
    for (let i = 0; i < raw.length; i++) {
      const kept = raw[i]!;
      raw[i] = kept + STEP;
      const above = loss();
      raw[i] = kept - STEP;
      const below = loss();
      raw[i] = kept;
      expect(grad[i], `output ${i}`).toBeCloseTo((above - below) / (2 * STEP), 7);
    }
    expect(grad[3]).toBe(0);
  });

  it("temperature falls while entropy is above its target, and rises below", () => {
    // Entropy is -ln pi; target -2: ln pi below 2 means more entropy than asked for.
    expect(temperatureGrad(f64(1, 1), -2)).toBeCloseTo(1, 12);
    expect(temperatureGrad(f64(4, 2), -2)).toBeCloseTo(-1, 12);
  });
});
