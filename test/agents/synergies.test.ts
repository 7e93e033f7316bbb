import { describe, expect, it } from "vitest";
import { choleskyInto, symmetricEigen } from "../../agents/core/exploration/linear-algebra.ts";
import { extractSynergies, type Recording } from "../../agents/core/exploration/synergies.ts";
import { createRng } from "../../protocol/random/generator.ts";

/** B Bᵀ of a random B, [n, n]. */
function gram(n: number, seed: number): Float64Array {
  const rng = createRng(seed);
  const b = Float64Array.from({ length: n * n }, () => rng.standardNormal());
  return Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += b[Math.floor(at / n) * n + k]! * b[(at % n) * n + k]!;
    return sum;
  });
}

describe("linear algebra", () => {
  it.each([1, 2, 7, 20])("eigenvectors are orthonormal and rebuild the matrix, n = %i", (n) => {
    const matrix = gram(n, n);
    const { values, vectors } = symmetricEigen(matrix, n);
    for (let i = 0; i < n; i++) {
      if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
      for (let j = 0; j < n; j++) {
        let [inner, rebuilt] = [0, 0];
        for (let k = 0; k < n; k++) {
          inner += vectors[i * n + k]! * vectors[j * n + k]!;
          rebuilt += vectors[k * n + i]! * values[k]! * vectors[k * n + j]!;
        }
        expect(Math.abs(inner - (i === j ? 1 : 0))).toBeLessThan(1e-10);
        expect(Math.abs(rebuilt - matrix[i * n + j]!)).toBeLessThan(1e-9 * n);
      }
    }
  });

  it("factors a positive definite matrix and refuses another", () => {
    const n = 5;
    const matrix = gram(n, 3);
    const factor = new Float64Array(n * n);
    choleskyInto(matrix, n, factor);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k <= j; k++) sum += factor[i * n + k]! * factor[j * n + k]!;
        expect(Math.abs(sum - matrix[i * n + j]!)).toBeLessThan(1e-10);
      }
    }
    expect(() => choleskyInto(Float64Array.of(1, 2, 2, 1), 2, new Float64Array(4))).toThrow(/positive definite/);
  });
});

/** Sources of uniform and of cubed uniform draws, mixed into 4 actions. */
function mixture(steps: number): { recording: Recording; sources: number[][] } {
  const rng = createRng(5);
  const sources = Array.from({ length: steps }, () => [rng.uniform(-1, 1), rng.random() ** 3]);
  const mixing = [
    [1, 0.5],
    [-0.3, 1],
    [0.8, 0.8],
    [0, -0.4],
  ];
  const values = Float64Array.from(
    sources.flatMap((s) => mixing.map((m, i) => 0.1 * i + m[0]! * s[0]! + m[1]! * s[1]!)),
  );
  return { recording: { steps, actions: 4, values }, sources };
}

describe("synergies", () => {
  const STEPS = 3000;
  const { recording, sources } = mixture(STEPS);
  const synergies = extractSynergies(recording, 2);
  const encode = (t: number): number[] =>
    [0, 1].map((k) => {
      let sum = synergies.encoderOffset[k]!;
      for (let i = 0; i < 4; i++) sum += synergies.encoder[k * 4 + i]! * recording.values[t * 4 + i]!;
      return sum;
    });
  const codes = Array.from({ length: STEPS }, (_, t) => encode(t));

  it("the recording spans [-1, 1] in every synergy", () => {
    for (const k of [0, 1]) {
      expect(Math.min(...codes.map((c) => c[k]!))).toBeCloseTo(-1, 9);
      expect(Math.max(...codes.map((c) => c[k]!))).toBeCloseTo(1, 9);
    }
  });

  it("decoding undoes encoding where the recording has no more directions than synergies", () => {
    for (let t = 0; t < 50; t++) {
      for (let i = 0; i < 4; i++) {
        const value =
          synergies.offset[i]! + codes[t]!.reduce((sum, c, k) => sum + synergies.decoder[i * 2 + k]! * c, 0);
        expect(value).toBeCloseTo(recording.values[t * 4 + i]!, 9);
      }
    }
  });

  it("finds the independent sources, up to order and sign", () => {
    const correlation = (k: number, s: number): number => {
      const [x, y] = [codes.map((c) => c[k]!), sources.map((source) => source[s]!)];
      const mean = (v: number[]) => v.reduce((sum, value) => sum + value, 0) / v.length;
      const [mx, my] = [mean(x), mean(y)];
      const centred = (f: (t: number) => number) => x.reduce((sum, _, t) => sum + f(t), 0);
      const sxy = centred((t) => (x[t]! - mx) * (y[t]! - my));
      return Math.abs(sxy) / Math.sqrt(centred((t) => (x[t]! - mx) ** 2) * centred((t) => (y[t]! - my) ** 2));
    };
    const straight = correlation(0, 0) > correlation(0, 1);
    expect(correlation(0, straight ? 0 : 1)).toBeGreaterThan(0.98);
    expect(correlation(1, straight ? 1 : 0)).toBeGreaterThan(0.98);
  });

  it("gives the same synergies for the same recording", () => {
    expect(extractSynergies(recording, 2)).toEqual(synergies);
  });
});
