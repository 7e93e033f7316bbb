import type { Command } from "commander";
import { createLog } from "../log.ts";
import { openRuntime } from "../training/runtime.ts";
import { printJson, printTable } from "./json.ts";
import { duration, figure } from "./progress-line.ts";

async function list({ json }: { readonly json: boolean }): Promise<void> {
  const { training } = await openRuntime({ engine: "wasm", userDir: null, log: createLog("warn") });
  const runs = await training.list();
  if (json) {
    printJson({ runs });
    return;
  }
  const rows = runs.map(({ run, algo, env, state, done, total, seconds, metrics, best }) => [
    run,
    algo,
    env,
    state,
    `${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}`,
    duration(seconds),
    figure(metrics["return_mean"]),
    figure(best?.return),
    figure(best?.success),
  ]);
  printTable([["run", "algorithm", "environment", "state", "steps", "time", "return", "best", "success"], ...rows]);
}

export function addRunsCommand(root: Command): void {
  root
    .command("runs")
    .description("list the training runs, newest first")
    .option("--json", "print JSON", false)
    .action(list);
}
