import { describe, expect, it } from "vitest";
import { createMpo } from "../../agents/mpo/agent.ts";
import { resolveConfig } from "../../agents/registry.ts";
import { MPO_AGENT } from "../../agents/mpo/agent.ts";
import { createSac, SAC_AGENT } from "../../agents/sac/agent.ts";
import { plainTensors } from "./plain-tensors.ts";
import { evaluate, PointMasses, train } from "./point-mass.ts";

const ROWS = 10;
/** Of 50 steps with at most 1 each; zero action reaches about 33, a proportional-derivative controller 46. */

const ALGORITHMS = [
  ["mpo", MPO_AGENT, createMpo],
  ["sac", SAC_AGENT, createSac],
] as const;

describe.each(ALGORITHMS)("%s learns a point mass", (_id, definition, create) => {
  it.each([1, 2])("seed %i", async (seed) => {
    const masses = new PointMasses(ROWS, seed);
    const config = resolveConfig(definition, "debug", {});
    using learner = create(plainTensors(), masses.context(seed), config);
    const before = evaluate(learner, ROWS, 77);
    for (let k = 0; k < 5; k++) {
      const t = performance.now();
      await train(learner, masses, 300);
      console.log(_id, seed, learner.progress, before, evaluate(learner, ROWS, 77), performance.now() - t);
    }
    expect(evaluate(learner, ROWS, 77)).toBeGreaterThan(40);
  });
});
