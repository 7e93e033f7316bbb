import { readFileSync } from "node:fs";
import type { JsonObject } from "../../../protocol/env.ts";
import { MyoError } from "../../../protocol/errors.ts";
import type { Kwargs } from "../../task.ts";
import { choiceKwarg, numberKwarg, numberOf, type Episode } from "../recipe.ts";
import { ChaseTagField, type FieldHeights } from "./chase-tag-field.ts";
import { vectorKwarg, vectorOf } from "../vector-kwargs.ts";
import { POLICIES, type OpponentSettings } from "./opponent.ts";

/** Beyond this the agent may leave no place in the arena for the opponent to appear, m. */
const MOST_SPAWN_DISTANCE = 7;
/** How far the sum of the probabilities may be off 1. */
const SUM_TOLERANCE = 1e-6;

type Range = readonly [number, number];

/** What sets an id of chase tag apart; the defaults of its kwargs. */
export interface ChaseTagSettings {
  readonly resetType: "none" | "init" | "random";
  /** false: the model has the reference pose only, no stances to start in. */
  readonly stances?: boolean;
  readonly taskChoice: "CHASE" | "EVADE" | "random";
  readonly terrain: "FLAT" | "random";
  readonly ranges: Readonly<Record<RangeKwarg, Range>>;
  readonly repeller: boolean;
  readonly probabilities: readonly number[];
}

const RANGES = {
  hills_range: "Height of a hilly patch, m.",
  rough_range: "Height of a rough patch, m.",
  relief_range: "Height of the relief, m.",
  chase_vel_range: "Forward speed of a chasing opponent, drawn each episode, m/s; not negative.",
  random_vel_range: "Bounds of speed (m/s) and turning rate (rad/s) of the random policy.",
  repeller_vel_range: "Bounds of the forward speed of the repeller policy, m/s.",
} as const;
export type RangeKwarg = keyof typeof RANGES;

/** Kwargs of chase tag, MyoSuite's names. */
export function chaseTagKwargs(settings: ChaseTagSettings): Record<string, JsonObject> {
  const ranges = (Object.keys(RANGES) as RangeKwarg[]).map(
    (name) => [name, vectorKwarg(settings.ranges[name], `${RANGES[name]} [least, most].`)] as const,
  );
  return {
    reset_type: choiceKwarg(
      settings.stances === false ? ["none"] : ["none", "init", "random"],
      settings.resetType,
      "Start: reference pose, right stance, or either stance with noise anywhere in the arena.",
    ),
    task_choice: choiceKwarg(
      ["CHASE", "EVADE", "random"],
      settings.taskChoice,
      "Tag the opponent, escape it, or drawn.",
    ),
    terrain: choiceKwarg(["FLAT", "random"], settings.terrain, "Ground: flat, or patches drawn each episode."),
    win_distance: numberKwarg(0.5, "Distance between pelvis and opponent that counts as a tag, m.", { minimum: 0 }),
    min_spawn_distance: numberKwarg(2, "Least distance between agent and opponent at the start, m.", {
      exclusiveMinimum: 0,
      maximum: MOST_SPAWN_DISTANCE,
    }),
    ...Object.fromEntries(ranges),
    repeller_opponent: {
      type: "boolean",
      default: settings.repeller,
      description: "The opponent has a fourth policy: it is repelled by the agent and the walls.",
    },
    opponent_probabilities: vectorKwarg(
      settings.probabilities,
      `Probabilities of the policies ${POLICIES.join(", ")}; the last with repeller_opponent only. Their sum is 1.`,
      { minimum: 0, maximum: 1 },
      { minItems: POLICIES.length - 1, maxItems: POLICIES.length },
    ),
  };
}

function rangeOf(kwargs: Kwargs, name: RangeKwarg): Range {
  const [low = NaN, high = NaN] = vectorOf(kwargs, name);
  if (low <= high) return [low, high];
  throw new MyoError("BAD_OPTIONS", `${name} needs [least, most], but ${low} and ${high} came; swap them.`);
}

function probabilitiesOf(kwargs: Kwargs, repeller: boolean): number[] {
  const name = "opponent_probabilities";
  const values = [...vectorOf(kwargs, name)];
  const count = repeller ? POLICIES.length : POLICIES.length - 1;
  if (values.length !== count) {
    const rule = `${name} has ${count} elements where repeller_opponent is ${String(repeller)}`;
    throw new MyoError("BAD_OPTIONS", `${rule}, but ${values.length} came; give one a policy.`);
  }
  const sum = values.reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) < SUM_TOLERANCE) return values;
  throw new MyoError("BAD_OPTIONS", `${name} must sum to 1, but the sum is ${sum}; divide them by it.`);
}

/** @throws MyoError BAD_OPTIONS where a range is reversed or the probabilities do not fit. */
export function opponentSettings(kwargs: Kwargs): OpponentSettings {
  const repeller = kwargs["repeller_opponent"] === true;
  const chaseSpeed = rangeOf(kwargs, "chase_vel_range");
  if (chaseSpeed[0] < 0 || chaseSpeed[1] <= 0) {
    const came = `${chaseSpeed[0]} and ${chaseSpeed[1]}`;
    throw new MyoError("BAD_OPTIONS", `chase_vel_range needs 0 <= least and 0 < most, but ${came} came; raise them.`);
  }
  return {
    repeller,
    probabilities: probabilitiesOf(kwargs, repeller),
    minSpawnDistance: numberOf(kwargs, "min_spawn_distance"),
    chaseSpeed,
    randomSpeed: rangeOf(kwargs, "random_vel_range"),
    repellerSpeed: rangeOf(kwargs, "repeller_vel_range"),
  };
}

/** Whether the ground is flat. */
export const isFlat = (kwargs: Kwargs): boolean => kwargs["terrain"] === "FLAT";

/** The ground, null where it is flat. @throws MyoError BAD_OPTIONS where a range is reversed. */
export function fieldOf(kwargs: Kwargs, episode: Episode): ChaseTagField | null {
  const heights: FieldHeights = {
    hills: rangeOf(kwargs, "hills_range"),
    rough: rangeOf(kwargs, "rough_range"),
    relief: rangeOf(kwargs, "relief_range"),
  };
  if (isFlat(kwargs)) return null;
  const bytes = readFileSync(episode.dataPath("myo_relief"));
  return new ChaseTagField(new Float64Array(new Uint8Array(bytes).buffer), heights);
}
