import { afterAll, describe, expect, it } from "vitest";
import { NormalNoise } from "../../agents/core/normal-noise.ts";
import type { ReplayBatch } from "../../agents/core/replay/replay.ts";
import { findAddon } from "../../agents/core/tensor/addon.ts";
import type { TensorBackend, TensorBackendId } from "../../agents/core/tensor/backend.ts";
import { openTensors } from "../../agents/core/tensor/tfjs.ts";
import { ActorThread } from "../../agents/mpo/actor-thread.ts";
import { actorMemory } from "../../agents/mpo/actor-step.ts";
import { MPO_DEFAULTS } from "../../agents/mpo/config.ts";
import { MpoLearner } from "../../agents/mpo/learner.ts";
import { createRng, type Rng } from "../../protocol/random/generator.ts";

const SHAPE = { obs: 30, actions: 6 };
/** Large enough that a thread of its own pays. */
const CONFIG = { ...MPO_DEFAULTS, hidden: [64, 64], batch_size: 256, samples: 16, actor_clip: 1, actor_rate: 1e-3 };
const BACKENDS: readonly TensorBackendId[] = findAddon() === null ? ["tfjs-wasm"] : ["tfjs-wasm", "tfjs-node-gpu"];

function randomBatch(rng: Rng): ReplayBatch {
  const noise = new NormalNoise(rng);
  const normals = (count: number): Float32Array => {
    const out = new Float32Array(count);
    noise.fill(out);
    return out;
  };
  const { batch_size: rows } = CONFIG;
  return {
    obs: normals(rows * SHAPE.obs),
    action: normals(rows * SHAPE.actions),
    nextObs: normals(rows * SHAPE.obs),
    reward: normals(rows),
    discount: new Float32Array(rows).fill(0.99),
    index: new Uint32Array(rows),
  };
}

function createLearner(tensors: TensorBackend): MpoLearner {
  const rng = createRng(3);
  return new MpoLearner(tensors, SHAPE, CONFIG, rng, new NormalNoise(rng));
}

type Arrays = Readonly<Record<string, ArrayLike<number>>>;

const copyOf = (learner: MpoLearner): Arrays =>
  Object.fromEntries(Object.entries(learner.state.arrays).map(([name, array]) => [name, array.slice() as never]));

describe.each(BACKENDS)("MPO with the actor's step in a thread of its own, %s", (backend) => {
  const batches = Array.from({ length: 3 }, (_, i) => randomBatch(createRng(100 + i)));
  const open: Disposable[] = [];
  afterAll(() => open.forEach((one) => one[Symbol.dispose]()));

  const create = async (threads: number): Promise<MpoLearner> => {
    const tensors = await openTensors({ backend, threads });
    expect(tensors.parallel).toBe(threads > 1);
    const learner = createLearner(tensors);
    open.push(learner, tensors);
    return learner;
  };

  it("learns the same, bit for bit, reports included", async () => {
    const [alone, beside] = [await create(1), await create(2)];
    const start = copyOf(alone);
    expect(copyOf(beside)).toEqual(start);
    for (const batch of batches) {
      alone.learn(batch);
      beside.learn(batch);
      expect(copyOf(beside)).toEqual(copyOf(alone));
      expect(beside.report).toEqual(alone.report);
    }
    expect(beside.report.kl_mean).toBeGreaterThan(0);
    expect(beside.takeMetrics()).toEqual(alone.takeMetrics());
    expect(copyOf(alone)["actor"]).not.toEqual(start["actor"]);
  });

  it("acts with what the thread learnt, and learns on from a state that was written", async () => {
    const [alone, beside] = [await create(1), await create(2)];
    const [batch, other] = batches as [ReplayBatch, ReplayBatch];
    const start = copyOf(beside);
    alone.learn(batch);
    beside.learn(batch);
    const proposals = [alone, beside].map((learner) => {
      const proposal = { mean: new Float32Array(6), scale: new Float32Array(6), latent: null };
      learner.propose(batch.obs.subarray(0, SHAPE.obs), 1, proposal);
      return proposal;
    });
    expect(proposals[1]).toEqual(proposals[0]);
    for (const learner of [alone, beside]) {
      for (const [name, array] of Object.entries(learner.state.arrays)) (array as Float32Array).set(start[name]!);
      learner.touch();
      learner.learn(other);
    }
    expect(copyOf(beside)).toEqual(copyOf(alone));
  });
});

describe("ActorThread", () => {
  it("says why it failed, at once and ever after", () => {
    const memory = actorMemory(SHAPE, CONFIG, new Float32Array(3), new Float32Array(3));
    using thread = new ActorThread({ backend: "tfjs-wasm", shape: SHAPE, config: CONFIG, memory });
    for (let attempt = 0; attempt < 2; attempt++) {
      thread.begin();
      expect(() => thread.finish()).toThrow(/^The actor's thread failed: params has 3 elements and must have \d+/);
    }
  });
});
