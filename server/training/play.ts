import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { PolicyExport } from "../../protocol/agent.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { POLICY_CHOICES } from "../../protocol/schema/train-messages.ts";
import { readPolicy } from "../../agents/core/policy-file.ts";
import type { PlayReport, PlayTask } from "../workers/training-control.ts";
import { playEpisodes } from "./evaluation.ts";
import { PolicyPlayer } from "./policy-player.ts";
import type { Run } from "./run.ts";
import { RunStore } from "./run-store.ts";
import type { RowSource } from "./rows.ts";
import { checkSettings, type EnvChoice } from "./settings.ts";

/** Rows that episodes are spread over. */
const MAX_ROWS = 16;
/** Where nobody says how many, and from which seed: evaluations of training have others. */
export const PLAY_EPISODES = 5;
export const PLAY_SEED = 2_000_000_000;

type Which = (typeof POLICY_CHOICES)[number];

/** The folder of a run's policy, and its env-steps. @throws MyoError NOT_FOUND where there is none yet. */
export async function policyOf(run: Run, which: Which): Promise<{ step: number; folder: string }> {
  const found = which === "best" ? run.best : await run.latest();
  if (found !== null) return { step: found.step, folder: found.folder };
  const when = which === "best" ? "its first evaluation" : "its first checkpoint";
  throw new MyoError("NOT_FOUND", `Run ${run.id} has no ${which} policy yet; wait for ${when}.`);
}

interface Found {
  readonly policy: PolicyExport;
  readonly step: number;
  /** What it was trained on; null where nothing says. */
  readonly env: EnvChoice | null;
}

async function ofRun(run: Run, which: Which): Promise<Found> {
  const { step, folder } = await policyOf(run, which);
  return { policy: await readPolicy(folder), step, env: checkSettings(run.config).env };
}

/** A run's folder, a checkpoint's inside it, or any that holds a policy. */
async function ofFolder(path: string): Promise<Found> {
  const folder = resolve(path);
  // <run>/checkpoints/<step> and <run>/best/<step> belong to a run.
  for (const candidate of [folder, dirname(dirname(folder))]) {
    if (!existsSync(join(candidate, "config.json"))) continue;
    const run = await new RunStore({ folder: dirname(candidate) }).open(candidate.slice(dirname(candidate).length + 1));
    if (candidate === folder) return ofRun(run, run.best === null ? "last" : "best");
    return {
      policy: await readPolicy(folder),
      step: Number.parseInt(folder.split("/").at(-1) ?? "0", 10),
      env: checkSettings(run.config).env,
    };
  }
  return { policy: await readPolicy(folder), step: 0, env: null };
}

/** Episodes of a policy. @throws MyoError NOT_FOUND, BAD_OPTIONS where policy and environment do not fit. */
export async function playTask(
  task: PlayTask,
  runs: string,
  rowsOf: (env: EnvChoice) => Promise<RowSource>,
): Promise<PlayReport> {
  const { policy, episodes, seed } = task;
  const found =
    "folder" in policy
      ? await ofFolder(policy.folder)
      : await ofRun(await new RunStore({ folder: runs }).open(policy.run), policy.which);
  const chosen = task.env ?? found.env;
  if (chosen === null) {
    throw new MyoError("BAD_OPTIONS", "Nothing says which environment the policy is for; name it with --env.");
  }
  const numEnvs = Math.min(episodes, MAX_ROWS);
  await using rows = await rowsOf(chosen);
  await using env = await rows.open({ numEnvs, autoreset: "disabled", seed: 0 });
  const player = new PolicyPlayer(found.policy, env.spec);
  const results = await playEpisodes(env, { episodes, seed }, (obs) => player.act(obs));
  if (results === null) throw new MyoError("CANCELLED", "The episodes were cancelled.");
  return { ...results, step: found.step };
}
