import { Option, type Command } from "commander";
import { ENGINE_NAMES, type EngineName } from "../../envs/engine/select.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { POLICY_CHOICES, type PolicyChoice } from "../../protocol/schema/train-messages.ts";
import { createLog } from "../log.ts";
import { PLAY_EPISODES, PLAY_SEED } from "../training/play.ts";
import { openRuntime } from "../training/runtime.ts";
import { envFor, policyNamed, storedPolicy } from "../training/stored-policy.ts";
import { printJson, printTable } from "./json.ts";
import { integer, jsonObject, userDirOption } from "./options.ts";
import { figure } from "./progress-line.ts";

const MAX_EPISODES = 100_000;

interface Flags {
  readonly episodes: number;
  readonly seed: number;
  readonly which?: PolicyChoice;
  readonly env?: string;
  readonly kwargs: JsonObject;
  readonly engine: EngineName;
  readonly userDir: string | null;
  readonly json: boolean;
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

async function play(name: string, flags: Flags): Promise<void> {
  const { episodes, seed, which, env, kwargs, engine, userDir, json } = flags;
  const runtime = await openRuntime({ engine, userDir, log: createLog("warn") });
  const policy = await policyNamed(name, which);
  const changed = env !== undefined || Object.keys(kwargs).length > 0;
  const chosen = changed ? envFor(await storedPolicy(policy), env, kwargs) : null;
  const { step, returns, lengths, solved } = await runtime.training.play({ policy, env: chosen, episodes, seed });
  const success = solved?.success ?? null;
  if (json) {
    const successes = success === null ? null : Array.from(success, (value) => value === 1);
    printJson({ policy: name, step, returns: [...returns], lengths: [...lengths], success: successes });
    return;
  }
  const succeeded = (episode: number): string => (success === null ? "" : success[episode] === 1 ? "yes" : "no");
  const rows = Array.from(returns, (value, e) => [
    String(seed + e),
    figure(value),
    String(lengths[e] ?? 0),
    succeeded(e),
  ]);
  const total = ["mean", figure(mean(returns)), figure(mean(lengths)), success === null ? "" : figure(mean(success))];
  printTable([["seed", "return", "steps", success === null ? "" : "success"], ...rows, total]);
}

export function addPlayCommand(root: Command): void {
  root
    .command("play <run>")
    .description("play episodes with a policy: of a run, or of a folder that holds policy.json")
    .option("--episodes <n>", "episodes", integer(1, MAX_EPISODES), PLAY_EPISODES)
    .option("--seed <n>", "seed of the first, the next has the next", integer(0, Number.MAX_SAFE_INTEGER), PLAY_SEED)
    .addOption(new Option("--which <policy>", "of a run (default: best, else last)").choices([...POLICY_CHOICES]))
    .option("--env <id>", "another environment of the same spaces")
    .option(
      "--kwargs <json>",
      "keyword arguments of --env, or changes to those the policy was trained with",
      jsonObject,
      {},
    )
    .addOption(new Option("--engine <name>", "physics engine").choices([...ENGINE_NAMES]).default("wasm"))
    .addOption(userDirOption())
    .option("--json", "print JSON", false)
    .action(play);
}
