import type { Agent, AgentContext, ActorDefinition } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { elementCount, type NumericArray } from "../../protocol/ndarray.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { plainSchema, typedConfig } from "../core/config.ts";
import { ReactiveAgent } from "../core/reactive-agent.ts";
import { allocateBatch, boundsOf, placedSpaces, type LeafSpace } from "../core/spaces.ts";
import { ZeroConfigSchema } from "./config.ts";

const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The values nearest to zero that a leaf admits. */
function nearestToZero(space: LeafSpace, size: number): ArrayLike<number> {
  switch (space.type) {
    case "box": {
      const { low, high } = boundsOf(space);
      return low.map((value, i) => clip(0, value, high[i] ?? 0));
    }
    case "discrete":
      return [clip(0, space.start, space.start + space.n - 1)];
    case "multi_discrete":
    case "multi_binary":
      return new Uint8Array(size);
  }
}

function write(array: NumericArray, offset: number, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[offset + i] = BigInt(value);
    else array[offset + i] = value;
  }
}

function create(context: AgentContext, config: JsonObject): Agent {
  typedConfig(ZeroConfigSchema, config, "zero");
  const { act_space: space } = context.spec;
  const row = allocateBatch(layoutOf(space), 1);
  for (const { leaf, space: child } of placedSpaces(space)) {
    const array = row[leaf.buffer];
    if (array !== undefined) write(array, leaf.offset, nearestToZero(child, elementCount(leaf.shape)));
  }
  const copyRows = (_obs: Buffers, action: Buffers): void => {
    action.forEach((array, b) => {
      const values = row[b] as typeof array & ArrayLike<never>;
      for (let at = 0; at < array.length; at += values.length) array.set(values, at);
    });
  };
  const policy = { act: copyRows, resetRow: () => undefined, state: { arrays: {}, streams: [] } };
  return new ReactiveAgent("zero", context, {}, policy);
}

/** Zero in every element, or the nearest admissible value: the control of an experiment. */
export const ZERO_AGENT: ActorDefinition = {
  id: "zero",
  title: "Zero action, or the nearest admissible one",
  configSchema: plainSchema(ZeroConfigSchema),
  defaults: {},
  presets: {},
  needsGroups: () => [],
  create,
};
