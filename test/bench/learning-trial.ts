/** Entry of the process of one trial: a line of JSON in, a line of JSON out. It ends with its input. */
import { createInterface } from "node:readline";
import type { EngineId } from "../../envs/engine/physics.ts";
import { runTrial, type Trial } from "./evidence/learning/trial.ts";

interface TrialOrder {
  readonly trial: Trial;
  readonly engine: EngineId;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { trial, engine } = JSON.parse(line) as TrialOrder;
  // A trial that nobody waits for any more is left.
  process.stdin.once("end", () => process.exit());
  console.log(JSON.stringify(await runTrial(trial, engine)));
}
