import { Type, type Static } from "@sinclair/typebox";
import type { JsonObject } from "../../protocol/env.ts";
import { closed } from "../../protocol/schema/common.ts";
import { validateAgainst } from "../../protocol/validate.ts";
import { plainSchema } from "../../agents/core/config.ts";

const MAX_STEPS = 1e12;
const Count = (description: string) => Type.Integer({ minimum: 0, maximum: MAX_STEPS, description });
const Steps = (description: string) => Type.Integer({ minimum: 1, maximum: MAX_STEPS, description });
const Seed = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Map = Type.Unsafe<JsonObject>({ type: "object" });

const SettingsSchema = closed({
  algo: Type.String({ minLength: 1 }),
  config: Map,
  env: closed({
    id: Type.String({ minLength: 1 }),
    url: Type.Optional(
      Type.String({ pattern: "^wss?://", description: "Server that has the rows; absent: the process that trains." }),
    ),
    kwargs: Map,
    num_envs: Type.Integer({ minimum: 1, maximum: 65_536 }),
  }),
  seed: Seed,
  steps: Steps("Env-steps of all rows; a resume may set another total."),
  eval: closed({
    every: Count("Env-steps between evaluations; 0: none."),
    episodes: Type.Integer({ minimum: 1, maximum: 10_000 }),
    seed: Seed,
  }),
  checkpoint_every: Count("Env-steps between checkpoints; 0: at pause and end only."),
  log_every: Steps("Env-steps between rows of metrics."),
});

/** What a run does, whole: nothing is left to defaults that may change. `config.json` of its folder. */
export type TrainSettings = Readonly<Static<typeof SettingsSchema>>;

/** Which environment, and who has its rows. */
export type EnvChoice = Omit<TrainSettings["env"], "num_envs">;

/** Evaluation seeds start here: far from training's small ones, the same in every run, so that runs compare. */
const EVAL_SEED = 1_000_000_000;
const EVAL_EPISODES = 10;
const MAX_PLAY_ROWS = 16;
/** Parts of a run after which something happens by default. */
const [EVALS, CHECKPOINTS, ROWS] = [50, 20, 1000] as const;
/** Least env-steps between two of them. */
const [MIN_EVAL, MIN_CHECKPOINT, MIN_LOG] = [5000, 10_000, 1000] as const;
/** A crash costs no more than this many env-steps however long the run is. */
const MAX_CHECKPOINT = 1_000_000;

/** Rows that evaluations play on. */
export function evaluationRows({ env, eval: { every, episodes } }: TrainSettings): number {
  return every === 0 ? 0 : Math.min(episodes, env.num_envs);
}

/** Rows that episodes of a policy are spread over. */
export const playRows = (episodes: number): number => Math.min(episodes, MAX_PLAY_ROWS);

/** When things happen in a run of so many steps, where nobody says. */
export function defaultRhythm(steps: number): Pick<TrainSettings, "eval" | "checkpoint_every" | "log_every"> {
  const every = (parts: number, least: number): number => Math.max(least, Math.round(steps / parts));
  return {
    eval: { every: every(EVALS, MIN_EVAL), episodes: EVAL_EPISODES, seed: EVAL_SEED },
    checkpoint_every: Math.min(MAX_CHECKPOINT, every(CHECKPOINTS, MIN_CHECKPOINT)),
    log_every: every(ROWS, MIN_LOG),
  };
}

/** @throws MyoError BAD_OPTIONS with key, value and remedy. */
export function checkSettings(value: unknown): TrainSettings {
  return validateAgainst(plainSchema(SettingsSchema), value, "settings of the run") as TrainSettings;
}
