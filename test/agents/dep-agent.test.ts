import { describe, expect, it } from "vitest";
import { DEP_AGENT } from "../../agents/dep/agent.ts";
import { DEP_DEFAULTS } from "../../agents/dep/config.ts";
import { DepController } from "../../agents/dep/controller.ts";
import { MuscleRange } from "../../agents/dep/muscle-range.ts";
import { resolveConfig } from "../../agents/registry.ts";
import type { AgentContext } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { contextOf, floatBox, MUSCLES, obsAt } from "../contract/agent-fixtures.ts";

const STEPS = 60;
const JOINTS = 5;
const SMALL = { kappa: 0.5, tau: 8, time_dist: 2, force_scale: 0.3 };

function actions(context: AgentContext, config: JsonObject, steps = STEPS): number[][] {
  const agent = DEP_AGENT.create(context, resolveConfig(DEP_AGENT, undefined, config));
  return Array.from({ length: steps }, (_, t) => Array.from(agent.act(obsAt(t, [0]), "explore")[0]!, Number));
}

/** y of the controller fed by hand with lengths and forces of the group `muscle`. */
function controllerActions(): Float64Array[] {
  const range = new MuscleRange(1, MUSCLES, SMALL.force_scale);
  const dep = new DepController(1, MUSCLES, { ...DEP_DEFAULTS, ...SMALL });
  const x = new Float64Array(MUSCLES);
  return Array.from({ length: STEPS }, (_, t) => {
    const [obs] = obsAt(t, [0]) as [Float32Array];
    range.read(0, obs, JOINTS, JOINTS + 2 * MUSCLES, x, 0);
    const y = new Float64Array(MUSCLES);
    dep.step(x, y);
    return y;
  });
}

const symmetric = (size: number) =>
  floatBox(
    Array.from({ length: size }, () => -1),
    Array.from({ length: size }, () => 1),
    "<f8",
  );

describe("agent dep", () => {
  it("is the controller on scaled lengths and forces, mapped onto the box", () => {
    const wanted = controllerActions();
    expect(wanted.some((y) => y.some((value) => Math.abs(value) > 0.1))).toBe(true);
    const box = floatBox([0, 0, 0, -2, 0, 0], [1, 1, 1, 6, 1, 1], "<f8");
    actions(contextOf(1, 0, box), SMALL).forEach((action, t) => {
      action.forEach((value, i) => {
        const y = wanted[t]![i]!;
        expect(value).toBeCloseTo(i === 3 ? 2 + 4 * y : (y + 1) / 2, 12);
      });
    });
  });

  it("finds its motors by name; other actions rest", () => {
    const context = contextOf(1, 0, symmetric(MUSCLES + 1));
    const names = Array.from({ length: MUSCLES }, (_, i) => `muscle${MUSCLES - 1 - i}`);
    const exo = { ...context, spec: { ...context.spec, actuators: ["exo", ...names] } };
    const wanted = controllerActions();
    actions(exo, SMALL).forEach(([rest, ...muscles], t) => {
      expect(rest).toBe(0);
      muscles.toReversed().forEach((value, i) => expect(value).toBeCloseTo(wanted[t]![i]!, 12));
    });
    const nameless = { ...context, spec: { ...context.spec, actuators: [] } };
    expect(() => actions(nameless, SMALL)).toThrow(/names do not tell/);
  });

  it("says what to do where the group is missing, misplaced or the raw sizes differ", () => {
    const context = contextOf(1, 0);
    const withGroups = (obs_keys: AgentContext["spec"]["obs_keys"]) => ({
      ...context,
      spec: { ...context.spec, obs_keys },
    });
    expect(() => actions(withGroups({}), {})).toThrow(/add "muscle" to its kwarg obs_keys/);
    const far = { shape: [4, MUSCLES], offset: 12, unit: "1", names: [] };
    expect(() => actions(withGroups({ muscle: far }), {})).toThrow(/inside the observation/);
    expect(() => actions(context, { sensor: "raw" })).toThrow(/as many observations as actions/);
    expect(DEP_AGENT.needsGroups({ sensor: "raw" })).toEqual([]);
    expect(DEP_AGENT.needsGroups({ ...DEP_DEFAULTS })).toEqual(["muscle"]);
  });

  it("raw sensors are the observation as it is", () => {
    const size = obsAt(0, [0])[0]!.length;
    const config = { ...SMALL, sensor: "raw" };
    const dep = new DepController(1, size, { ...DEP_DEFAULTS, ...SMALL });
    const y = new Float64Array(size);
    actions(contextOf(1, 0, symmetric(size)), config).forEach((action, t) => {
      dep.step(Float64Array.from(obsAt(t, [0])[0]!, Number), y);
      action.forEach((value, i) => expect(value).toBeCloseTo(y[i]!, 12));
    });
  });

  it("forgets at the end of an episode only where told to", () => {
    const run = (reset: boolean, mask: number) => {
      const config = resolveConfig(DEP_AGENT, undefined, { ...SMALL, reset_on_episode: reset });
      const agent = DEP_AGENT.create(contextOf(1, 0, symmetric(MUSCLES)), config);
      const out: number[][] = [];
      for (let t = 0; t < STEPS; t++) {
        if (t === 30) agent.reset(Uint8Array.of(mask));
        out.push(Array.from(agent.act(obsAt(t, [0]), "explore")[0]!, Number));
      }
      return out;
    };
    expect(run(false, 1)).toEqual(run(false, 0));
    expect(run(true, 1)[30]).toEqual(Array.from({ length: MUSCLES }, () => 0));
    expect(run(true, 1).slice(0, 30)).toEqual(run(true, 0).slice(0, 30));
  });

  it("a frozen agent takes a learning one's checkpoint", async () => {
    const create = (config: JsonObject) =>
      DEP_AGENT.create(contextOf(1, 0), resolveConfig(DEP_AGENT, "hyfydy", config));
    const learning = create({});
    for (let t = 0; t < STEPS; t++) learning.act(obsAt(t, [0]), "explore");
    const frozen = create({ with_learning: false });
    await frozen.restore(await learning.checkpoint());
    const [action] = frozen.act(obsAt(STEPS, [0]), "exploit");
    expect(Array.from(action!, Number).some((value) => value !== 0.5 && value !== 0)).toBe(true);
  });

  it("a broken reading counts as none and does no lasting harm", () => {
    const agent = DEP_AGENT.create(contextOf(1, 0), resolveConfig(DEP_AGENT, undefined, SMALL));
    for (let t = 0; t < STEPS; t++) {
      const [obs] = obsAt(t, [0]) as [Float32Array];
      if (t === 20) obs.fill(NaN);
      if (t === 21) obs[JOINTS + 1] = Infinity;
      for (const value of agent.act([obs], "explore")[0]!) expect(Number(value)).not.toBeNaN();
    }
  });
});
