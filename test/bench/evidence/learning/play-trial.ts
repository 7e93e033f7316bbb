import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EngineId } from "../../../../envs/engine/physics.ts";
import { compiledUrl } from "../../../../protocol/compiled-url.ts";
import type { Trial, TrialResult } from "./trial.ts";

/** Every library computes with one thread. */
const THREADS = {
  MYOSERVE_TENSOR_THREADS: "1",
  TF_NUM_INTRAOP_THREADS: "1",
  TF_NUM_INTEROP_THREADS: "1",
  OMP_NUM_THREADS: "1",
} as const;
const QUIET = { TF_CPP_MIN_LOG_LEVEL: "2" } as const;

/** One trial in a process of its own, which ends with this one. @throws Error where it fails. */
export async function playTrial(trial: Trial, engine: EngineId): Promise<TrialResult> {
  const file = import.meta.url.endsWith(".ts") ? "learning-trial.ts" : "learning-trial.js";
  const program = fileURLToPath(compiledUrl(new URL(`../../${file}`, import.meta.url).href));
  const child = spawn(process.execPath, [program], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...QUIET, ...THREADS },
  });
  // A program that died is reported by what it did not say.
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify({ trial, engine })}\n`);
  let answer = "";
  child.stdout.setEncoding("utf8");
  for await (const piece of child.stdout) {
    answer += String(piece);
    if (answer.endsWith("\n")) child.stdin.end();
  }
  try {
    return JSON.parse(answer) as TrialResult;
  } catch {
    throw new Error(`The trial ${trial.world.name}, ${trial.method}, seed ${trial.seed} ended without a result.`);
  }
}
