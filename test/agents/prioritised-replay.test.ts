import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { PrioritisedReplay } from "../../agents/core/replay/prioritised-replay.ts";
import { SumTree } from "../../agents/core/replay/sum-tree.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { batchOf, stepOf } from "./replay-support.ts";

const OPTIONS = { capacity: 10, numEnvs: 2, obsSize: 1, actionSize: 1, nSteps: 2, discount: 0.9 };
const root = mkdtempSync(join(tmpdir(), "myoserve-prioritised-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function filled(steps: number, options = {}): PrioritisedReplay {
  const replay = new PrioritisedReplay({ ...OPTIONS, ...options });
  for (let t = 0; t < steps; t++) replay.store(stepOf(OPTIONS, t, ["on", "on"]));
  return replay;
}

const prioritise = (replay: PrioritisedReplay, priorities: readonly number[]): void =>
  replay.prioritise(Uint32Array.from(priorities.keys()), Float32Array.from(priorities));

describe("sum tree", () => {
  it("finds the place whose interval of the cumulative weights holds a mass, whatever was set before", () => {
    const change = fc.record({ place: fc.nat({ max: 12 }), weight: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(fc.integer({ min: 13, max: 40 }), fc.array(change, { minLength: 1 }), (places, changes) => {
        const tree = new SumTree(places);
        const weights = new Array<number>(places).fill(0);
        for (const { place, weight } of changes) {
          weights[place] = weight;
          tree.set(place, weight);
        }
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        expect(tree.total).toBe(total);
        const found = Array.from({ length: total }, (_, mass) => tree.find(mass + 0.5));
        expect(found).toEqual(weights.flatMap((weight, place) => new Array<number>(weight).fill(place)));
      }),
    );
  });

  it("never finds a place of weight 0, not even at the total itself", () => {
    const tree = new SumTree(5);
    [0.1, 0.2, 0, 0, 0].forEach((weight, place) => tree.set(place, weight));
    for (const mass of [0, 0.05, 0.1, 0.25, tree.total, tree.total * (1 + 1e-15)])
      expect(tree.find(mass)).toBeLessThan(2);
  });
});

describe("prioritised replay", () => {
  it("draws in proportion to p^alpha: exact probabilities, and counts within chance", () => {
    const replay = filled(3);
    const priorities = [1, 2, 0, 8, 0.5, 4];
    prioritise(replay, priorities);
    const weights = priorities.map((p) => (p + 1e-6) ** 0.6);
    const total = weights.reduce((sum, w) => sum + w, 0);
    weights.forEach((w, place) => expect(replay.probability(place)).toBeCloseTo(w / total, 7));
    const batch = batchOf(20_000, OPTIONS);
    replay.sample(createRng(1), batch);
    const counts = new Float64Array(6);
    for (const place of batch.index) counts[place]!++;
    const expected = weights.map((w) => (20_000 * w) / total);
    // chi-square, 4 degrees of freedom (place 2 is hardly ever drawn): 18.5 has p = 0.001; the stream is seeded
    expect([0, 1, 3, 4, 5].reduce((sum, i) => sum + (counts[i]! - expected[i]!) ** 2 / expected[i]!, 0)).toBeLessThan(
      18.5,
    );
    expect(counts[2]).toBeLessThan(20);
    expect(batch.obs[0]).toBe(stepOf(OPTIONS, batch.index[0]! >> 1, ["on", "on"]).obs[batch.index[0]! & 1]);
  });

  it("with alpha 0 draws uniformly; new transitions, also over old ones, have the highest priority", () => {
    const uniform = filled(2, { alpha: 0 });
    prioritise(uniform, [5, 1, 0, 9]);
    for (let place = 0; place < 4; place++) expect(uniform.probability(place)).toBeCloseTo(0.25, 12);
    const replay = filled(5, { alpha: 1 });
    prioritise(replay, [1, 1, 1, 1, 1, 1, 1, 1, 1, 7]);
    replay.store(stepOf(OPTIONS, 9, ["on", "on"]));
    expect(replay.probability(0)).toBeCloseTo(7 / 28, 5);
    expect(replay.probability(1)).toBeCloseTo(7 / 28, 5);
    expect(replay.probability(2)).toBeCloseTo(1 / 28, 5);
  });

  it("goes on from its files and state with the same draws", async () => {
    const replay = filled(7);
    prioritise(replay, [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]);
    const files = await replay.save(root);
    const next = new PrioritisedReplay(OPTIONS);
    await next.load(root, files);
    for (const [name, array] of Object.entries(replay.state.arrays)) {
      (next.state.arrays[name] as Float64Array).set(array as Float64Array);
    }
    next.restored();
    const [a, b] = [batchOf(50, OPTIONS), batchOf(50, OPTIONS)];
    for (const [each, batch] of [
      [replay, a],
      [next, b],
    ] as const) {
      each.store(stepOf(OPTIONS, 7, ["on", "on"]));
      each.sample(createRng(2), batch);
    }
    expect(b).toEqual(a);
  });

  it("refuses priorities and exponents that are none", () => {
    for (const bad of [-1, NaN, Infinity])
      expect(() => prioritise(filled(1), [bad])).toThrow(/finite and not negative/);
    expect(() => filled(1, { alpha: -1 })).toThrow(/alpha must be at least 0, got -1/);
  });
});
