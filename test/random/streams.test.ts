import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRng, namedStream, type Rng, type RngState } from "../../protocol/random/generator.ts";

const METHODS: readonly ((rng: Rng) => number)[] = [
  (rng) => rng.random(),
  (rng) => rng.integers(0, 7),
  (rng) => rng.integers(0, 2 ** 40),
  (rng) => rng.standardNormal(),
  (rng) => rng.choiceP([0.5, 0.5]),
];
const anySeed = fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 0n, max: 1n << 200n }), fc.array(fc.maxSafeNat()));
const anyDraws = fc.array(fc.nat(METHODS.length - 1), { maxLength: 40 });
const perform = (rng: Rng, draws: readonly number[]): number[] => draws.map((i) => METHODS[i]!(rng));
const doubles = (rng: Rng, n: number): Float64Array => {
  const out = new Float64Array(n);
  rng.randomInto(out);
  return out;
};

describe("save and load", () => {
  it("continue identically after any draws, also through JSON and into another stream", () => {
    fc.assert(
      fc.property(anySeed, anyDraws, anyDraws, (seed, before, after) => {
        const rng = createRng(seed);
        perform(rng, before);
        const saved = JSON.parse(JSON.stringify(rng.save())) as RngState;
        const other = createRng(1);
        other.integers(0, 3);
        other.load(saved);
        expect(perform(other, after)).toEqual(perform(rng, after));
        expect(other.save()).toEqual(rng.save());
      }),
    );
  });

  it("keep the half that an odd number of 32-bit draws leaves", () => {
    const rng = createRng(4);
    rng.integers(0, 10);
    const saved = rng.save();
    expect(saved.buffered).not.toBeNull();
    const expected = [rng.random(), rng.integers(0, 10)];
    rng.load(saved);
    expect([rng.random(), rng.integers(0, 10)]).toEqual(expected);
  });

  it.each([{ state: "12" }, { increment: "0".repeat(32) }, { buffered: -1 }, { buffered: 2 ** 32 }, { buffered: 0.5 }])(
    "load refuses %j and leaves the stream as it was",
    (wrong) => {
      const rng = createRng(4);
      const saved = rng.save();
      expect(() => rng.load({ ...saved, ...wrong })).toThrow(RangeError);
      expect(rng.save()).toEqual(saved);
    },
  );
});

describe("streams", () => {
  it("of one seed and key are equal, of any other seed, key or name different", () => {
    const streams = [
      createRng(0),
      createRng(1),
      createRng(0, 0),
      createRng(0, 1),
      createRng(0, 0, 0),
      createRng([0, 0]),
      namedStream(0, ""),
      namedStream(0, "dep"),
      namedStream(0, "noise"),
      namedStream(0, "noise", 1),
      namedStream(0, "noise\u0001"),
    ];
    expect(new Set(streams.map((rng) => rng.random())).size).toBe(streams.length - 1);
    // As in NumPy, a seed of few words is its own zero-padded form.
    expect(createRng(0).random()).toBe(createRng([0, 0]).random());
    expect(namedStream(5, "dep", 2).save()).toEqual(namedStream(5, "dep", 2).save());
  });

  it("are uncorrelated between names and neighbouring rows", () => {
    const n = 20_000;
    const streams = [createRng(3), createRng(3, 0), createRng(3, 1), namedStream(3, "dep"), namedStream(3, "noise")];
    const columns = streams.map((rng) => doubles(rng, n));
    for (const [i, a] of columns.entries()) {
      for (const b of columns.slice(i + 1)) {
        const covariance = a.reduce((sum, x, k) => sum + (x - 0.5) * (b[k]! - 0.5), 0) / n;
        expect(Math.abs(12 * covariance)).toBeLessThan(5 / Math.sqrt(n));
      }
    }
  });

  it("of seed null differ every time", () => {
    expect(createRng(null).save()).not.toEqual(createRng(null).save());
  });

  it.each([-1, 0.5, NaN, 2 ** 53, -1n, [1, -1]])("refuse seed %s", (seed) => {
    expect(() => createRng(seed)).toThrow(RangeError);
  });
});

describe("arguments", () => {
  it("filling draws the same numbers as drawing one by one", () => {
    const [one, all] = [createRng(9), createRng(9)];
    const integers = new Int32Array(5);
    all.integersInto(-3, 9, integers);
    expect(Array.from(integers)).toEqual(Array.from(integers, () => one.integers(-3, 9)));
    const normals = new Float64Array(5);
    all.normalInto([1, 2, 3, 4, 5], 0.1, normals);
    expect(Array.from(normals)).toEqual([1, 2, 3, 4, 5].map((mean) => one.normal(mean, 0.1)));
    const uniforms = new Float64Array(2);
    all.uniformInto(-1, [1, 2], uniforms);
    expect(Array.from(uniforms)).toEqual([one.uniform(-1, 1), one.uniform(-1, 2)]);
    expect(all.save()).toEqual(one.save());
  });

  it("a single choice draws nothing", () => {
    const rng = createRng(9);
    const before = rng.save();
    expect([rng.integers(5, 6), rng.choiceIndex(1), rng.choice(["a"])]).toEqual([5, 0, "a"]);
    expect(rng.save()).toEqual(before);
  });

  it("weighted choice never takes what has no weight", () => {
    const rng = createRng(9);
    const taken = new Set(Array.from({ length: 1000 }, () => rng.choiceP([0, 0.5, 0, 0.5, 0])));
    expect([...taken].sort()).toEqual([1, 3]);
  });

  const out = new Float64Array(2);
  const wrong: Readonly<Record<string, (rng: Rng) => unknown>> = {
    "uniform(1, 0)": (rng) => rng.uniform(1, 0),
    "uniform(-1e308, 1e308)": (rng) => rng.uniform(-1e308, 1e308),
    "uniform(NaN, 1)": (rng) => rng.uniform(NaN, 1),
    "uniformInto of 3 bounds": (rng) => rng.uniformInto([1, 2, 3], 4, out),
    "normalInto of 3 means": (rng) => rng.normalInto([1, 2, 3], 4, out),
    "uniformInto of one crossed range": (rng) => rng.uniformInto([0, 1], [1, 0], out),
    "normalInto of one negative std": (rng) => rng.normalInto(0, [1, -1], out),
    "normal(0, -1)": (rng) => rng.normal(0, -1),
    "integers(0, 0)": (rng) => rng.integers(0, 0),
    "integers(0, 1.5)": (rng) => rng.integers(0, 1.5),
    "integers over 2^53": (rng) => rng.integers(-(2 ** 52), 2 ** 53 - 1),
    "integersInto over 32 bits": (rng) => rng.integersInto(0, 2 ** 32, new Int32Array(1)),
    "choiceIndex(0)": (rng) => rng.choiceIndex(0),
    "choice of none": (rng) => rng.choice([]),
    "choiceP of none": (rng) => rng.choiceP([]),
    "choiceP above 1": (rng) => rng.choiceP([0.5, 0.5, 0.1]),
    "choiceP below 0": (rng) => rng.choiceP([-0.5, 1.5]),
  };
  it.each(Object.keys(wrong))("%s is refused before anything is drawn", (name) => {
    const rng = createRng(9);
    const before = rng.save();
    expect(() => wrong[name]!(rng)).toThrow(RangeError);
    expect(rng.save()).toEqual(before);
  });
});
