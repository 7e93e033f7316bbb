import { describe, expect, it } from "vitest";
import { AGENTS, findAgent, resolveConfig } from "../../agents/registry.ts";
import { MyoError } from "../../protocol/errors.ts";
import { contextOf } from "../contract/agent-fixtures.ts";
import { describeAgent } from "../contract/describe-agent.ts";
import { describeLearner } from "../contract/describe-learner.ts";

for (const definition of AGENTS) {
  if (definition.learns) describeLearner(definition);
  else describeAgent(definition);
}

describe("agent registry", () => {
  it("names each agent once and finds it", () => {
    expect(new Set(AGENTS.map(({ id }) => id)).size).toBe(AGENTS.length);
    for (const agent of AGENTS) expect(findAgent(agent.id)).toBe(agent);
  });

  it("answers a mistyped name with the nearest one", () => {
    expect(() => findAgent("colorednoise")).toThrow(/did you mean "colored-noise"/);
    expect(() => findAgent("ppo")).toThrow(MyoError);
    expect(() => findAgent("constructor")).toThrow(MyoError);
  });

  it("config beats preset beats defaults", () => {
    const dep = findAgent("dep");
    const config = resolveConfig(dep, "ostrich", { tau: 11 });
    expect(config).toMatchObject({ tau: 11, kappa: 20, normalization: "deprl", sensor: "muscle" });
    expect(() => resolveConfig(dep, "ostrch", {})).toThrow(/did you mean "ostrich"/);
    expect(() => resolveConfig(dep, "constructor", {})).toThrow(/no preset/);
    expect(() => resolveConfig(dep, undefined, { taw: 3 })).toThrow(/did you mean "tau"/);
    expect(() => resolveConfig(dep, undefined, { tau: 2.5 })).toThrow(/tau/);
  });

  it("a checkpoint of another algorithm or config is refused", async () => {
    const create = async (id: string, preset?: string) =>
      findAgent(id).create(contextOf(1, 0), resolveConfig(findAgent(id), preset, {}));
    const saved = await (await create("dep", "myosuite")).checkpoint();
    await expect((await create("random")).restore(saved)).rejects.toThrow(/one of dep/);
    await expect((await create("dep", "hyfydy")).restore(saved)).rejects.toThrow(/another config/);
  });
});
