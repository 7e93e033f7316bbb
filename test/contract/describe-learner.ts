import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTensors } from "../../agents/core/tensor/tfjs.ts";
import { resolveConfig } from "../../agents/registry.ts";
import type { Learner, LearnerDefinition, Metrics, PolicyExport, TransitionBatch } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { MyoError, type ErrorCode } from "../../protocol/errors.ts";
import type { Space } from "../../protocol/spaces.ts";
import { ACTION_SPACES, contextOf, MUSCLE_ACTION, MUSCLES, obsAt, violation } from "./agent-fixtures.ts";
import { describeDefinition } from "./describe-definition.ts";

const ROWS = [0, 1, 2];
const SEED = 5;
/** Vector steps, enough for several rounds of gradient steps of every preset `debug`. */
const STEPS = 150;
/** Environment steps by which the preset `debug` has made its first update. */
const FIRST_UPDATE = 400;
/** Small enough to make one for each preset. */
const SMALL = { replay_capacity: 3000 };

async function refusalOf(action: () => unknown): Promise<ErrorCode | null> {
  try {
    await action();
    return null;
  } catch (error) {
    if (error instanceof MyoError) return error.code;
    throw error;
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "myoserve-learner-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a body that likes small actions answers; episodes end now and then, by time or by a fall. */
function answer(step: number, action: Buffers, rows: readonly number[] = ROWS): TransitionBatch {
  const values = action[0] as Float32Array;
  const reward = Float64Array.from(rows, (_, row) => {
    const own = values.subarray(row * MUSCLES, (row + 1) * MUSCLES);
    return 1 - own.reduce((sum, value) => sum + value * value, 0) / MUSCLES;
  });
  const flags = (period: number) => Uint8Array.from(rows, (row) => ((step + 5 * row) % period === period - 1 ? 1 : 0));
  const [obs, nextObs] = [obsAt(step, rows), obsAt(step + 1, rows)];
  return { obs, action, reward, terminated: flags(31), truncated: flags(23), nextObs };
}

const noAction = (): Buffers => [new Float32Array(ROWS.length * MUSCLES)];

/** Act, observe, reset, update in the steps from..to. */
async function live(learner: Learner, from: number, to: number): Promise<{ actions: Buffers[]; metrics: Metrics[] }> {
  const actions: Buffers[] = [];
  const metrics: Metrics[] = [];
  for (let step = from; step < to; step++) {
    const action = learner.act(obsAt(step, ROWS), "explore");
    actions.push(action);
    const transitions = answer(step, action);
    learner.observe(transitions);
    learner.reset(transitions.terminated.map((flag, row) => flag | transitions.truncated[row]!));
    metrics.push(await learner.update());
  }
  return { actions, metrics };
}

/** The best action as a player computes it from an export alone. */
function played({ arrays, meta }: PolicyExport, obs: Float32Array, rows: number): Float32Array {
  const array = (name: string): Float32Array => arrays[name]!.data;
  const sizes = meta["sizes"] as number[];
  const actions = sizes.at(-1)! / 2;
  const out = new Float32Array(rows * actions);
  const width = obs.length / rows;
  const columns = (meta["obs_columns"] as number[] | null) ?? Array.from({ length: width }, (_, i) => i);
  for (let row = 0; row < rows; row++) {
    let x = Array.from(array("obs_mean"), (mean, i) => (obs[row * width + columns[i]!]! - mean) / array("obs_std")[i]!);
    for (let layer = 0; layer + 1 < sizes.length; layer++) {
      const w = array(`w${layer}`);
      const b = Array.from(array(`b${layer}`));
      const outputs = b.length;
      const y = b.map((bias, o) => x.reduce((sum, value, i) => sum + value * w[i * outputs + o]!, bias));
      x = layer + 2 < sizes.length ? y.map((value) => Math.max(0, value)) : y;
    }
    for (let i = 0; i < actions; i++) {
      const value = array("action_middle")[i]! + array("action_half")[i]! * Math.tanh(x[i]!);
      out[row * actions + i] = Math.min(Math.max(value, array("action_low")[i]!), array("action_high")[i]!);
    }
  }
  return out;
}

type Create = (rows?: number, seed?: number, space?: Space) => Promise<Learner>;

/** A learner of the preset `debug`, disposed when its test ends. */
function creator(definition: LearnerDefinition, overrides: JsonObject = {}): Create {
  return async (rows = ROWS.length, seed = SEED, space = MUSCLE_ACTION) => {
    const config = resolveConfig(definition, "debug", { ...SMALL, ...overrides });
    const learner = await definition.create(contextOf(rows, seed, space), config);
    onTestFinished(() => learner[Symbol.dispose]());
    return learner;
  };
}

function describeMaking(definition: LearnerDefinition): void {
  it("has a preset for trying it out, and is not made with unknown keys", async () => {
    expect(Object.keys(definition.presets)).toContain("debug");
    const config = { ...definition.defaults, ...SMALL, no_such_key: 1 };
    expect(await refusalOf(() => definition.create(contextOf(1, 0), config))).toBe("BAD_OPTIONS");
  });

  it.each(Object.keys(definition.presets))("preset %s makes a learner that acts", async (preset) => {
    const config = resolveConfig(definition, preset, SMALL);
    using learner = await definition.create(contextOf(ROWS.length, SEED), config);
    expect(violation(MUSCLE_ACTION, learner.act(obsAt(0, ROWS), "explore"), ROWS.length)).toBeNull();
  });
}

function describeActing(create: Create): void {
  it.each(ACTION_SPACES)("acts inside its space or refuses it: %s", async (_name, space) => {
    let learner: Learner;
    try {
      learner = await create(ROWS.length, SEED, space);
    } catch (error) {
      expect((error as MyoError).code).toBe("BAD_OPTIONS");
      return;
    }
    for (let step = 0; step < 30; step++) {
      for (const mode of ["explore", "exploit"] as const) {
        expect(violation(space, learner.act(obsAt(step, ROWS), mode), ROWS.length)).toBeNull();
      }
    }
  });

  it("acts in arrays of the caller", async () => {
    const learner = await create();
    const first = learner.act(obsAt(0, ROWS), "explore");
    const copy = first.map((array) => array.slice());
    const { actions } = await live(learner, 1, STEPS);
    for (const action of actions) expect(violation(MUSCLE_ACTION, action, ROWS.length)).toBeNull();
    expect(first).toEqual(copy);
  });

  it("does and learns the same for the same seed, something else for another", async () => {
    const [one, two, other] = [await create(), await create(), await create(ROWS.length, SEED + 1)];
    const [wanted, actual] = [await live(one, 0, STEPS), await live(two, 0, STEPS)];
    expect(actual).toEqual(wanted);
    expect(await two.checkpoint()).toEqual(await one.checkpoint());
    expect(await live(other, 0, STEPS)).not.toEqual(wanted);
  });

  it("exploiting neither draws nor disturbs", async () => {
    const [one, two] = [await create(), await create()];
    await live(one, 0, STEPS);
    await live(two, 0, STEPS);
    const first = two.act(obsAt(STEPS, ROWS), "exploit");
    expect(two.act(obsAt(STEPS, ROWS), "exploit")).toEqual(first);
    expect(await two.checkpoint()).toEqual(await one.checkpoint());
  });

  it("refuses what does not fit and goes on as it was", async () => {
    const learner = await create();
    await live(learner, 0, 10);
    const saved = await learner.checkpoint();
    const good = answer(10, learner.act(obsAt(10, ROWS), "exploit"));
    const [obs] = obsAt(0, ROWS) as [Float32Array];
    for (const wrong of [[], [obs, obs], [obs.subarray(1)], [Float64Array.from(obs)]]) {
      expect(await refusalOf(() => learner.act(wrong, "explore"))).toBe("BAD_OPTIONS");
      expect(await refusalOf(() => learner.observe({ ...good, obs: wrong }))).toBe("BAD_OPTIONS");
      expect(await refusalOf(() => learner.observe({ ...good, nextObs: wrong }))).toBe("BAD_OPTIONS");
      expect(await refusalOf(() => learner.observe({ ...good, action: wrong }))).toBe("BAD_OPTIONS");
    }
    expect(await refusalOf(() => learner.observe({ ...good, reward: new Float64Array(1) }))).toBe("BAD_OPTIONS");
    expect(await refusalOf(() => learner.observe({ ...good, terminated: new Uint8Array(1) }))).toBe("BAD_OPTIONS");
    expect(await refusalOf(() => learner.observe({ ...good, truncated: new Uint8Array(1) }))).toBe("BAD_OPTIONS");
    expect(await refusalOf(() => learner.reset(Uint8Array.of(1)))).toBe("BAD_OPTIONS");
    expect(await learner.checkpoint()).toEqual(saved);
  });
}

function describeLearning(create: Create): void {
  it("counts steps, updates when they are due and reports finite metrics", async () => {
    const learner = await create();
    expect(learner.progress).toEqual({ envSteps: 0, updates: 0 });
    expect(await learner.update()).toEqual({});
    const { metrics } = await live(learner, 0, STEPS);
    expect(learner.progress.envSteps).toBe(STEPS * ROWS.length);
    expect(learner.progress.updates).toBeGreaterThan(0);
    const first = metrics.findIndex((found) => Object.keys(found).length > 0);
    expect((first + 1) * ROWS.length).toBeLessThanOrEqual(FIRST_UPDATE);
    for (const value of metrics.flatMap((found) => Object.values(found))) expect(Number.isFinite(value)).toBe(true);
  });

  it("leaves gradient steps for later where it is told to stop, and does them the same", async () => {
    const [whole, parts] = [await create(), await create()];
    await live(whole, 0, STEPS);
    let stops = 0;
    for (let step = 0; step < STEPS; step++) {
      const action = parts.act(obsAt(step, ROWS), "explore");
      const transitions = answer(step, action);
      parts.observe(transitions);
      parts.reset(transitions.terminated.map((flag, row) => flag | transitions.truncated[row]!));
      for (let before = -1; before < parts.progress.updates; stops++) {
        before = parts.progress.updates;
        let asked = 0;
        await parts.update(() => asked++ > 0);
        expect(parts.progress.updates - before).toBeLessThanOrEqual(1);
      }
    }
    expect(stops).toBeGreaterThan(STEPS + 10);
    expect(parts.progress).toEqual(whole.progress);
    expect(await parts.checkpoint()).toEqual(await whole.checkpoint());
  });

  it("serves others between its gradient steps", async () => {
    const learner = await create();
    while (learner.progress.envSteps < FIRST_UPDATE) learner.observe(answer(learner.progress.envSteps, noAction()));
    const seen: number[] = [];
    let over = false;
    const look = (): void => {
      seen.push(learner.progress.updates);
      if (!over) setImmediate(look);
    };
    setImmediate(look);
    await learner.update();
    over = true;
    const { updates } = learner.progress;
    expect(new Set(seen).size).toBeGreaterThan(2);
    expect(seen.filter((at) => at > 0 && at < updates)).not.toEqual([]);
  });

  it("learns from actions that somebody else chose", async () => {
    const learner = await create();
    const before = learner.policy();
    for (let step = 0; step < STEPS; step++) {
      learner.observe(answer(step, [new Float32Array(ROWS.length * MUSCLES).fill(0.1 * (step % 7))]));
      await learner.update();
    }
    expect(learner.progress.updates).toBeGreaterThan(0);
    expect(learner.policy()).not.toEqual(before);
  });

  it("exports a policy that plays as it exploits", async () => {
    const learner = await create();
    await live(learner, 0, STEPS);
    const exported = learner.policy();
    expect(() => JSON.stringify(exported.meta)).not.toThrow();
    expect(JSON.parse(JSON.stringify(exported.meta))).toEqual(exported.meta);
    for (let step = 0; step < 20; step++) {
      const [obs] = obsAt(step, ROWS) as [Float32Array];
      const [wanted] = learner.act([obs], "exploit") as [Float32Array];
      const actual = played(exported, obs, ROWS.length);
      wanted.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 4));
    }
    await live(learner, STEPS, STEPS + 50);
    expect(learner.policy(), "an export is a copy").not.toEqual(exported);
  });

  it("keeps no tensor of its updates, and none when it is disposed", async () => {
    using tensors = await openTensors();
    const before = tensors.numTensors;
    const learner = await create();
    await live(learner, 0, STEPS);
    const [held, { updates }] = [tensors.numTensors, learner.progress];
    await live(learner, STEPS, 4 * STEPS);
    expect(learner.progress.updates).toBeGreaterThan(2 * updates);
    expect(tensors.numTensors).toBe(held);
    learner[Symbol.dispose]();
    expect(tensors.numTensors).toBe(before);
  });
}

/** The rest of a life from a checkpoint and a replay. */
async function revived(create: Create, saved: Uint8Array, folder: string, files: readonly string[]): Promise<Learner> {
  const learner = await create(ROWS.length, SEED + 1000);
  await live(learner, 0, 7);
  await learner.loadReplay(folder, files);
  await learner.restore(saved);
  return learner;
}

function describeCheckpoints(create: Create): void {
  it("continues bit for bit from a checkpoint and its replay, which leave the learner undisturbed", async () => {
    const [learner, undisturbed] = [await create(), await create()];
    await live(learner, 0, STEPS);
    await live(undisturbed, 0, STEPS);
    const folder = temporaryFolder();
    const files = await learner.saveReplay(folder);
    const saved = await learner.checkpoint();
    const wanted = await live(undisturbed, STEPS, 2 * STEPS);
    expect(await live(learner, STEPS, 2 * STEPS)).toEqual(wanted);
    const restored = await revived(create, saved, folder, files);
    expect(await restored.checkpoint()).toEqual(saved);
    expect(restored.progress).toEqual({ ...restored.progress, envSteps: STEPS * ROWS.length });
    expect(await live(restored, STEPS, 2 * STEPS)).toEqual(wanted);
    expect(await restored.checkpoint()).toEqual(await undisturbed.checkpoint());
    expect(restored.policy()).toEqual(undisturbed.policy());
  });

  it("continues from between act and observe", async () => {
    const learner = await create();
    await live(learner, 0, STEPS);
    const action = learner.act(obsAt(STEPS, ROWS), "explore");
    const folder = temporaryFolder();
    const files = await learner.saveReplay(folder);
    const restored = await revived(create, await learner.checkpoint(), folder, files);
    for (const each of [learner, restored]) each.observe(answer(STEPS, action));
    expect(await live(restored, STEPS + 1, 2 * STEPS)).toEqual(await live(learner, STEPS + 1, 2 * STEPS));
  });

  it("writes a replay piece by piece, and every list stays good", async () => {
    const learner = await create();
    const folder = temporaryFolder();
    await live(learner, 0, STEPS);
    const first = await learner.saveReplay(folder);
    const saved = await learner.checkpoint();
    const wanted = await live(learner, STEPS, STEPS + 60);
    await learner.saveReplay(folder);
    const restored = await revived(create, saved, folder, first);
    expect(await live(restored, STEPS, STEPS + 60)).toEqual(wanted);
  });

  it("refuses bytes and files that are none of its own and goes on as it was", async () => {
    const learner = await create();
    await live(learner, 0, STEPS);
    const saved = await learner.checkpoint();
    const other = await (await create(ROWS.length - 1)).checkpoint();
    const flipped = saved.slice();
    flipped[13] = 0;
    for (const wrong of [new Uint8Array(0), saved.slice(0, 20), saved.slice(0, -1), flipped, other]) {
      expect(await refusalOf(() => learner.restore(wrong))).toBe("BAD_OPTIONS");
    }
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, "damaged"), "no replay");
    for (const files of [["damaged"], ["missing"]]) {
      expect(await refusalOf(() => learner.loadReplay(folder, files))).toBe("BAD_OPTIONS");
    }
    expect(await learner.checkpoint()).toEqual(saved);
    const restored = await create();
    await live(restored, 0, STEPS);
    expect(await live(learner, STEPS, STEPS + 60)).toEqual(await live(restored, STEPS, STEPS + 60));
  });
}

/** The contract of an agent that learns, on its preset `debug`; run over the registry. */
export function describeLearner(definition: LearnerDefinition): void {
  describe(`learner ${definition.id}`, () => {
    const create = creator(definition);
    describeDefinition(definition);
    describeMaking(definition);
    describeActing(create);
    describeLearning(create);
    describeCheckpoints(create);
  });
}
