import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readPolicy } from "../../agents/core/policy-file.ts";
import { NStepReplay } from "../../agents/core/replay/n-step-replay.ts";
import { DISK, type FileOps } from "../../server/training/file-ops.ts";
import type { CheckpointParts, Run } from "../../server/training/run.ts";
import { RunStore } from "../../server/training/run-store.ts";
import { somePolicy } from "../agents/policy-support.ts";
import { stepOf } from "../agents/replay-support.ts";

const REPLAY = { capacity: 12, numEnvs: 2, obsSize: 2, actionSize: 1, nSteps: 2, discount: 0.9 };
const root = mkdtempSync(join(tmpdir(), "myoserve-runs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folderOf = (): string => mkdtempSync(join(root, "case-"));

/** Parts that tell their step everywhere. */
function partsOf(step: number, replay: readonly string[] = []): CheckpointParts {
  const policy = { ...somePolicy(), meta: { step } };
  return { step, agent: Uint8Array.of(step, 1), envs: Uint8Array.of(step, 2), replay, state: { step }, policy };
}

function newReplay(): NStepReplay {
  return new NStepReplay(REPLAY);
}

/** Store up to vector step `step`, save, and make a checkpoint. */
async function advance(run: Run, replay: NStepReplay, step: number): Promise<void> {
  while (replay.ring.stored < step) replay.store(stepOf(REPLAY, replay.ring.stored, ["on", "on"]));
  await run.checkpoint(partsOf(step, await replay.save(run.replayFolder)));
}

/** The current checkpoint's step after all its parts were found to belong together, 0 without one. */
async function stepFound(run: Run): Promise<{ step: number; replay: NStepReplay }> {
  const replay = newReplay();
  const checkpoint = await run.latest();
  if (checkpoint === null) return { step: 0, replay };
  const { step } = checkpoint;
  const { agent, envs, state } = partsOf(step);
  expect(checkpoint).toMatchObject({ state });
  expect([...checkpoint.agent, ...checkpoint.envs]).toEqual([...agent, ...envs]);
  expect((await readPolicy(checkpoint.folder)).meta).toEqual({ step });
  await replay.load(run.replayFolder, checkpoint.replay);
  expect(replay.ring.stored).toBe(step);
  return { step, replay };
}

class Killed extends Error {}

/** A disk that stops before change number `last`, or in the middle of it where it writes. */
function dyingDisk(last: number, midway: boolean): FileOps {
  let count = 0;
  const change =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>, half?: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (count++ < last) return work(...args);
      if (midway && count === last + 1) await half?.(...args);
      throw new Killed();
    };
  const write = (path: string, bytes: Uint8Array): Promise<void> => DISK.write(path, bytes);
  return {
    makeFolder: change((path: string) => DISK.makeFolder(path)),
    claimFolder: change((path: string) => DISK.claimFolder(path)),
    write: change(write, (path, bytes) => DISK.write(path, bytes.subarray(0, Math.floor(bytes.length / 2)))),
    rename: change((from: string, to: string) => DISK.rename(from, to)),
    remove: change((path: string) => DISK.remove(path)),
  };
}

describe("run store", () => {
  it("creates, opens and lists runs", async () => {
    const store = new RunStore({ folder: join(folderOf(), "runs") });
    expect(await store.list()).toEqual([]);
    const runs = await Promise.all([1, 2, 3].map((seed) => store.create({ seed }, "mpo-elbow")));
    expect(runs.map(({ id }) => id).toSorted()).toEqual(["mpo-elbow", "mpo-elbow-2", "mpo-elbow-3"]);
    expect((await store.list()).map(({ config }) => config["seed"]).toSorted()).toEqual([1, 2, 3]);
    const [run] = runs as [Run];
    expect(await store.open(run.id)).toMatchObject({ id: run.id, created: run.created, config: { seed: 1 } });
    await expect(store.open("absent")).rejects.toThrow(/^There is no run absent/);
    for (const id of ["../other", "", ".new", "a/b"]) await expect(store.open(id)).rejects.toThrow(/^A run's id is of/);
  });

  it("keeps the last checkpoints, the files of their replays, and the best policy", async () => {
    const run = await new RunStore({ folder: folderOf(), keep: 2 }).create({}, "run");
    expect(await run.latest()).toBeNull();
    const replay = newReplay();
    const lists: (readonly string[])[] = [];
    for (const step of [3, 5, 8, 11]) {
      await advance(run, replay, step);
      lists.push(await replay.save(run.replayFolder));
    }
    expect(run.checkpoints.map(({ step }) => step)).toEqual([8, 11]);
    expect(readdirSync(join(run.folder, "checkpoints"))).toEqual(["000000000008", "000000000011"]);
    expect(readdirSync(run.replayFolder).toSorted()).toEqual([...new Set(lists.slice(-2).flat())].toSorted());
    expect((await stepFound(run)).step).toBe(11);
    expect((await run.load("000000000008")).step).toBe(8);
    await expect(run.load("000000000003")).rejects.toThrow(
      /no whole checkpoint 000000000003; it keeps 000000000008, 0/,
    );

    expect(run.best).toBeNull();
    const offers: boolean[] = [];
    for (const [step, score] of [
      [1, -5],
      [2, NaN],
      [3, 4],
      [4, 4],
      [5, 3],
      [3, 6],
    ] as const) {
      offers.push(await run.offerBest(step, score, { ...somePolicy(), meta: { score } }));
    }
    expect(offers).toEqual([true, false, true, false, false, true]);
    const again = await new RunStore({ folder: join(run.folder, "..") }).open("run");
    expect(again.best).toMatchObject({ step: 3, score: 6 });
    expect((await readPolicy(again.best!.folder)).meta).toEqual({ score: 6 });
    expect(readdirSync(join(run.folder, "best"))).toHaveLength(1);
  });

  it("changes that are asked for at once happen one after the other", async () => {
    const run = await new RunStore({ folder: folderOf() }).create({}, "run");
    await Promise.all([
      run.checkpoint(partsOf(1)),
      run.offerBest(1, 1, somePolicy()),
      run.checkpoint(partsOf(2)),
      run.offerBest(2, 2, somePolicy()),
    ]);
    const again = await new RunStore({ folder: join(run.folder, "..") }).open("run");
    expect(again.checkpoints.map(({ step }) => step)).toEqual([1, 2]);
    expect(again.best?.step).toBe(2);
  });

  it("a checkpoint damaged on the disk gives way to the one before, whose step can be saved again", async () => {
    const store = new RunStore({ folder: folderOf(), keep: 3 });
    const run = await store.create({}, "run");
    for (const step of [1, 2]) await run.checkpoint(partsOf(step));
    const folder = join(run.folder, "checkpoints", "000000000002");
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name));
      for (const damaged of [bytes.subarray(0, bytes.length - 2), Buffer.alloc(bytes.length), null]) {
        if (damaged === null) rmSync(join(folder, name));
        else writeFileSync(join(folder, name), damaged);
        expect((await (await store.open("run")).latest())?.step).toBe(1);
      }
      writeFileSync(join(folder, name), bytes);
    }
    expect((await run.latest())?.step).toBe(2);
    rmSync(join(folder, "agent.bin"));
    await run.checkpoint(partsOf(2));
    expect((await (await store.open("run")).latest())?.name).toBe("000000000002-2");
  });

  it("a run whose manifest is lost is found by its checkpoints", async () => {
    const store = new RunStore({ folder: folderOf() });
    const run = await store.create({}, "run");
    for (const step of [1, 2]) await run.checkpoint(partsOf(step));
    writeFileSync(join(run.folder, "latest.json"), "{");
    expect((await (await store.open("run")).latest())?.step).toBe(2);
  });
});

describe("a run killed between any two changes of the disk, or within a write", () => {
  it("goes on from the checkpoint before or the new one, whole, and cleans up", async () => {
    const survivors = new Set<number>();
    for (const midway of [false, true]) {
      for (let last = 0, killed = true; killed; last++) {
        const folder = folderOf();
        const healthy = new RunStore({ folder, keep: 2 });
        const replay = newReplay();
        const run = await healthy.create({}, "run");
        for (const step of [3, 6]) await advance(run, replay, step);

        const dying = await new RunStore({ folder, keep: 2, ops: dyingDisk(last, midway) }).open("run");
        killed = await advance(dying, replay, 9).then(
          () => false,
          (error: unknown) => error instanceof Killed || Promise.reject(error as Error),
        );
        const found = await stepFound(await healthy.open("run"));
        expect([6, 9]).toContain(found.step);
        if (!killed) expect(found.step).toBe(9);
        survivors.add(found.step);

        const resumed = await healthy.open("run");
        await advance(resumed, found.replay, 12);
        expect((await stepFound(await healthy.open("run"))).step).toBe(12);
        const names = resumed.checkpoints.map(({ name }) => name);
        expect(names).toEqual([String(found.step).padStart(12, "0"), "000000000012"]);
        expect(readdirSync(join(resumed.folder, "checkpoints"))).toEqual(names);
        const listed = await Promise.all(names.map(async (name) => (await resumed.load(name)).replay));
        expect(readdirSync(resumed.replayFolder).toSorted()).toEqual([...new Set(listed.flat())].toSorted());
        expect(readdirSync(resumed.folder).toSorted()).toEqual([
          "best",
          "checkpoints",
          "config.json",
          "latest.json",
          "replay",
        ]);
      }
    }
    expect(survivors).toEqual(new Set([6, 9]));
  });

  it("while it is created, is not listed; while a best policy is kept, has the old or the new one", async () => {
    for (let last = 0, killed = true; killed; last++) {
      const folder = folderOf();
      const dying = new RunStore({ folder, ops: dyingDisk(last, true) });
      killed = await dying.create({ seed: 1 }, "run").then(
        () => false,
        () => true,
      );
      const runs = await new RunStore({ folder }).list();
      for (const run of runs) expect(run.config).toEqual({ seed: 1 });
      if (!killed) expect(runs).toHaveLength(1);
      const next = await new RunStore({ folder }).create({}, "run");
      expect(await next.latest()).toBeNull();
    }
    for (let last = 0, killed = true; killed; last++) {
      const folder = folderOf();
      const healthy = new RunStore({ folder });
      await (await healthy.create({}, "run")).offerBest(1, 1, { ...somePolicy(), meta: { score: 1 } });
      const dying = await new RunStore({ folder, ops: dyingDisk(last, true) }).open("run");
      killed = await dying.offerBest(1, 2, { ...somePolicy(), meta: { score: 2 } }).then(
        () => false,
        () => true,
      );
      const { best } = await healthy.open("run");
      expect((await readPolicy(best!.folder)).meta).toEqual({ score: best!.score });
    }
  });
});
