import type { EnvSpec, JointInfo, JsonObject } from "../protocol/env.ts";
import { elementCount, toNdArray } from "../protocol/ndarray.ts";
import type { BoxSpace, Space } from "../protocol/spaces.ts";
import { JOINT_HINGE, JOINT_SLIDE } from "./engine/mujoco-enums.ts";
import type { Model } from "./engine/physics.ts";
import type { Observation } from "./observation.ts";
import type { Reward } from "./reward.ts";
import type { EnvDefinition, ObsGroupSpec, TaskLayout } from "./task.ts";

/** Kwargs that the step loop itself understands, for every environment. */
const LOOP_KWARGS: JsonObject = {
  obs_keys: {
    type: "array",
    items: { type: "string" },
    minItems: 1,
    uniqueItems: true,
    description: "Observation groups in order, of obs_available; act is appended where the model has activations.",
  },
  weighted_reward_keys: {
    type: "object",
    additionalProperties: { type: "number" },
    description: "Weight of each reward term, replacing the defaults.",
  },
};

const NO_OPTIONS: JsonObject = { type: "object", properties: {}, additionalProperties: false };

/** The schema of an environment's kwargs with what the loop adds. */
export function kwargsSchemaOf(definition: EnvDefinition): JsonObject {
  const own = definition.kwargsSchema;
  return {
    type: "object",
    ...own,
    properties: { ...(own["properties"] as JsonObject | undefined), ...LOOP_KWARGS },
    additionalProperties: false,
  };
}

/** A Box of f4 with one bound everywhere, as in Gymnasium's `Box(low, high, (size,), float32)`. */
export function uniformBox(low: number, high: number, size: number): BoxSpace {
  const bound = (value: number) => toNdArray("<f4", [1], new Float32Array([value]));
  return { type: "box", dtype: "<f4", shape: [size], low: bound(low), high: bound(high) };
}

function jointsOf(model: Model): JointInfo[] {
  const types = model.intsBorrow("jnt_type");
  const addresses = model.intsBorrow("jnt_qposadr");
  const limited = model.intsBorrow("jnt_limited");
  const ranges = model.floatsBorrow("jnt_range");
  const joints: JointInfo[] = [];
  for (let j = 0; j < model.sizes.njnt; j++) {
    if (types[j] !== JOINT_SLIDE && types[j] !== JOINT_HINGE) continue;
    const range: [number, number] = limited[j] ? [ranges[2 * j] ?? 0, ranges[2 * j + 1] ?? 0] : [0, 0];
    joints.push({ name: model.name("joint", j), qpos: addresses[j] ?? 0, range });
  }
  return joints;
}

/** Names of the action's elements: muscles or actuators, whichever there are as many of. */
function actionNames(model: Model, layout: TaskLayout): string[] {
  const space: Space = layout.actionSpace;
  const size = space.type === "box" ? elementCount(space.shape) : 0;
  if (layout.muscles.length === size) return [...layout.muscles];
  if (model.sizes.nu !== size) return [];
  return Array.from({ length: size }, (_, i) => model.name("actuator", i));
}

/** Groups of `info["obs_dict"]`, in order. */
function obsDictOf({ definition, layout, available, observation }: RowParts): string[] {
  const { obsDict = { without: [] } } = definition;
  if (obsDict === "chosen") return observation.groups.map(({ name }) => name);
  const own = layout.groups.map(({ name }) => name).filter((name) => !obsDict.without.includes(name));
  const hasAct = available.some(({ name }) => name === "act");
  return hasAct && !own.includes("act") ? [...own, "act"] : own;
}

/** What a row is built of. */
export interface RowParts {
  readonly definition: EnvDefinition;
  readonly model: Model;
  readonly layout: TaskLayout;
  readonly available: readonly ObsGroupSpec[];
  readonly observation: Observation;
  readonly reward: Reward;
  /** e.g. "wasm 3.3.8" */
  readonly engine: string;
  /** sha256 of the full model's text. */
  readonly modelSha256: string;
}

/** The description of a row, as it travels. */
export function buildSpec(parts: RowParts): EnvSpec {
  const { definition, model, layout, observation, reward } = parts;
  return {
    id: definition.id,
    title: definition.title,
    obs_space: uniformBox(-Infinity, Infinity, observation.size),
    act_space: layout.actionSpace,
    obs_keys: observation.describe(),
    obs_available: parts.available.map(({ name }) => name),
    obs_dict: obsDictOf(parts),
    info_keys: [...reward.infoKeys],
    reward_weights: { ...reward.weights },
    autoreset_modes: ["next_step", "same_step", "disabled"],
    max_episode_steps: layout.maxEpisodeSteps,
    dt: model.timestep * layout.frameSkip,
    frame_skip: layout.frameSkip,
    nondeterministic: false,
    kwargs_schema: kwargsSchemaOf(definition),
    options_schema: layout.optionsSchema ?? NO_OPTIONS,
    model_sha256: parts.modelSha256,
    engine: parts.engine,
    actuators: actionNames(model, layout),
    joints: jointsOf(model),
  };
}
