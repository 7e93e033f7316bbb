import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { NStepReplay, type NStepReplayOptions } from "../../agents/core/replay/n-step-replay.ts";
import { pruneReplay } from "../../agents/core/replay/replay-files.ts";
import { contents, stepOf, type Fate } from "./replay-support.ts";

const OPTIONS: NStepReplayOptions = { capacity: 24, numEnvs: 2, obsSize: 3, actionSize: 2, nSteps: 3, discount: 0.9 };
/** A record of 1.6 MB: a save takes two slices a step. */
const LARGE: NStepReplayOptions = { ...OPTIONS, capacity: 8, obsSize: 100_000 };
const root = mkdtempSync(join(tmpdir(), "myoserve-replay-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folderOf = (): string => mkdtempSync(join(root, "case-"));

/** The same fates whenever the same step is stored. */
function fatesOf(t: number): Fate[] {
  return [t % 5 === 4 ? "terminated" : "on", t % 7 === 3 ? "truncated" : "on"];
}

function storeTo(replay: NStepReplay, stored: number, options = OPTIONS): void {
  while (replay.ring.stored < stored) {
    const t = replay.ring.stored;
    replay.store(stepOf(options, t, fatesOf(t)));
  }
}

async function loaded(folder: string, files: readonly string[], options = OPTIONS): Promise<NStepReplay> {
  const replay = new NStepReplay(options);
  await replay.load(folder, files);
  return replay;
}

/** Everything, the folds to come included. */
function expectEqual(a: NStepReplay, b: NStepReplay): void {
  expect(contents(a)).toEqual(contents(b));
  const until = a.ring.stored + 4;
  for (const replay of [a, b]) storeTo(replay, until);
  expect(contents(a)).toEqual(contents(b));
}

describe("files of a replay", () => {
  it("every list loads as the replay was at its save, whatever was saved and pruned between", async () => {
    const counts = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(counts, fc.integer({ min: 1, max: 5 }), async (additions, nSteps) => {
        const options = { ...OPTIONS, nSteps };
        const folder = folderOf();
        const replay = new NStepReplay(options);
        const saves: { files: readonly string[]; stored: number }[] = [];
        for (const addition of additions) {
          storeTo(replay, replay.ring.stored + addition);
          saves.push({ files: await replay.save(folder), stored: replay.ring.stored });
        }
        const kept = saves.slice(-3);
        await pruneReplay(
          folder,
          kept.map(({ files }) => files),
        );
        expect(readdirSync(folder).toSorted()).toEqual([...new Set(kept.flatMap(({ files }) => files))].toSorted());
        for (const { files, stored } of kept) {
          const reference = new NStepReplay(options);
          storeTo(reference, stored);
          expectEqual(await loaded(folder, files, options), reference);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("writes what is new and nothing twice", async () => {
    const folder = folderOf();
    const replay = new NStepReplay(OPTIONS);
    expect(await replay.save(folder)).toEqual([]);
    storeTo(replay, 5);
    const first = await replay.save(folder);
    const bytes = readFileSync(join(folder, first[0]!));
    expect(await replay.save(folder)).toEqual(first);
    storeTo(replay, 9);
    const second = await replay.save(folder);
    expect(second.slice(0, 1)).toEqual(first);
    expect(second).toHaveLength(2);
    expect(readFileSync(join(folder, first[0]!))).toEqual(bytes);
    // 12 vector steps fit: steps 0 to 4 are overwritten at 17
    storeTo(replay, 17);
    expect(await replay.save(folder)).not.toContain(first[0]);
  });

  it("a continued replay goes on with the files it came from, in another folder with all anew", async () => {
    const folder = folderOf();
    const replay = new NStepReplay(OPTIONS);
    storeTo(replay, 7);
    const files = await replay.save(folder);
    const next = await loaded(folder, files);
    storeTo(next, 9);
    const more = await next.save(folder);
    expect(more[0]).toBe(files[0]);
    expectEqual(await loaded(folder, more), next);
    const other = folderOf();
    const copy = await next.save(other);
    expect(copy).toHaveLength(1);
    expectEqual(await loaded(other, copy), next);
  });

  it("two histories from one checkpoint share the folder", async () => {
    const folder = folderOf();
    const replay = new NStepReplay(OPTIONS);
    storeTo(replay, 4);
    const files = await replay.save(folder);
    const [a, b] = [await loaded(folder, files), await loaded(folder, files)];
    a.store(stepOf(OPTIONS, 100, ["on", "on"]));
    b.store(stepOf(OPTIONS, 200, ["on", "on"]));
    const [ofA, ofB] = [await a.save(folder), await b.save(folder)];
    expectEqual(await loaded(folder, ofA), a);
    expectEqual(await loaded(folder, ofB), b);
  });

  it("is the replay at the call although storing goes on and overwrites steps not written yet", async () => {
    const folder = folderOf();
    const replay = new NStepReplay(LARGE);
    storeTo(replay, 5, LARGE);
    const reference = new NStepReplay(LARGE);
    storeTo(reference, 5, LARGE);
    let running = true;
    const saving = replay.save(folder).finally(() => (running = false));
    await expect(replay.save(folder)).rejects.toThrow(/save of this replay is under way/);
    // Nothing is read before the file is open; the later ones come in the middle of it.
    storeTo(replay, 7, LARGE);
    let meanwhile = 0;
    while (running) {
      if (meanwhile++ < 6) storeTo(replay, replay.ring.stored + 1, LARGE);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(meanwhile).toBeGreaterThan(6);
    const [found, wanted] = [contents(await loaded(folder, await saving, LARGE)), contents(reference)];
    for (const key of ["obs", "nextObs", "reward", "discount", "source"] as const) {
      expect(Buffer.compare(Buffer.from(found[key].buffer), Buffer.from(wanted[key].buffer))).toBe(0);
    }
  });

  it("killed at any byte of a save: the earlier list is whole, the newer one is refused", async () => {
    const folder = folderOf();
    const replay = new NStepReplay(OPTIONS);
    storeTo(replay, 6);
    const earlier = await replay.save(folder);
    storeTo(replay, 8);
    const later = await replay.save(folder);
    const newest = join(folder, later[1]!);
    const whole = readFileSync(newest);
    const reference = new NStepReplay(OPTIONS);
    storeTo(reference, 6);
    const wanted = contents(reference);
    for (let length = whole.length - 1; length >= 0; length -= 7) {
      truncateSync(newest, length);
      writeFileSync(join(folder, "segment.tmp"), whole.subarray(0, length));
      expect(contents(await loaded(folder, earlier))).toEqual(wanted);
      await expect(loaded(folder, later)).rejects.toThrow(/^The replay file segment-.* cannot be loaded: it is /);
    }
    rmSync(newest);
    await expect(loaded(folder, later)).rejects.toThrow(/is missing; resume from an earlier checkpoint/);
    await pruneReplay(folder, [earlier]);
    expect(readdirSync(folder)).toEqual(earlier);
  });

  it("a save that fails leaves nothing behind and can be tried again", async () => {
    const folder = folderOf();
    const replay = new NStepReplay(OPTIONS);
    storeTo(replay, 6);
    await expect(replay.save(join(folder, "absent"))).rejects.toThrow(/ENOENT/);
    expect(readdirSync(folder)).toEqual([]);
    storeTo(replay, 8);
    expectEqual(await loaded(folder, await replay.save(folder)), replay);
  });
});

describe("a replay file that does not fit", () => {
  const saved = async (): Promise<{ folder: string; files: readonly string[] }> => {
    const folder = folderOf();
    const replay = new NStepReplay(OPTIONS);
    for (const stored of [4, 8, 12]) {
      storeTo(replay, stored);
      await replay.save(folder);
    }
    return { folder, files: await replay.save(folder) };
  };

  it("a flipped bit anywhere is refused, and the replay stays as it was", async () => {
    const { folder, files } = await saved();
    const path = join(folder, files[1]!);
    const whole = readFileSync(path);
    const replay = new NStepReplay(OPTIONS);
    storeTo(replay, 3);
    const before = contents(replay);
    for (let at = 0; at < whole.length; at += 5) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x10;
      writeFileSync(path, damaged);
      await expect(replay.load(folder, files)).rejects.toThrow(
        /^The replay file segment-\S+ cannot be loaded: [^.]+\.$/,
      );
      expect(contents(replay)).toEqual(before);
    }
  });

  it("of another shape, discount or number of steps", async () => {
    const { folder, files } = await saved();
    const others = { obsSize: 4, actionSize: 1, numEnvs: 1, capacity: 26, nSteps: 2, discount: 0.99 };
    for (const [key, value] of Object.entries(others)) {
      const name = key === "capacity" ? "rows" : key;
      const loading = loaded(folder, files, { ...OPTIONS, [key]: value });
      await expect(loading).rejects.toThrow(
        key === "numEnvs" ? /its rows is/ : new RegExp(`its ${name} is \\S+ and the replay's`),
      );
    }
  });

  it("out of order, with a gap, or by a name that leads elsewhere", async () => {
    const { folder, files } = await saved();
    const [a, b, c] = files as [string, string, string];
    await expect(loaded(folder, [b, a, c])).rejects.toThrow(/does not follow/);
    await expect(loaded(folder, [a, c])).rejects.toThrow(/does not follow/);
    await expect(loaded(folder, [b, c])).rejects.toThrow(/steps from 0 is not named/);
    await expect(loaded(folder, ["../config.json"])).rejects.toThrow(/is no file of a replay/);
    expect((await loaded(folder, [])).size).toBe(0);
  });
});
