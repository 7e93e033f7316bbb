import { describe, expect, it } from "vitest";
import { createMpo, MPO_AGENT } from "../../agents/mpo/agent.ts";
import { resolveConfig } from "../../agents/registry.ts";
import { createSac, SAC_AGENT } from "../../agents/sac/agent.ts";
import { plainTensors } from "./plain-tensors.ts";
import { evaluate, PointMasses, train } from "./point-mass.ts";

const ROWS = 10;
const STEPS = 600;
const EVALUATION_SEED = 77;
/** Of at most 50; no force reaches 33, the first policies reach -27 to 35. */
const GOAL = 44;

/** A small problem: short sight, quick targets. */
const QUICK = { hidden: [24, 24], discount: 0.95, target_rate: 0.05, batch_iterations: 10, return_steps: 3 };
const RATES = { actor_rate: 3e-3, critic_rate: 3e-3 };

const ALGORITHMS = [
  ["mpo", MPO_AGENT, createMpo, { ...QUICK, ...RATES, dual_rate: 0.03 }],
  ["sac", SAC_AGENT, createSac, { ...QUICK, ...RATES }],
] as const;

describe.each(ALGORITHMS)("%s learns a point mass", (_id, definition, create, config) => {
  it.each([1, 2, 3])("seed %i", async (seed) => {
    const masses = new PointMasses(ROWS, seed);
    using learner = create(plainTensors(), masses.context(seed), resolveConfig(definition, "debug", config));
    const first = evaluate(learner, ROWS, EVALUATION_SEED);
    await train(learner, masses, STEPS);
    const last = evaluate(learner, ROWS, EVALUATION_SEED);
    expect(last).toBeGreaterThan(Math.max(first, GOAL));
  });
});
