import { describe, expect, it } from "vitest";
import { COLORED_NOISE_AGENT } from "../../agents/colored-noise/agent.ts";
import { InverseFft } from "../../agents/colored-noise/fft.ts";
import { SpectralSynthesis } from "../../agents/colored-noise/synthesis.ts";
import { resolveConfig } from "../../agents/registry.ts";
import type { Agent } from "../../protocol/agent.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { contextOf, floatBox, obsAt } from "../contract/agent-fixtures.ts";

const LENGTH = 512;

/** `count` pairs of signals, one after another. */
function signals(beta: number, count: number): Float64Array[] {
  const synthesis = new SpectralSynthesis(beta, LENGTH);
  const rng = createRng(17);
  return Array.from({ length: count }, () => {
    synthesis.draw(rng);
    return [synthesis.first.slice(), synthesis.second.slice()];
  }).flat();
}

/** Mean periodogram at frequencies 0…L/2. */
function meanPower(all: readonly Float64Array[]): Float64Array {
  const fft = new InverseFft(LENGTH);
  const power = new Float64Array(LENGTH / 2 + 1);
  for (const signal of all) {
    const re = Float64Array.from(signal);
    const im = new Float64Array(LENGTH);
    fft.transform(re, im);
    for (let f = 0; f < power.length; f++) power[f]! += (re[f]! ** 2 + im[f]! ** 2) / all.length;
  }
  return power;
}

/** Least-squares slope of log power over log frequency. */
function slope(power: Float64Array, from: number, to: number): number {
  let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (let f = from; f <= to; f++) {
    const [x, y] = [Math.log(f), Math.log(power[f]!)];
    [n, sx, sy, sxx, sxy] = [n + 1, sx + x, sy + y, sxx + x * x, sxy + x * y];
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

describe("InverseFft", () => {
  it.each([1, 2, 4, 32])("equals the sum it stands for, n = %i", (n) => {
    const rng = createRng(1);
    const re = Float64Array.from({ length: n }, () => rng.standardNormal());
    const im = Float64Array.from({ length: n }, () => rng.standardNormal());
    const wanted = Array.from({ length: n }, (_, t) => {
      let [real, imaginary] = [0, 0];
      for (let f = 0; f < n; f++) {
        const angle = (2 * Math.PI * f * t) / n;
        real += re[f]! * Math.cos(angle) - im[f]! * Math.sin(angle);
        imaginary += re[f]! * Math.sin(angle) + im[f]! * Math.cos(angle);
      }
      return [real, imaginary] as const;
    });
    new InverseFft(n).transform(re, im);
    wanted.forEach(([real, imaginary], t) => {
      expect(re[t]).toBeCloseTo(real, 10);
      expect(im[t]).toBeCloseTo(imaginary, 10);
    });
  });

  it("refuses other sizes", () => {
    expect(() => new InverseFft(12)).toThrow(RangeError);
  });
});

describe("SpectralSynthesis", () => {
  it.each([0, 0.5, 1, 2, 3])("has power 1/f^%d and unit variance", (beta) => {
    const all = signals(beta, 400);
    expect(Math.abs(slope(meanPower(all), 1, LENGTH / 2) + beta)).toBeLessThan(0.03);
    let squares = 0;
    for (const signal of all) for (const value of signal) squares += value * value;
    // Red signals have few degrees of freedom each: 800 of them leave a few per cent.
    expect(Math.abs(squares / (all.length * LENGTH) - 1)).toBeLessThan(0.1);
  });

  it("the two signals of a pair are independent", () => {
    const all = signals(1, 400);
    let product = 0;
    for (let i = 0; i < all.length; i += 2) for (let t = 0; t < LENGTH; t++) product += all[i]![t]! * all[i + 1]![t]!;
    expect(Math.abs(product / (400 * LENGTH))).toBeLessThan(0.05);
  });
});

const create = (config: Record<string, number>, size = 3, seed = 9): Agent => {
  const box = floatBox(
    Array.from({ length: size }, () => 0),
    Array.from({ length: size }, () => 4),
    "<f8",
  );
  return COLORED_NOISE_AGENT.create(contextOf(1, seed, box), resolveConfig(COLORED_NOISE_AGENT, undefined, config));
};

/** [T][A] */
function run(agent: Agent, steps: number): number[][] {
  return Array.from({ length: steps }, (_, t) => Array.from(agent.act(obsAt(t, [0]), "explore")[0]!, Number));
}

function autocorrelation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [lagged, squares] = [0, 0];
  for (let t = 1; t < values.length; t++) lagged += (values[t]! - mean) * (values[t - 1]! - mean);
  for (const value of values) squares += (value - mean) ** 2;
  return lagged / squares;
}

describe("agent colored-noise", () => {
  it("maps std onto half widths of the range and clips", () => {
    const calm = run(create({ beta: 0, std: 0.1 }), 4000).flat();
    const mean = calm.reduce((sum, value) => sum + value, 0) / calm.length;
    const std = Math.sqrt(calm.reduce((sum, value) => sum + (value - mean) ** 2, 0) / calm.length);
    expect(mean).toBeCloseTo(2, 1);
    expect(std).toBeCloseTo(0.2, 2);
    const wild = run(create({ beta: 0, std: 5 }), 500).flat();
    expect(Math.min(...wild)).toBe(0);
    expect(Math.max(...wild)).toBe(4);
  });

  it("remembers over steps as its colour says, also across chunks", () => {
    const of = (beta: number) =>
      autocorrelation(run(create({ beta, std: 0.2, chunk_steps: 64 }), 2000).map(([a]) => a!));
    expect(Math.abs(of(0))).toBeLessThan(0.08);
    expect(of(1)).toBeGreaterThan(0.3);
    expect(of(2)).toBeGreaterThan(0.8);
  });

  it("never repeats a chunk and starts anew after a reset", () => {
    const agent = create({ beta: 1, chunk_steps: 64 });
    const first = run(agent, 64);
    expect(run(agent, 64)).not.toEqual(first);
    agent.reset(Uint8Array.of(1));
    expect(run(agent, 64)).not.toEqual(first);
  });

  it("refuses unbounded actions", () => {
    const open = contextOf(1, 0, floatBox([-Infinity], [1]));
    expect(() => COLORED_NOISE_AGENT.create(open, { ...COLORED_NOISE_AGENT.defaults })).toThrow(/finite bounds/);
  });
});
