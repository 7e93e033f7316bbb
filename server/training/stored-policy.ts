import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { PolicyExport } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { PolicyChoice } from "../../protocol/schema/train-messages.ts";
import { readPolicy } from "../../agents/core/policy-file.ts";
import type { PlayTask } from "../workers/training-control.ts";
import type { Run } from "./run.ts";
import { RunStore } from "./run-store.ts";
import { checkSettings, type EnvChoice } from "./settings.ts";

/** The folder of a run's policy, and its env-steps. @throws MyoError NOT_FOUND where there is none yet. */
export async function policyOf(run: Run, which: PolicyChoice): Promise<{ step: number; folder: string }> {
  const found = which === "best" ? run.best : await run.latest();
  if (found !== null) return { step: found.step, folder: found.folder };
  const when = which === "best" ? "its first evaluation" : "its first checkpoint";
  throw new MyoError("NOT_FOUND", `Run ${run.id} has no ${which} policy yet; wait for ${when}.`);
}

/** Where nobody says which. */
const defaultOf = (run: Run): PolicyChoice => (run.best === null ? "last" : "best");

/** A policy that lies in a folder. */
export interface StoredPolicy {
  readonly policy: PolicyExport;
  /** Env-steps it was trained for; 0 where unknown. */
  readonly step: number;
  /** What it was trained on; null where nothing says. */
  readonly env: EnvChoice | null;
}

async function ofRun(run: Run, which: PolicyChoice): Promise<StoredPolicy> {
  const { step, folder } = await policyOf(run, which);
  return { policy: await readPolicy(folder), step, env: checkSettings(run.config).env };
}

/** The run whose folder it is; null where it is none. */
async function runIn(folder: string): Promise<Run | null> {
  if (!existsSync(join(folder, "config.json"))) return null;
  return new RunStore({ folder: dirname(folder) }).open(basename(folder));
}

/** A run's folder, a checkpoint's inside it, or any that holds a policy. */
async function ofFolder(path: string, which: PolicyChoice | undefined): Promise<StoredPolicy> {
  const folder = resolve(path);
  const own = await runIn(folder);
  if (own !== null) return ofRun(own, which ?? defaultOf(own));
  if (which !== undefined) {
    throw new MyoError(
      "BAD_OPTIONS",
      `${path} is no run but a single policy, of which none is the ${which}; leave that out.`,
    );
  }
  const policy = await readPolicy(folder);
  // <run>/checkpoints/<step> and <run>/best/<step> belong to a run.
  const run = await runIn(dirname(dirname(folder)));
  if (run === null) return { policy, step: 0, env: null };
  return { policy, step: Number.parseInt(basename(folder), 10), env: checkSettings(run.config).env };
}

/** @param runs the folder of all runs; default this machine's @throws MyoError NOT_FOUND, BAD_OPTIONS */
export async function storedPolicy(policy: PlayTask["policy"], runs?: string): Promise<StoredPolicy> {
  if ("folder" in policy) return ofFolder(policy.folder, policy.which);
  return ofRun(await new RunStore(runs === undefined ? {} : { folder: runs }).open(policy.run), policy.which);
}

/**
 * What a user means by a name: a folder where there is one, else a run of this machine.
 * @param which of a run; undefined: the best, else the last @throws MyoError NOT_FOUND
 */
export async function policyNamed(name: string, which: PolicyChoice | undefined): Promise<PlayTask["policy"]> {
  if (existsSync(name)) return { folder: name, ...(which !== undefined && { which }) };
  const run = (await new RunStore().list()).find(({ id }) => id === name);
  if (run !== undefined) return { run: name, which: which ?? defaultOf(run) };
  throw new MyoError("NOT_FOUND", `There is neither a run nor a folder "${name}"; myoserve runs lists the runs.`);
}

/** Where it plays: the environment that is named, else its own with changed arguments. @throws MyoError BAD_OPTIONS where nothing says. */
export function envFor({ env: own }: StoredPolicy, id?: string, kwargs: JsonObject = {}): EnvChoice {
  if (id !== undefined) return { id, kwargs };
  if (own !== null) return { ...own, kwargs: { ...own.kwargs, ...kwargs } };
  throw new MyoError("BAD_OPTIONS", "Nothing says which environment the policy is for; name one.");
}
