import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createRng, type Rng, type RngState } from "../../protocol/random/generator.ts";
import type { Mt19937State } from "../../protocol/random/mt19937.ts";
import { createRandomState } from "../../protocol/random/random-state.ts";
import { digestOf, drawAs, type Draw } from "./vectors.ts";

/** What NumPy's RandomState drew, see generate-legacy-vectors.py. */
interface LegacyVectors {
  readonly streams: readonly { readonly seed: number; readonly words: readonly number[] }[];
  readonly digests: Readonly<Record<string, string>>;
  readonly mixed: {
    readonly draws: readonly Draw[];
    readonly end: { readonly key: string; readonly position: number; readonly gauss: number | null };
  };
}

const vectors = JSON.parse(readFileSync(new URL("legacy-vectors.json", import.meta.url), "utf8")) as LegacyVectors;
const DRAWS = 100_000;
const NORMALS = new Set(["standardNormal", "normal", "normalInto"]);
/** Normals take a logarithm, which NumPy leaves to the C library: one unit in the last place. */
const LAST_PLACE = 4e-16;

const stateOf = (rng: Rng): Mt19937State => rng.save() as Mt19937State;

describe("RandomState equals NumPy's", () => {
  it.each(vectors.streams)("words of seed $seed", ({ seed, words }) => {
    const rng = createRandomState(seed);
    expect(words.map(() => rng.integers(0, 2 ** 32))).toEqual(words);
  });

  it("a mixture of all methods, one after another", () => {
    const rng = createRandomState(123);
    for (const [i, expected] of vectors.mixed.draws.entries()) {
      const title = `draw ${i}: ${JSON.stringify(expected)}`;
      const got = drawAs(rng, expected);
      if (!NORMALS.has(expected[0])) expect(got, title).toEqual(expected[2]);
      else {
        const [a, b] = [[got].flat() as number[], [expected[2]].flat() as number[]];
        a.forEach((value, k) => expect(Math.abs(value / b[k]! - 1), title).toBeLessThanOrEqual(LAST_PLACE));
      }
    }
    const { end } = vectors.mixed;
    const { key, position, gauss } = stateOf(rng);
    expect(createHash("sha256").update(key).digest("hex")).toBe(end.key);
    expect(position).toBe(end.position);
    if (end.gauss === null) expect(gauss).toBeNull();
    else expect(gauss).toBeCloseTo(end.gauss, 14);
  });

  it("10^5 doubles", () => {
    const out = new Float64Array(DRAWS);
    createRandomState(11).randomInto(out);
    expect(digestOf(out)).toBe(vectors.digests["random"]);
  });

  const ranges = Object.keys(vectors.digests).filter((name) => name.startsWith("integers "));
  it.each(ranges)("10^5 %s", (name) => {
    const [low = NaN, high = NaN] = name.split(" ").slice(1).map(Number);
    const rng = createRandomState(11);
    const out = Float64Array.from({ length: DRAWS }, () => rng.integers(low, high));
    expect(digestOf(out)).toBe(vectors.digests[name]);
  });
});

describe("a RandomState that is saved", () => {
  const next = (rng: Rng): number[] => [rng.standardNormal(), rng.integers(0, 10), rng.random(), rng.standardNormal()];

  it("continues identically, the waiting normal included, also through JSON", () => {
    const rng = createRandomState(4);
    for (let i = 0; i < 999; i++) rng.random();
    rng.standardNormal();
    const saved = JSON.parse(JSON.stringify(rng.save())) as RngState;
    expect((saved as Mt19937State).gauss).not.toBeNull();
    const expected = next(rng);
    const other = createRandomState(5);
    other.load(saved);
    expect(next(other)).toEqual(expected);
  });

  it.each([{ key: "12" }, { position: 625 }, { gauss: NaN }])("is refused with %j", (wrong) => {
    const rng = createRandomState(4);
    const saved = stateOf(rng);
    expect(() => rng.load({ ...saved, ...wrong })).toThrow(RangeError);
    expect(rng.save()).toEqual(saved);
  });

  it("does not fit a stream of another algorithm", () => {
    const legacy = createRandomState(4);
    const modern = createRng(4);
    expect(() => legacy.load(modern.save())).toThrow(/mt19937, got pcg64/);
    expect(() => modern.load(legacy.save())).toThrow(/pcg64, got mt19937/);
  });

  it.each([-1, 0.5, 2 ** 53, NaN])("seed %s is refused", (seed) => {
    expect(() => createRandomState(seed)).toThrow(RangeError);
  });
});
