import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineId } from "../../envs/engine/physics.ts";
import { findEnv } from "../../envs/registry.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { catalog } from "../../server/environments.ts";
import { createLog } from "../../server/log.ts";
import { LocalVectorEnv } from "../../server/vector/local-vector-env.ts";
import { RowGroup } from "../../server/vector/row-group.ts";
import { compiledUrl } from "../../protocol/compiled-url.ts";
import { PhysicsPool } from "../../server/workers/physics-pool.ts";
import { missing } from "../contract/describe-env.ts";
import { nativeObstacle } from "../contract/native-library.ts";

/** Plain, with a moving target, with a random stream in every step, with muscle stages, with edits of the model. */
const IDS = [
  "arm26-reach-v0",
  "myoarm9-shake-v0",
  "myoHandPoseRandom-v0",
  "myoFatiElbowPose1D6MRandom-v0",
  "myoSarcFingerReachRandom-v0",
  "myoLegRoughTerrainWalk-v0",
];
const CATALOG = compiledUrl(new URL("../../server/environments.ts", import.meta.url).href);

const ENGINES: readonly { engine: EngineId; obstacle: string | null }[] = [
  { engine: "wasm", obstacle: null },
  { engine: "native", obstacle: nativeObstacle() },
];

const pools: PhysicsPool[] = [];
async function openPool(engine: EngineId, workers: number): Promise<PhysicsPool> {
  const pool = new PhysicsPool({ workers, catalog: CATALOG, engine, maxGroups: 16, log: createLog("silent") });
  pools.push(pool);
  await pool.ready();
  return pool;
}
afterAll(async () => {
  for (const pool of pools) await pool.stop();
});

/** Two rows: with two workers each lives in its own. */
async function open(where: PhysicsPool, id: string) {
  const options = { env: id, kwargs: catalog.kwargs(id, {}), numEnvs: 2, autoreset: "disabled", seed: 1 } as const;
  const group = await RowGroup.open({ pool: where, ...options });
  const size = group.actionLayout.buffers[0]?.size ?? 0;
  const draw = (seed: number, lines: number): Float32Array => {
    const rng = createRng(seed);
    return Float32Array.from({ length: lines * size }, () => rng.uniform(-1, 1));
  };
  return { group, env: new LocalVectorEnv(group), size, draw };
}
type Opened = Awaited<ReturnType<typeof open>>;

/** Code of the MyoError that a promise fails with. */
function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => (error instanceof MyoError ? error.code : error),
  );
}

const row0 = Uint32Array.of(0);
const row1 = Uint32Array.of(1);
const bits = (array: NumericArray) => Buffer.from(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));

/** Start an episode in row 0 and go some steps. */
async function warmUp({ env, draw }: Opened, seed: number, steps: number): Promise<void> {
  await env.reset([seed, seed + 1]);
  for (let i = 0; i < steps; i++) await env.step([draw(seed + i, 1)], row0);
}

/** What the sequences give when the state of row 0 travels to row 1, in the other worker, and is stepped there. */
async function stepped({ group, env, size }: Opened, actions: Float32Array, horizon: number) {
  const [state] = await group.snapshot([0]);
  const rewards: number[] = [];
  const ends: number[] = [];
  const obs: number[] = [];
  for (let b = 0; b < actions.length / (size * horizon); b++) {
    await group.restore([1], [state ?? new Uint8Array()]);
    for (let h = 0, over = 0; h < horizon; h++) {
      const at = (b * horizon + h) * size;
      const out = over === 0 ? await env.step([actions.slice(at, at + size)], row1) : null;
      over = out === null ? over : (out.terminated[0] ?? 0) + 2 * (out.truncated[0] ?? 0);
      rewards.push(out?.reward[0] ?? 0);
      ends.push(over);
      obs.push(...(out === null ? obs.slice(-group.obsLayout.buffers[0]!.size) : Array.from(out.obs[0]!, Number)));
    }
  }
  return { rewards: Float64Array.from(rewards), ends, obs: Float32Array.from(obs) };
}

async function expectEqual(opened: Opened, actions: Float32Array, horizon: number): Promise<void> {
  const expected = await stepped(opened, actions, horizon);
  const out = await opened.env.rollout({ row: 0 }, [actions], { horizon, obs: true });
  expect(bits(out.reward)).toEqual(bits(expected.rewards));
  expect(Array.from(out.terminated, (bit, i) => bit + 2 * (out.truncated[i] ?? 0))).toEqual(expected.ends);
  expect(bits(out.obs[0]!)).toEqual(bits(expected.obs));
}

describe.each(ENGINES)("$engine", ({ engine, obstacle }) => {
  const reasonOf = (id: string) => obstacle ?? missing(findEnv(id));
  let pool: PhysicsPool;
  beforeAll(async () => {
    if (obstacle === null) pool = await openPool(engine, 2);
  });

  describe.each(IDS)("%s", (id) => {
    const reason = reasonOf(id);
    const test = reason === null ? it : it.skip;
    const horizon = 6;
    const sequences = 5;

    test(`rolls out as it steps, bit for bit, from another worker's state${reason === null ? "" : `: ${reason}`}`, async () => {
      const opened = await open(pool, id);
      await warmUp(opened, 3, 4);
      await expectEqual(opened, opened.draw(50, sequences * horizon), horizon);
      opened.group.close();
    });

    test(`gives the same bits whatever B and the number of workers${reason === null ? "" : `: ${reason}`}`, async () => {
      const opened = await open(pool, id);
      await warmUp(opened, 8, 2);
      const actions = opened.draw(60, sequences * horizon);
      const states = await opened.group.snapshot([0]);
      const want = { horizon, finalObs: true, terms: true };
      const whole = await opened.env.rollout({ states }, [actions], want);
      const alone = await open(await openPool(engine, 1), id);
      const again = await alone.env.rollout({ states }, [actions], want);
      expect(again).toEqual(whole);
      const line = horizon * opened.size;
      const obsSize = opened.group.obsLayout.buffers[0]!.size;
      for (const b of [4, 0]) {
        const one = await alone.env.rollout({ states }, [actions.slice(b * line, (b + 1) * line)], want);
        expect(bits(one.reward)).toEqual(bits(whole.reward.slice(b * horizon, (b + 1) * horizon)));
        expect(bits(one.finalObs[0]!)).toEqual(bits(whole.finalObs[0]!.slice(b * obsSize, (b + 1) * obsSize)));
      }
      alone.group.close();
      opened.group.close();
    });
  });

  it.skipIf(obstacle !== null)(
    "states of any seed and step travel between workers and roll out as they step",
    async () => {
      const opened = await open(pool, "arm26-reach-v0");
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            seed: fc.nat(1e6),
            steps: fc.integer({ min: 0, max: 12 }),
            sequences: fc.integer({ min: 1, max: 5 }),
            horizon: fc.integer({ min: 1, max: 8 }),
          }),
          async ({ seed, steps, sequences, horizon }) => {
            await warmUp(opened, seed, steps);
            await expectEqual(opened, opened.draw(seed + 7, sequences * horizon), horizon);
          },
        ),
        { numRuns: 25 },
      );
      opened.group.close();
    },
  );

  it.skipIf(obstacle !== null)("ends a sequence at the step limit", async () => {
    const opened = await open(pool, "arm26-reach-v0");
    const limit = opened.env.spec.max_episode_steps ?? 0;
    await warmUp(opened, 1, limit - 2);
    const { truncated, reward } = await opened.env.rollout({ row: 0 }, [opened.draw(2, 4)], { horizon: 4 });
    expect([...truncated]).toEqual([0, 1, 1, 1]);
    expect(reward[1]).not.toBe(0);
    expect([...reward.slice(2)]).toEqual([0, 0]);
    opened.group.close();
  });

  it.skipIf(obstacle !== null)("leaves the rows, their random streams included, as they are", async () => {
    const opened = await open(pool, "myoarm9-shake-v0");
    await warmUp(opened, 1, 2);
    const before = await opened.group.snapshot([0, 1]);
    await opened.env.rollout({ row: 0 }, [opened.draw(3, 12)], { horizon: 4 });
    expect(await opened.group.snapshot([0, 1])).toEqual(before);
    opened.group.close();
  });

  it.skipIf(obstacle !== null)("refuses what does not fit", async () => {
    const opened = await open(pool, "arm26-reach-v0");
    const other = await open(pool, "myoarm9-shake-v0");
    const { env, draw } = opened;
    expect(await codeOf(env.rollout({ row: 0 }, [draw(1, 2)], { horizon: 2 }))).toBe("NEEDS_RESET");
    await warmUp(opened, 1, 0);
    await warmUp(other, 1, 0);
    const states = await other.group.snapshot([0]);
    expect(await codeOf(env.rollout({ states }, [draw(1, 2)], { horizon: 2 }))).toBe("BAD_OPTIONS");
    expect(await codeOf(env.rollout({ row: 2 }, [draw(1, 2)], { horizon: 2 }))).toBe("BAD_OPTIONS");
    expect(await codeOf(env.rollout({ row: 0 }, [draw(1, 3)], { horizon: 2 }))).toBe("BAD_ACTION");
    expect(await codeOf(env.rollout({ row: 0 }, [draw(1, 2)], { horizon: 0 }))).toBe("BAD_ACTION");
    const { reward } = await env.rollout({ row: 0 }, [draw(1, 2)], { horizon: 2 });
    expect(reward).toHaveLength(2);
    opened.group.close();
    other.group.close();
  });
});

it.skipIf(nativeObstacle() !== null)("a state of another engine is refused by name", async () => {
  const [wasm, native] = await Promise.all([openPool("wasm", 1), openPool("native", 1)]);
  const from = await open(wasm, "arm26-reach-v0");
  await warmUp(from, 1, 1);
  const states = await from.group.snapshot([0]);
  const { env, draw } = await open(native, "arm26-reach-v0");
  await expect(env.rollout({ states }, [draw(1, 2)], { horizon: 2 })).rejects.toThrow(/engine "wasm .*engine "native /);
});
