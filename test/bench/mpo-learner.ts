import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import { NormalNoise } from "../../agents/core/normal-noise.ts";
import { RunningNormaliser } from "../../agents/core/normaliser.ts";
import type { ReplayBatch } from "../../agents/core/replay/replay.ts";
import type { TensorBackend } from "../../agents/core/tensor/backend.ts";
import { openTensors } from "../../agents/core/tensor/tfjs.ts";
import { MPO_DEFAULTS } from "../../agents/mpo/config.ts";
import { MpoLearner } from "../../agents/mpo/learner.ts";
import { createRng, type Rng } from "../../protocol/random/generator.ts";
import { median } from "./report.ts";

/** Sizes of the 80-muscle legs. */
const OBS = 403;
const ACTIONS = 80;
const BATCH = 256;
/** Rows that act at once. */
const ROWS = 64;
/** Of the run that looks for leaks: as many updates as a run of 300,000 environment steps, tiny. */
const LEAK_UPDATES = 10_000;
const LEAK_SIZES = { obs: 8, actions: 4, hidden: [16, 16], batch_size: 32, samples: 4 };
const WARM_UP = 2;

function normals(rng: Rng, count: number): Float32Array {
  const out = new Float32Array(count);
  new NormalNoise(rng).fill(out);
  return out;
}

function randomBatch(rng: Rng, size: number, obs: number, actions: number): ReplayBatch {
  return {
    obs: normals(rng, size * obs),
    action: normals(rng, size * actions),
    nextObs: normals(rng, size * obs),
    reward: normals(rng, size),
    discount: new Float32Array(size).fill(0.99),
    index: new Uint32Array(size),
  };
}

/** Seconds in, updates a second out, one at least: observations normalised, critic, actor, duals, targets. */
function updates(tensors: TensorBackend, width: number): (seconds: number) => number {
  const rng = createRng(0);
  const config = { ...MPO_DEFAULTS, hidden: [width, width], batch_size: BATCH };
  const learner = new MpoLearner(tensors, { obs: OBS, actions: ACTIONS }, config, rng, new NormalNoise(rng));
  const normaliser = new RunningNormaliser(OBS);
  const raw = randomBatch(rng, BATCH, OBS, ACTIONS);
  const batch = { ...raw, obs: raw.obs.slice(), nextObs: raw.nextObs.slice() };
  return (seconds) => {
    const start = performance.now();
    let count = 0;
    do {
      normaliser.normalise(raw.obs, batch.obs);
      normaliser.normalise(raw.nextObs, batch.nextObs);
      learner.learn(batch);
      count += 1;
    } while (performance.now() - start < seconds * 1000);
    return (1000 * count) / (performance.now() - start);
  };
}

/** Seconds in, median ms of one act of all rows out. */
function acting(tensors: TensorBackend, width: number): (seconds: number) => number {
  const rng = createRng(0);
  const config = { ...MPO_DEFAULTS, hidden: [width, width] };
  const learner = new MpoLearner(tensors, { obs: OBS, actions: ACTIONS }, config, rng, new NormalNoise(rng));
  const normaliser = new RunningNormaliser(OBS);
  const raw = normals(rng, ROWS * OBS);
  const obs = raw.slice();
  const [mean, scale] = [new Float32Array(ROWS * ACTIONS), new Float32Array(ROWS * ACTIONS)];
  return (seconds) => {
    const times: number[] = [];
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const start = performance.now();
      normaliser.normalise(raw, obs);
      learner.propose(obs, ROWS, { mean, scale, latent: null });
      times.push(performance.now() - start);
    }
    return median(times);
  };
}

/** Tensors that 10,000 updates of a small learner leave behind. */
function leak(tensors: TensorBackend): () => number {
  const rng = createRng(0);
  const { obs, actions, ...sizes } = LEAK_SIZES;
  const learner = new MpoLearner(tensors, { obs, actions }, { ...MPO_DEFAULTS, ...sizes }, rng, new NormalNoise(rng));
  const batch = randomBatch(rng, sizes.batch_size, obs, actions);
  return () => {
    learner.learn(batch);
    const before = tensors.numTensors;
    for (let i = 0; i < LEAK_UPDATES; i++) learner.learn(batch);
    return tensors.numTensors - before;
  };
}

/** @param what update, act or leak @param width units of both hidden layers */
async function main(what: string, width: number): Promise<void> {
  const tensors = await openTensors();
  const measures = { update: updates, act: acting, leak };
  const measure = measures[what as keyof typeof measures](tensors, width);
  if (what !== "leak") measure(WARM_UP);
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const { advice, card } = tensors;
    console.log(JSON.stringify({ value: measure(Number(line)), fastest: advice === null ? 1 : 0, card: card ? 1 : 0 }));
  }
}

await main(process.argv[2] ?? "update", Number(process.argv[3] ?? 256));
