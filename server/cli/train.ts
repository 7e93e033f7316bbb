import type { Command } from "commander";
import { Option } from "commander";
import { ENGINE_NAMES, type EngineName } from "../../envs/engine/select.ts";
import { MyoError } from "../../protocol/errors.ts";
import { TRAIN_PRESETS } from "../training/presets.ts";
import type { RunState } from "../training/train-table.ts";
import { printJson } from "./json.ts";
import { integer, jsonObject, userDirOption } from "./options.ts";
import { figure, ProgressLine, progressText } from "./progress-line.ts";
import { localSite, remoteSite, type TrainSite } from "./train-site.ts";
import { setting, trainRequest, type TrainFlags } from "./train-options.ts";

const MAX_STEPS = 1e12;
const MAX_WORKERS = 1024;
const MAX_ROWS = 65_536;
const MAX_EPISODES = 10_000;
/** Exit code of a process that SIGINT ended. */
const INTERRUPTED = 130;

interface Flags extends TrainFlags {
  readonly resume?: string;
  readonly url?: string;
  readonly engine: EngineName;
  readonly workers?: number;
  readonly userDir: string | null;
  readonly json: boolean;
}

/** @returns the id of the run, which has begun */
async function begin(site: TrainSite, what: string | undefined, flags: Flags): Promise<string> {
  if (flags.resume !== undefined) {
    await site.resume(flags.resume, flags.steps);
    return flags.resume;
  }
  if (what === undefined) {
    const presets = Object.keys(TRAIN_PRESETS).join(", ");
    throw new MyoError("BAD_OPTIONS", `Say what to train: an algorithm, algorithm:preset, or one of ${presets}.`);
  }
  return site.create(trainRequest(what, flags));
}

/** The first interrupt leaves the run in good order, the second ends the process at once. */
function leaveOnInterrupt(site: TrainSite, run: string): void {
  let asked = false;
  const interrupt = (): void => {
    const sentence = asked ? "" : site.leave(run);
    if (sentence !== null) {
      console.error(`\n${sentence}`);
      process.exit(INTERRUPTED);
    }
    asked = true;
    console.error("\nwriting a checkpoint; once more to end at once");
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
}

function closing({ run, state, done, best, error }: RunState): string {
  if (state === "failed") return `run ${run} failed: ${error ?? ""}`;
  const how = best === null ? "" : `; best evaluation ${figure(best.return)} at ${best.step} steps`;
  const next = state === "paused" ? `go on with: myoserve train --resume ${run}` : `see it: myoserve play ${run}`;
  return `run ${run} is ${state} at ${done} steps${how}; ${next}`;
}

/** Shows how far the run is until it ends. */
async function show(site: TrainSite, id: string): Promise<RunState> {
  const { algo, env } = await site.state(id);
  console.error(`run ${id}: ${algo} on ${env}`);
  const line = new ProgressLine();
  let asking = false;
  await site.follow(id, () => {
    if (asking) return;
    asking = true;
    const shown = site.state(id).then((state) => line.show(progressText(state)));
    // The end of the run says what is wrong.
    void shown.catch(() => undefined).finally(() => (asking = false));
  });
  line.end();
  return site.state(id);
}

async function train(what: string | undefined, flags: Flags): Promise<void> {
  const { engine, userDir, workers, json, url } = flags;
  const site = await (url === undefined ? localSite({ engine, userDir, workers }) : remoteSite(url));
  const id = await begin(site, what, flags);
  leaveOnInterrupt(site, id);
  const end = await show(site, id);
  await site.close();
  if (json) printJson(end);
  else console.log(closing(end));
  if (end.state === "failed") process.exitCode = 1;
}

export function addTrainCommand(root: Command): void {
  root
    .command("train [what]")
    .description(
      "train an algorithm: <training preset>, <algorithm> or <algorithm>:<its preset>; in this process or on a server",
    )
    .option("--env <id>", "environment (a training preset brings one)")
    .option("--env-url <address>", "server that has the environment, e.g. ws://192.168.0.7:6960 (default: who trains)")
    .option("--kwargs <json>", "its keyword arguments", jsonObject)
    .option("--set <key=value>", "a key of the algorithm's config, JSON or text; repeat for more", setting, {})
    .option("--steps <n>", "env-steps of all rows; with --resume another total", integer(1, MAX_STEPS))
    .option("--seed <n>", "seed of everything (default: drawn)", integer(0, Number.MAX_SAFE_INTEGER))
    .option("--num-envs <n>", "rows", integer(1, MAX_ROWS))
    .option("--name <name>", "name of the run (default: made of algorithm, environment and seed)")
    .option("--url <address>", "train on a server, e.g. ws://127.0.0.1:6960, instead of in this process")
    .option("--resume <run>", "continue a run from its last checkpoint")
    .option("--eval-every <n>", "env-steps between evaluations, 0: none", integer(0, MAX_STEPS))
    .option("--eval-episodes <n>", "episodes of an evaluation", integer(1, MAX_EPISODES))
    .option("--checkpoint-every <n>", "env-steps between checkpoints, 0: at the end only", integer(0, MAX_STEPS))
    .option("--log-every <n>", "env-steps between rows of metrics", integer(1, MAX_STEPS))
    .addOption(new Option("--engine <name>", "physics engine").choices([...ENGINE_NAMES]).default("wasm"))
    .option("--workers <number>", "physics worker threads (default: one a core)", integer(1, MAX_WORKERS))
    .addOption(userDirOption())
    .option("--json", "print the run's state as JSON in the end", false)
    .action(train);
}
