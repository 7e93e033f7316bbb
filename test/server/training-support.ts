import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { fromNdArray } from "../../protocol/ndarray.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import { RawClient } from "./support.ts";
import { TRAINING_PROCESS } from "./training-process.ts";

export const TEST_LEARNERS = new URL("./test-learner.ts", import.meta.url).href;

/** A run of a learner whose curve shows every step and every draw. */
export const LINE_RUN = {
  algo: "line",
  env: { id: "walk-v0", kwargs: { limit: 17 }, num_envs: 3 },
  seed: 11,
  steps: 1500,
  log_every: 30,
  checkpoint_every: 120,
  eval: { every: 300, episodes: 4 },
} as const;

/** Columns that the clock writes. */
const TIMING = new Set(["seconds", "steps_per_s"]);

/** A folder that goes after the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "myoserve-runs-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

interface ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly client: RawClient;
  readonly log: () => string;
}

/** A server process; its address once it listens. */
export async function start(runs: string, port = 0, env: Record<string, string> = {}): Promise<ServerProcess> {
  const child = spawn(process.execPath, [TRAINING_PROCESS, runs, String(port)], { env: { ...process.env, ...env } });
  children.add(child);
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const [address] = (await once(child.stdout, "data")) as [Buffer];
  const url = address.toString().trim();
  return { child, url, client: await RawClient.connect(url), log: () => log };
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
  children.delete(child);
}

type Got = ReplyOf<"train.get">;

/** Ask until the run's state fits. */
export async function until(client: RawClient, run: string, fits: (got: Got) => boolean): Promise<Got> {
  for (;;) {
    const got = await client.ask("train.get", { run });
    if (fits(got)) return got;
    if (got.run.state === "failed") throw new Error(got.run.error ?? "failed");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The metrics of a run by step, without what the clock has a part in. */
export function curveOf({ names, steps, values }: Got): unknown[] {
  const numbers = fromNdArray({ ...values, data: values.data.slice() }) as Float64Array;
  const rows = [...(fromNdArray({ ...steps, data: steps.data.slice() }) as Float64Array)];
  return rows.map((step, i) => {
    const row: Record<string, unknown> = { step };
    names.forEach((name, column) => {
      const value = numbers[i * names.length + column] ?? Number.NaN;
      if (!TIMING.has(name) && !Number.isNaN(value)) row[name] = value;
    });
    return row;
  });
}
