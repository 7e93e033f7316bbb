import { listEnvs } from "../../envs/registry.ts";
import type { Contestant } from "./contestant.ts";
import { atLeast, median, printTable, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage } from "./stage.ts";

/** Ours / MyoSuite's time of a step, at most; of so many ids. */
const BOUND = 1.15;
const SHARE = 0.9;
const WARM_UP = 0.3;
/** Ids that need a file of the user's. */
const NEEDS_FILE = /FullBodyDirectional|ChaseTagFBVs/;

interface IdTimes {
  readonly id: string;
  /** us a step, by round. */
  readonly wasm: number[];
  readonly myosuite: number[];
  readonly ratio: number;
}

/** @returns null where MyoSuite cannot make the id. */
async function timesOf(
  id: string,
  ours: Contestant,
  peer: Contestant,
  rounds: number,
  seconds: number,
): Promise<IdTimes | null> {
  const [, made] = await Promise.all([ours.ask(id), peer.ask(id)]);
  if (made.value < 0) return null;
  for (const side of [ours, peer]) await side.run(WARM_UP);
  const wasm: number[] = [];
  const myosuite: number[] = [];
  for (let round = 0; round < rounds; round++) {
    wasm.push((await ours.run(seconds)).value);
    myosuite.push((await peer.run(seconds)).value);
  }
  const ratio = median(wasm.map((time, round) => time / (myosuite[round] ?? Number.NaN)));
  return { id, wasm, myosuite, ratio };
}

/** Time of a step of every MyoSuite id: the wasm engine in one thread of Node, MyoSuite in one thread of Python. */
export async function benchStepTimes(settings: BenchSettings): Promise<void> {
  const all = listEnvs().filter(({ id, pack }) => pack === "myosuite" && !NEEDS_FILE.test(id));
  const ids = settings.ids ?? all.map(({ id }) => id);
  const times: IdTimes[] = [];
  const skipped: string[] = [];
  await onStage(async (stage) => {
    const ours = stage.node("wasm", "env-steps.js");
    const peer = stage.python("myosuite", "myosuite_steps.py");
    for (const side of [ours, peer]) await side.ready();
    for (const id of ids) {
      const found = await timesOf(id, ours, peer, settings.rounds ?? 3, settings.seconds ?? 0.3);
      if (found === null) skipped.push(`${id}: MyoSuite cannot make it here.`);
      else times.push(found);
    }
  });
  const slow = times.filter(({ ratio }) => ratio > BOUND).toSorted((a, b) => b.ratio - a.ratio);
  printTable(slow.map(({ id, wasm, myosuite, ratio }) => ({ id, us: median(wasm), peer: median(myosuite), ratio })));
  const share = 1 - slow.length / times.length;
  const verdict = atLeast(`share of ${times.length} ids within ${BOUND} x MyoSuite's time of a step`, share, SHARE, "");
  const raw = { unit: "us a step", ratio: median(times.map(({ ratio }) => ratio)), times };
  report("step-times", [verdict], raw, skipped);
}
