import { expect, it } from "vitest";
import { resolveConfig } from "../../agents/registry.ts";
import type { AgentDefinition } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";

const BAD_OPTIONS: unknown = expect.objectContaining({ code: "BAD_OPTIONS" });

/** What every entry of the registry says of itself, and the configs that it refuses. */
export function describeDefinition(definition: AgentDefinition): void {
  it("says what it is and has defaults that its own schema accepts", () => {
    expect(definition.id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(definition.title.length).toBeGreaterThan(0);
    expect(definition.configSchema["additionalProperties"]).toBe(false);
    expect(resolveConfig(definition, undefined, undefined)).toEqual(definition.defaults);
    expect(Object.keys(definition.configSchema["properties"] as JsonObject).toSorted()).toEqual(
      Object.keys(definition.defaults).toSorted(),
    );
  });

  it("refuses unknown keys and presets", () => {
    expect(() => resolveConfig(definition, undefined, { no_such_key: 1 })).toThrow(BAD_OPTIONS);
    expect(() => resolveConfig(definition, "no-such-preset", {})).toThrow(BAD_OPTIONS);
    expect(() => resolveConfig(definition, undefined, 3)).toThrow(BAD_OPTIONS);
  });
}
