import { describe, expect, it } from "vitest";
import { createRng, namedStream } from "../../protocol/random/generator.ts";
import { Pcg64 } from "../../protocol/random/pcg64.ts";
import { SeedSequence } from "../../protocol/random/seed-sequence.ts";
import { digestOf, drawAs, readVectors } from "./vectors.ts";

const vectors = readVectors();
const DRAWS = 100_000;

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
const integer = (text: string): bigint => BigInt(text);

describe("streams equal NumPy's", () => {
  it.each(vectors.streams)("seed $seed, spawn key $key", ({ seed, key, state, increment, raw }) => {
    const entropy = typeof seed === "string" ? integer(seed) : seed.map(integer);
    const pcg = new Pcg64(new SeedSequence(entropy, key));
    expect(pcg.save()).toEqual({ algorithm: "pcg64", state, increment, buffered: null });
    const words = Array.from({ length: 6 }, () => {
      pcg.next64();
      return hex(pcg.high) + hex(pcg.low);
    });
    expect(words.join(" ")).toBe(raw);
  });

  it("numbers and bigints seed alike, and arguments after the seed are the spawn key", () => {
    const seed = 2 ** 53 - 1;
    const of = (key: string): string | undefined =>
      vectors.streams.find((s) => s.seed === String(seed) && s.key.join() === key)?.state;
    expect(createRng(seed).save().state).toBe(of(""));
    expect(createRng(BigInt(seed)).save().state).toBe(of(""));
    expect(createRng(seed, 3, 2 ** 33).save().state).toBe(of(`3,${2 ** 33}`));
  });

  it("a named stream has the documented spawn key", () => {
    const key = [0x6e616d65, 5, ...Buffer.from("noise")].join();
    const known = vectors.streams.find((s) => s.seed === "7" && s.key.join() === key);
    expect(namedStream(7, "noise").save().state).toBe(known?.state);
  });
});

describe("draws equal NumPy's", () => {
  it("a mixture of all methods, one after another", () => {
    const rng = createRng(123);
    for (const [i, expected] of vectors.mixed.draws.entries()) {
      expect(drawAs(rng, expected), `draw ${i}: ${JSON.stringify(expected)}`).toEqual(expected[2]);
    }
    expect(rng.save()).toMatchObject(vectors.mixed.end);
  });

  it("10^5 doubles, 10^6 standard normals with their tails, 10^5 scaled normals", () => {
    const out = new Float64Array(DRAWS);
    createRng(11).randomInto(out);
    expect(digestOf(out)).toBe(vectors.digests["random"]);
    createRng(11).normalInto(-0.3, 0.02, out);
    expect(digestOf(out)).toBe(vectors.digests["normal"]);
    const many = new Float64Array(10 * DRAWS);
    createRng(11).standardNormalInto(many);
    expect(digestOf(many)).toBe(vectors.digests["standardNormal"]);
    expect(many.filter((x) => Math.abs(x) > 3.6541528853610088).length).toBeGreaterThan(200);
  });

  const ranges = Object.keys(vectors.digests).filter((name) => name.startsWith("integers "));
  it.each(ranges)("10^5 %s", (name) => {
    const [low = NaN, high = NaN] = name.split(" ").slice(1).map(Number);
    const rng = createRng(11);
    const out = Float64Array.from({ length: DRAWS }, () => rng.integers(low, high));
    expect(digestOf(out)).toBe(vectors.digests[name]);
  });
});
