import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { PolicyExport } from "../../protocol/agent.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { POLICY_CHOICES } from "../../protocol/schema/train-messages.ts";
import { readPolicy } from "../../agents/core/policy-file.ts";
import type { PlayTask } from "../workers/training-control.ts";
import type { Run } from "./run.ts";
import { RunStore } from "./run-store.ts";
import { checkSettings, type EnvChoice } from "./settings.ts";

type Which = (typeof POLICY_CHOICES)[number];

/** The folder of a run's policy, and its env-steps. @throws MyoError NOT_FOUND where there is none yet. */
export async function policyOf(run: Run, which: Which): Promise<{ step: number; folder: string }> {
  const found = which === "best" ? run.best : await run.latest();
  if (found !== null) return { step: found.step, folder: found.folder };
  const when = which === "best" ? "its first evaluation" : "its first checkpoint";
  throw new MyoError("NOT_FOUND", `Run ${run.id} has no ${which} policy yet; wait for ${when}.`);
}

/** Where nobody says which. */
const defaultOf = (run: Run): Which => (run.best === null ? "last" : "best");

/** A policy that lies in a folder. */
export interface StoredPolicy {
  readonly policy: PolicyExport;
  /** Env-steps it was trained for; 0 where unknown. */
  readonly step: number;
  /** What it was trained on; null where nothing says. */
  readonly env: EnvChoice | null;
}

async function ofRun(run: Run, which: Which): Promise<StoredPolicy> {
  const { step, folder } = await policyOf(run, which);
  return { policy: await readPolicy(folder), step, env: checkSettings(run.config).env };
}

/** A run's folder, a checkpoint's inside it, or any that holds a policy. */
async function ofFolder(path: string): Promise<StoredPolicy> {
  const folder = resolve(path);
  // <run>/checkpoints/<step> and <run>/best/<step> belong to a run.
  for (const candidate of [folder, dirname(dirname(folder))]) {
    if (!existsSync(join(candidate, "config.json"))) continue;
    const run = await new RunStore({ folder: dirname(candidate) }).open(candidate.slice(dirname(candidate).length + 1));
    if (candidate === folder) return ofRun(run, defaultOf(run));
    return {
      policy: await readPolicy(folder),
      step: Number.parseInt(folder.split("/").at(-1) ?? "0", 10),
      env: checkSettings(run.config).env,
    };
  }
  return { policy: await readPolicy(folder), step: 0, env: null };
}

/** @param runs the folder of all runs; default this machine's @throws MyoError NOT_FOUND, BAD_OPTIONS */
export async function storedPolicy(policy: PlayTask["policy"], runs?: string): Promise<StoredPolicy> {
  if ("folder" in policy) return ofFolder(policy.folder);
  return ofRun(await new RunStore(runs === undefined ? {} : { folder: runs }).open(policy.run), policy.which);
}

/**
 * What a user means by a name: a folder where there is one, else a run of this machine.
 * @param which of a run; undefined: the best, else the last @throws MyoError NOT_FOUND
 */
export async function policyNamed(name: string, which: Which | undefined): Promise<PlayTask["policy"]> {
  if (existsSync(name)) return { folder: name };
  const run = (await new RunStore().list()).find(({ id }) => id === name);
  if (run !== undefined) return { run: name, which: which ?? defaultOf(run) };
  throw new MyoError("NOT_FOUND", `There is neither a run nor a folder "${name}"; myoserve runs lists the runs.`);
}
