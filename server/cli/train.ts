import type { Command } from "commander";
import { Option } from "commander";
import { ENGINE_NAMES, type EngineName } from "../../envs/engine/select.ts";
import { MyoError } from "../../protocol/errors.ts";
import { createLog } from "../log.ts";
import { openRuntime } from "../training/runtime.ts";
import { TRAIN_PRESETS } from "../training/presets.ts";
import type { RunState } from "../training/train-table.ts";
import { printJson } from "./json.ts";
import { integer, jsonObject, userDirOption } from "./options.ts";
import { figure, ProgressLine, progressText } from "./progress-line.ts";
import { setting, trainRequest, type TrainFlags } from "./train-options.ts";

const MAX_STEPS = 1e12;
const MAX_WORKERS = 1024;
const MAX_ROWS = 65_536;
const MAX_EPISODES = 10_000;

interface Flags extends TrainFlags {
  readonly resume?: string;
  readonly engine: EngineName;
  readonly workers?: number;
  readonly userDir: string | null;
  readonly json: boolean;
}

type Runtime = Awaited<ReturnType<typeof openRuntime>>;

/** @returns the id of the run, which has begun */
async function begin({ training }: Runtime, what: string | undefined, flags: Flags): Promise<string> {
  if (flags.resume !== undefined) {
    await training.resume(flags.resume, flags.steps);
    return flags.resume;
  }
  if (what === undefined) {
    const presets = Object.keys(TRAIN_PRESETS).join(", ");
    throw new MyoError("BAD_OPTIONS", `Say what to train: an algorithm, algorithm:preset, or one of ${presets}.`);
  }
  return (await training.create(trainRequest(what, flags))).run;
}

/** The first interrupt writes a checkpoint, the second ends the process at once. */
function pauseOnInterrupt({ training }: Runtime, run: string): void {
  let asked = false;
  const interrupt = (): void => {
    if (asked) process.exit(130);
    asked = true;
    console.error("\nwriting a checkpoint; once more to end at once");
    // A run that has just ended needs no pause.
    training.pause(run).catch(() => undefined);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
}

function closing({ run, state, done, best, error }: RunState): string {
  const how = best === null ? "" : `; best evaluation ${figure(best.return)} at ${done === 0 ? 0 : best.step} steps`;
  const next = state === "paused" ? `; go on with: myoserve train --resume ${run}` : `; see it: myoserve play ${run}`;
  return state === "failed"
    ? `run ${run} failed: ${error ?? ""}`
    : `run ${run} is ${state} at ${done} steps${how}${next}`;
}

async function train(what: string | undefined, flags: Flags): Promise<void> {
  const { engine, userDir, workers, json } = flags;
  const runtime = await openRuntime({ engine, userDir, workers, log: createLog("warn") });
  const { training, jobs } = runtime;
  const id = await begin(runtime, what, flags);
  pauseOnInterrupt(runtime, id);
  const begun = await training.state(id);
  const job = jobs.get(begun.job ?? "");
  const line = new ProgressLine();
  console.error(`run ${id}: ${begun.algo} on ${begun.env}`);
  let showing: Promise<void> | null = null;
  job.listeners.add(() => {
    showing ??= training.state(id).then((state) => {
      line.show(progressText(state));
      showing = null;
    });
  });
  await job.settled;
  await showing;
  line.end();
  const end = await training.state(id);
  if (json) printJson(end);
  else console.log(closing(end));
  if (end.state === "failed") process.exitCode = 1;
  process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM");
}

export function addTrainCommand(root: Command): void {
  root
    .command("train [what]")
    .description("train an algorithm: <training preset>, <algorithm> or <algorithm>:<its preset>; needs no server")
    .option("--env <id>", "environment (a training preset brings one)")
    .option("--kwargs <json>", "its keyword arguments", jsonObject)
    .option("--set <key=value>", "a key of the algorithm's config, JSON or text; repeat for more", setting, {})
    .option("--steps <n>", "env-steps of all rows; with --resume another total", integer(1, MAX_STEPS))
    .option("--seed <n>", "seed of everything (default: drawn)", integer(0, Number.MAX_SAFE_INTEGER))
    .option("--num-envs <n>", "rows", integer(1, MAX_ROWS))
    .option("--name <name>", "name of the run (default: made of algorithm, environment and seed)")
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
