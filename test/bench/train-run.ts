import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createInterface } from "node:readline";
import { ROOT } from "./contestant.ts";

/**
 * A run of `myoserve train` in turns: prints "ready" once it learns, answers each line "<seconds>" with its env-steps/s,
 * read from the rows of its own metrics.csv, and stands still (SIGSTOP) in between. Arguments: those of `myoserve train`.
 */

/** Time between two looks at the metrics, ms. */
const LOOK_MS = 50;
/** Rows with updates before it counts as warm. */
const WARM_UP_ROWS = 2;

/** A row of metrics.csv. */
interface Row {
  readonly step: number;
  readonly seconds: number;
  readonly updates: number;
}

/** Rows that are there to their end. */
function rowsOf(file: string): Row[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const [head = "", ...lines] = text.split("\n").slice(0, -1);
  const names = head.split(",");
  const column = (cells: readonly string[], name: string): number => Number(cells[names.indexOf(name)]);
  return lines
    .map((line) => line.split(","))
    .map((cells) => ({
      step: column(cells, "step"),
      seconds: column(cells, "seconds"),
      updates: column(cells, "updates"),
    }));
}

/** Waits until as many rows are there. @returns them */
async function rowsFrom(file: string, enough: (rows: readonly Row[]) => boolean): Promise<readonly Row[]> {
  for (;;) {
    const rows = rowsOf(file);
    if (enough(rows)) return rows;
    await sleep(LOOK_MS);
  }
}

async function metricsFile(home: string): Promise<string> {
  for (;;) {
    const [run] = await readdir(path.join(home, "runs")).catch(() => []);
    if (run !== undefined) return path.join(home, "runs", run, "metrics.csv");
    await sleep(LOOK_MS);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const home = await mkdtemp(path.join(os.tmpdir(), "myoserve-train-run-"));
  const cli = path.join(ROOT, "dist/server/cli/main.js");
  const env = { ...process.env, MYOSERVE_HOME: home };
  const run = spawn(process.execPath, [cli, "train", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  const end = async (code: number): Promise<never> => {
    run.removeAllListeners("exit");
    run.kill("SIGKILL");
    await rm(home, { recursive: true, force: true });
    process.exit(code);
  };
  run.on("exit", () => void end(1));
  const file = await metricsFile(home);
  await rowsFrom(file, (rows) => rows.filter(({ updates }) => updates > 0).length >= WARM_UP_ROWS);
  run.kill("SIGSTOP");
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const before = rowsOf(file).length;
    run.kill("SIGCONT");
    // The first row holds the standstill.
    const over = (rows: readonly Row[]): boolean =>
      rows.length > before + 1 && (rows.at(-1)?.seconds ?? 0) - (rows[before]?.seconds ?? 0) >= Number(line);
    const rows = await rowsFrom(file, over);
    run.kill("SIGSTOP");
    const [first, last] = [rows[before], rows.at(-1)];
    const [steps, seconds] = [(last?.step ?? 0) - (first?.step ?? 0), (last?.seconds ?? 0) - (first?.seconds ?? 0)];
    const updates = (last?.updates ?? 0) - (first?.updates ?? 0);
    console.log(JSON.stringify({ value: steps / seconds, steps, seconds, updates }));
  }
  await end(0);
}

await main(process.argv.slice(2));
