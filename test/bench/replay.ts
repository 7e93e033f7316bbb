import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { NStepReplay } from "../../agents/core/replay/n-step-replay.ts";
import type { ReplayBatch, ReplayStep } from "../../agents/core/replay/replay.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { atMost, printTable, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";

/** The leg's size, and as many rows as depRL trains it with. */
const OPTIONS = { capacity: 1e6, numEnvs: 200, obsSize: 400, actionSize: 80, nSteps: 3, discount: 0.99 };
const BATCH = 256;
/** Between two stored steps while a save is under way, ms: 200 rows of the leg take longer. */
const STORE_EVERY = 20;
/** Longest time that a save may keep the loop from other work, ms. */
const TARGET_PAUSE = 20;

function stepOf(): ReplayStep {
  const { numEnvs, obsSize, actionSize } = OPTIONS;
  const rng = createRng(1);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => rng.standardNormal());
  return {
    obs: draw(numEnvs * obsSize),
    action: draw(numEnvs * actionSize),
    nextObs: draw(numEnvs * obsSize),
    reward: new Float64Array(numEnvs).fill(1),
    terminated: new Uint8Array(numEnvs),
    ended: new Uint8Array(numEnvs),
    source: new Uint8Array(numEnvs),
  };
}

interface Watch {
  /** s */
  readonly seconds: number;
  /** Longest time from one turn of the loop to the next, without what is stored here, ms. */
  readonly pause: number;
  readonly stored: number;
}

/** Run `work` while steps are stored, and look how long the loop is kept from its next turn. */
async function watch(replay: NStepReplay, step: ReplayStep, work: () => Promise<unknown>): Promise<Watch> {
  let running = true;
  let pause = 0;
  let stored = 0;
  const begin = performance.now();
  const working = work().finally(() => (running = false));
  let last = performance.now();
  pause = last - begin;
  let due = last + STORE_EVERY;
  while (running) {
    await new Promise((resolve) => setImmediate(resolve));
    pause = Math.max(pause, performance.now() - last);
    if (performance.now() >= due) {
      replay.store(step);
      stored++;
      due = performance.now() + STORE_EVERY;
    }
    last = performance.now();
  }
  await working;
  return { seconds: (performance.now() - begin) / 1000, pause, stored };
}

/** µs of a call, over so many. */
function timed(calls: number, work: () => void): number {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) work();
  return ((performance.now() - begin) * 1000) / calls;
}

function batchOf(): ReplayBatch {
  const { obsSize, actionSize } = OPTIONS;
  return {
    obs: new Float32Array(BATCH * obsSize),
    action: new Float32Array(BATCH * actionSize),
    nextObs: new Float32Array(BATCH * obsSize),
    reward: new Float32Array(BATCH),
    discount: new Float32Array(BATCH),
    index: new Uint32Array(BATCH),
  };
}

const gigabytes = (folder: string, files: readonly string[]): number =>
  files.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0) / 1e9;

/** A replay of 1e6 transitions written whole, then a fifth of it anew, then read, while the loop goes on. */
export async function benchReplay(settings: BenchSettings): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "myoserve-bench-replay-"));
  try {
    const replay = new NStepReplay(OPTIONS);
    const step = stepOf();
    const rows = OPTIONS.capacity / OPTIONS.numEnvs;
    const storing = timed(rows, () => replay.store(step));
    const [rng, batch] = [createRng(2), batchOf()];
    const sampling = timed(2000, () => replay.sample(rng, batch));
    const wait = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, (settings.seconds ?? 5) * 1000));
    const idle = await watch(replay, step, wait);
    let files: readonly string[] = [];
    const save = async (): Promise<void> => void (files = await replay.save(folder));
    const whole = await watch(replay, step, save);
    const written = gigabytes(folder, files);
    for (let i = 0; i < rows / 5 - whole.stored; i++) replay.store(step);
    const fifth = await watch(replay, step, save);
    const read = await watch(new NStepReplay({ ...OPTIONS, capacity: OPTIONS.numEnvs * 3 }), step, () =>
      replay.load(folder, files),
    );
    const runs = { "no save": idle, "all transitions": whole, "a fifth anew": fifth, load: read };
    printTable(
      Object.entries(runs).map(([what, { seconds, pause }]) => ({ what, seconds, "longest pause, ms": pause })),
    );
    console.log(
      `${written.toFixed(2)} GB; store 200 rows ${storing.toFixed(0)} µs; sample 256 ${sampling.toFixed(0)} µs`,
    );
    const pause = Math.max(whole.pause, fifth.pause);
    const verdict = atMost("longest pause of the loop while 1e6 transitions are saved", pause, TARGET_PAUSE, "ms");
    report("replay", [verdict], { written_gb: written, store_us: storing, sample_us: sampling, runs });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
