import { explorationChoice, createExploration } from "../../agents/core/exploration/registry.ts";
import type { ExplorationContext } from "../../agents/core/exploration/context.ts";
import type { ActionProposal, Exploration } from "../../agents/core/exploration/exploration.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { contextOf, MUSCLES, obsAt } from "../contract/agent-fixtures.ts";

/*
 * Axes: T steps, N rows, A actions, H latent units.
 */

export const LATENT = 8;

/** Weights of the mean's layer, [H, A]. */
export const HEAD = Float32Array.from({ length: LATENT * MUSCLES }, (_, i) => Math.sin(1 + 2.3 * i));

export function explorationContext(numEnvs: number, seed: number, initialSteps = 0): ExplorationContext {
  const headWeights = (out: Float32Array) => out.set(HEAD);
  return { agent: contextOf(numEnvs, seed), actions: MUSCLES, latent: LATENT, initialSteps, headWeights };
}

export function makeExploration(value: string | JsonObject, numEnvs = 2, seed = 3, initialSteps = 0): Exploration {
  return createExploration(explorationChoice(value), explorationContext(numEnvs, seed, initialSteps));
}

/** A proposal whose mean, deviation and latent differ by row and action and move with the step. */
export function proposalAt(step: number, rows: readonly number[]): ActionProposal {
  const of = (size: number, f: (row: number, i: number) => number) =>
    Float32Array.from({ length: rows.length * size }, (_, at) => f(rows[Math.floor(at / size)]!, at % size));
  return {
    mean: of(MUSCLES, (row, i) => 0.5 * Math.sin(0.1 * step + row + i)),
    scale: of(MUSCLES, (row, i) => 0.1 + 0.02 * i + 0.01 * row),
    latent: of(LATENT, (row, i) => Math.max(0, Math.sin(0.05 * step + 0.7 * i + row))),
  };
}

/** Actions and sources of the steps from..to, [T][N · A] and [T][N]. */
export function explore(exploration: Exploration, from: number, to: number, rows: readonly number[]) {
  const actions: number[][] = [];
  const sources: number[][] = [];
  for (let step = from; step < to; step++) {
    const action = new Float32Array(rows.length * MUSCLES);
    const source = new Uint8Array(rows.length).fill(7);
    exploration.act(obsAt(step, rows)[0] as Float32Array, proposalAt(step, rows), action, source);
    exploration.observe(new Uint8Array(rows.length), new Uint8Array(rows.length));
    actions.push([...action]);
    sources.push([...source]);
  }
  return { actions, sources };
}

/** Noise n = (a - mean) / scale of one row at a still proposal, [T][A]. */
export function noiseOf(exploration: Exploration, steps: number, still = proposalAt(0, [0])): number[][] {
  const action = new Float32Array(MUSCLES);
  const source = new Uint8Array(1);
  return Array.from({ length: steps }, (_, step) => {
    exploration.act(obsAt(step, [0])[0] as Float32Array, still, action, source);
    return Array.from(action, (value, i) => (value - still.mean[i]!) / still.scale[i]!);
  });
}

/** Actions of six muscles that two synergies with uneven, independent drives make, [T][A] in the units of the action. */
export function recordedActions(steps: number): number[][] {
  const rng = createRng(11);
  const [one, two] = [
    [0.3, 0.3, 0.1, 0, 0, 0.2],
    [0, 0, 0.1, 0.5, 0.4, -0.3],
  ] as const;
  return Array.from({ length: steps }, () => {
    const [a, b] = [rng.random() ** 3, rng.uniform(-1, 1)];
    return one.map((weight, i) => 0.2 + weight * a + two[i]! * b);
  });
}
