import { describe, expect, it } from "vitest";
import { DEP_DEFAULTS } from "../../agents/dep/config.ts";
import { DepController } from "../../agents/dep/controller.ts";
import { createSensors } from "../../agents/dep/sensors.ts";
import { DepExploration, type DepSwitchConfig } from "../../agents/dep-rl/exploration.ts";
import { SWITCH_DEFAULTS } from "../../agents/dep-rl/switch-config.ts";
import { contextOf, MUSCLES, obsAt } from "../contract/agent-fixtures.ts";
import { explorationContext, proposalAt } from "./exploration-fixtures.ts";

const ROWS = [0, 1];
const CONFIG: DepSwitchConfig = {
  ...DEP_DEFAULTS,
  ...SWITCH_DEFAULTS,
  kappa: 2,
  tau: 8,
  bias_rate: 0.03,
  intervention_length: 3,
  intervention_proba: 0.3,
  test_episode_every: null,
};

interface Step {
  readonly action: Float32Array;
  readonly source: Uint8Array;
}

/** @param ended rows that end an episode after a step. */
function run(
  config: DepSwitchConfig,
  steps: number,
  initialSteps: number,
  ended: (step: number) => number[] = () => [],
) {
  const exploration = new DepExploration(explorationContext(2, 4, initialSteps), config);
  const taken: Step[] = [];
  for (let step = 0; step < steps; step++) {
    const action = new Float32Array(2 * MUSCLES);
    const source = new Uint8Array(2);
    exploration.act(obsAt(step, ROWS)[0] as Float32Array, proposalAt(step, ROWS), action, source);
    const flags = Uint8Array.from(ROWS, (row) => Number(ended(step).includes(row)));
    exploration.observe(flags, new Uint8Array(2));
    exploration.reset(flags);
    taken.push({ action, source });
  }
  return taken;
}

/** DEP on its own beside it. @param tell what was executed @param blind steps that it does not see */
function shadow(
  config: DepSwitchConfig,
  taken: readonly Step[],
  tell: boolean,
  blind: (step: number) => boolean = () => false,
) {
  const sensors = createSensors(contextOf(2, 4), MUSCLES, config);
  const controller = new DepController(2, MUSCLES, config);
  const [x, y] = [new Float64Array(2 * MUSCLES), new Float64Array(2 * MUSCLES)];
  return taken.map(({ action, source }, step) => {
    sensors.read(obsAt(step, ROWS)[0]!, x);
    if (!blind(step)) controller.step(x, y);
    ROWS.forEach((row) => {
      const part = Float64Array.from(action.slice(row * MUSCLES, (row + 1) * MUSCLES), (a) =>
        Math.min(Math.max(a, -1), 1),
      );
      if (tell && source[row] === 0) controller.execute(row, part);
    });
    return Float32Array.from(y);
  });
}

function expectDep(taken: readonly Step[], wanted: readonly Float32Array[]): { dep: number; policy: number } {
  const counts = { dep: 0, policy: 0 };
  taken.forEach(({ action, source }, step) => {
    for (const row of ROWS) {
      const part = (values: Float32Array) => [...values.slice(row * MUSCLES, (row + 1) * MUSCLES)];
      if (source[row] === 1) expect(part(action)).toEqual(part(wanted[step]!));
      counts[source[row] === 1 ? "dep" : "policy"] += 1;
    }
  });
  return counts;
}

describe("DEP in turns", () => {
  it("is stepped on every step, learns what was executed, and acts in its turns", () => {
    const taken = run(CONFIG, 200, 0);
    const { dep, policy } = expectDep(taken, shadow(CONFIG, taken, true));
    expect(Math.min(dep, policy)).toBeGreaterThan(50);
    // What was executed does matter to the bias.
    const proposed = shadow(CONFIG, taken, false);
    expect(taken.some(({ action, source }, step) => source[0] === 1 && action[0] !== proposed[step]![0])).toBe(true);
  });

  it("acts alone in the initial steps", () => {
    const taken = run(CONFIG, 40, 80);
    expect(taken.every(({ source }) => source[0] === 1 && source[1] === 1)).toBe(true);
    expectDep(taken, shadow(CONFIG, taken, true));
  });

  it.each(["none", "deprl-0.5"] as const)("reads no proposal while it acts alone, compat %s", (compat) => {
    const exploration = new DepExploration(explorationContext(2, 4, 40), { ...CONFIG, compat });
    const nothing = { mean: new Float32Array(12).fill(NaN), scale: new Float32Array(12).fill(NaN), latent: null };
    const [action, source] = [new Float32Array(12), new Uint8Array(2)];
    let steps = 0;
    for (; exploration.ignoresProposal; steps++) {
      exploration.act(obsAt(steps, ROWS)[0] as Float32Array, nothing, action, source);
      expect([...source]).toEqual([1, 1]);
      expect(action.every((a) => Math.abs(a) <= 1)).toBe(true);
    }
    expect(steps).toBe(compat === "none" ? 20 : 21);
  });

  it("the policy's turns are samples of the policy", () => {
    const never = run({ ...CONFIG, intervention_proba: 0 }, 4000, 0);
    let [sum, squares] = [0, 0];
    never.forEach(({ action }, step) => {
      const { mean, scale } = proposalAt(step, ROWS);
      const n = (action[3]! - mean[3]!) / scale[3]!;
      [sum, squares] = [sum + n, squares + n * n];
    });
    expect(Math.abs(sum / 4000)).toBeLessThan(0.06);
    expect(Math.abs(squares / 4000 - 1)).toBeLessThan(0.09);
  });

  it("forgets a row at its episode's end where asked to", () => {
    const end = (step: number) => (step === 30 ? [0] : []);
    const resets = run({ ...CONFIG, reset_on_episode: true }, 60, 200, end);
    const keeps = run(CONFIG, 60, 200, end);
    // C is empty and there is no bias until d + 3 steps: no motion.
    expect([...resets[31]!.action.slice(0, MUSCLES)]).toEqual(Array.from({ length: MUSCLES }, () => 0));
    expect(resets[31]!.action.slice(MUSCLES)).toEqual(keeps[31]!.action.slice(MUSCLES));
    expect(keeps[31]!.action[0]).not.toBe(0);
  });
});

describe('compat "deprl-0.5"', () => {
  const compat: DepSwitchConfig = { ...CONFIG, compat: "deprl-0.5", test_episode_every: 2, reset_on_episode: true };
  /** Row 0 ends every 10 steps: episodes 0, 2, 4 … of all rows together are tests. */
  const ended = (step: number) => (step % 10 === 9 ? [0] : []);
  const isTest = (step: number) => step > 0 && Math.floor(step / 10) % 2 === 0;

  it("keeps the proposed action, is blind in tests, never resets, and has depRL's index order", () => {
    const taken = run(compat, 200, 0, ended);
    const original: DepSwitchConfig = { ...compat, normalization: "deprl" };
    const { dep } = expectDep(taken, shadow(original, taken, false, isTest));
    expect(dep).toBeGreaterThan(40);
    taken.forEach(({ source }, step) => {
      expect(source[0]).toBe(source[1]);
      if (isTest(step)) expect(source[0]).toBe(0);
    });
    // Each of these is told apart by the comparison.
    for (const other of [
      shadow(compat, taken, false, isTest),
      shadow(original, taken, true, isTest),
      shadow(original, taken, false),
    ]) {
      expect(
        taken.some(({ action, source }, step) => source[0] === 1 && action.some((a, i) => a !== other[step]![i])),
      ).toBe(true);
    }
  });
});
