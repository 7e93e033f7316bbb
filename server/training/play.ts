import { MyoError } from "../../protocol/errors.ts";
import type { PlayReport, PlayTask } from "../workers/training-control.ts";
import { playEpisodes } from "./evaluation.ts";
import { PolicyPlayer } from "./policy-player.ts";
import type { RowSource } from "./rows.ts";
import { playRows, type EnvChoice } from "./settings.ts";
import { envFor, storedPolicy } from "./stored-policy.ts";

/** Where nobody says how many, and from which seed: evaluations of training have others. */
export const PLAY_EPISODES = 5;
export const PLAY_SEED = 2_000_000_000;

/** Episodes of a policy. @throws MyoError NOT_FOUND, BAD_OPTIONS where policy and environment do not fit. */
export async function playTask(
  task: PlayTask,
  runs: string,
  rowsOf: (env: EnvChoice) => Promise<RowSource>,
): Promise<PlayReport> {
  const { episodes, seed } = task;
  const found = await storedPolicy(task.policy, runs);
  const chosen = task.env ?? envFor(found);
  const numEnvs = playRows(episodes);
  await using rows = await rowsOf(chosen);
  await using env = await rows.open({ numEnvs, autoreset: "disabled", seed: 0 });
  const player = new PolicyPlayer(found.policy, env.spec);
  const results = await playEpisodes(env, { episodes, seed }, (obs) => player.act(obs));
  if (results === null) throw new MyoError("CANCELLED", "The episodes were cancelled.");
  return { ...results, step: found.step };
}
