import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../protocol/random/generator.ts";

const GOLDEN = process.env["MYOSERVE_GOLDEN"] ?? path.resolve(import.meta.dirname, "../../../shared/golden");
const FILE = path.join(GOLDEN, "myosuite/rng.json");

type Recording = Readonly<Record<string, number | string | number[] | string[]>> & { readonly seed: number };

const times = (n: number, draw: () => number): number[] => Array.from({ length: n }, draw);

function filled(length: number, fill: (out: Float64Array) => void): number[] {
  const out = new Float64Array(length);
  fill(out);
  return Array.from(out);
}

function twoIntegers(rng: Rng): number[] {
  const out = new Int32Array(2);
  rng.integersInto(0, 3, out);
  return Array.from(out);
}

/** Consecutive draws of one generator, in the file's order. */
const DRAWS: Readonly<Record<string, (rng: Rng) => number | number[]>> = {
  "uniform_scalar(-1,1)x3": (rng) => times(3, () => rng.uniform(-1, 1)),
  "uniform([0,10],[1,20])": (rng) => filled(2, (out) => rng.uniformInto([0, 10], [1, 20], out)),
  "random(3)": (rng) => filled(3, (out) => rng.randomInto(out)),
  "integers(0,3)x5": (rng) => times(5, () => rng.integers(0, 3)),
  "integers(0,3,size=2)": twoIntegers,
  "integers(0,1000)x3": (rng) => times(3, () => rng.integers(0, 1000)),
  "choice([2,3,4,5,6])x5": (rng) => times(5, () => rng.choice([2, 3, 4, 5, 6])),
  "choice(3)x4": (rng) => times(4, () => rng.choiceIndex(3)),
  "normal(0,0.02,5)": (rng) => filled(5, (out) => rng.normalInto(0, 0.02, out)),
  "standard_normal((2,3))": (rng) => filled(6, (out) => rng.standardNormalInto(out)),
  uniform_after: (rng) => rng.random(),
};
/** Not draws of that generator, or drawn by the coloured-noise port. */
const ELSEWHERE = ["seed", "pcg64_state", "pcg64_inc", "random_raw", "powerlaw_psd_gaussian(2,(2,10))"];

const hex = (decimal: unknown): string =>
  BigInt(decimal as string)
    .toString(16)
    .padStart(32, "0");
const double = (raw: string): number => Number(BigInt(raw) >> 11n) / 2 ** 53;

const present = existsSync(FILE);
const recordings = present ? (JSON.parse(readFileSync(FILE, "utf8")) as Recording[]) : [];

describe.skipIf(!present)(`golden rng.json${present ? "" : ` (skipped: no recordings at ${GOLDEN})`}`, () => {
  it.each(recordings)("seed $seed", (recording) => {
    const rng = createRng(recording.seed);
    expect(rng.save()).toMatchObject({ state: hex(recording["pcg64_state"]), increment: hex(recording["pcg64_inc"]) });
    const raw = recording["random_raw"] as string[];
    const fresh = createRng(recording.seed);
    expect(raw.map(() => fresh.random())).toEqual(raw.map(double));
    for (const [name, expected] of Object.entries(recording)) {
      if (!ELSEWHERE.includes(name)) expect(DRAWS[name]?.(rng), name).toEqual(expected);
    }
  });

  it("has recordings", () => expect(recordings.length).toBeGreaterThan(0));
});
