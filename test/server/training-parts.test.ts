import { afterAll, describe, expect, it } from "vitest";
import type { StepBatch } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { resolveConfig } from "../../agents/registry.ts";
import { curvesSvg, sparkline, type Curve } from "../../server/cli/curves.ts";
import { duration, figure } from "../../server/cli/progress-line.ts";
import { setting, trainRequest } from "../../server/cli/train-options.ts";
import { catalog } from "../../server/environments.ts";
import { createLog } from "../../server/log.ts";
import { readEnvState, writeEnvState } from "../../server/training/env-state.ts";
import { playEpisodes, summarise, type Actor } from "../../server/training/evaluation.ts";
import { Learners } from "../../server/training/learners.ts";
import { TRAIN_PRESETS } from "../../server/training/presets.ts";
import { labelOf } from "../../server/training/resolve-settings.ts";
import { checkSettings, defaultRhythm } from "../../server/training/settings.ts";
import { SuccessRule } from "../../server/training/success.ts";
import { TrainingWindow } from "../../server/training/training-window.ts";
import { LocalVectorEnv } from "../../server/vector/local-vector-env.ts";
import { compiledUrl } from "../../protocol/compiled-url.ts";
import { PhysicsPool } from "../../server/workers/physics-pool.ts";
import { FAKE_CATALOG } from "./support.ts";

describe("success of an episode", () => {
  const end = (solved: readonly boolean[]): number => {
    const rule = new SuccessRule(["reward", "solved"], 1);
    let last = false;
    for (const now of solved) last = rule.step(0, new Float64Array([3, now ? 1 : 0]), 0);
    return rule.end(0, last);
  };
  const steps = (count: number): boolean[] => Array.from({ length: 10 }, (_, i) => i < count);

  it("is more than five solved steps, or a last one", () => {
    expect([0, 1, 5, 6, 9].map((count) => end(steps(count)))).toEqual([0, 0, 0, 1, 1]);
    expect(end([false, false, true])).toBe(1);
  });

  it("is counted by row and begins anew with each episode", () => {
    const rule = new SuccessRule(["solved"], 2);
    for (let i = 0; i < 6; i++) {
      rule.step(1, new Float64Array([0, 1]), 1);
      rule.step(0, new Float64Array([0, 1]), 0);
    }
    expect([rule.end(0, false), rule.end(1, false), rule.end(1, false)]).toEqual([0, 1, 0]);
  });

  it("is unknown where no term says it", () => {
    const rule = new SuccessRule(["distance"], 1);
    expect(rule.known).toBe(false);
    expect(rule.step(0, new Float64Array([1]), 0)).toBe(false);
  });
});

/** Two rows; the second one's episode ends solved in its third step. */
function batch(step: number): StepBatch {
  const over = step === 2;
  return {
    rows: new Uint32Array([0, 1]),
    obs: [],
    reward: new Float64Array(2),
    terminated: new Uint8Array([0, over ? 1 : 0]),
    truncated: new Uint8Array(2),
    // What the row shows after its reset is not solved.
    terms: new Float64Array([0, 0]),
    ...(over && {
      final: { rows: new Uint32Array([1]), obs: [], terms: new Float64Array([1]) },
      episodes: { rows: new Uint32Array([1]), returns: new Float64Array([7.5]), lengths: new Uint32Array([3]) },
    }),
  };
}

describe("a window of training", () => {
  it("means what came since the last row, and is the same after it was saved", () => {
    const [whole, first] = [new TrainingWindow(["solved"], 2), new TrainingWindow(["solved"], 2)];
    const second = new TrainingWindow(["solved"], 2);
    for (const window of [whole, first]) {
      for (let step = 0; step < 3; step++) window.addStep(batch(step));
      window.addMetrics({ loss: 1 });
    }
    second.load(JSON.parse(JSON.stringify(first.save())) as ReturnType<typeof first.save>);
    for (const window of [whole, second]) {
      for (let step = 0; step < 3; step++) window.addStep(batch(step));
      window.addMetrics({ loss: 2, kl: Number.NaN });
    }
    const expected = { episodes: 2, return_mean: 7.5, length_mean: 3, success_rate: 1, loss: 1.5 };
    expect(whole.take()).toEqual(expected);
    expect(second.take()).toEqual(expected);
    expect(second.take()).toEqual({ episodes: 0 });
  });
});

describe("the state of all rows", () => {
  it("comes back as it was, and is refused when cut", () => {
    const obs = [new Float32Array([1, 2, 3]), new Uint8Array([9])];
    const bytes = writeEnvState(obs, [new Uint8Array([5, 6]), new Uint8Array(), new Uint8Array([7])]);
    const state = readEnvState(Uint8Array.from([0, ...bytes]).subarray(1));
    expect(state.obs.map((part) => [...part])).toEqual([[...new Uint8Array(new Float32Array([1, 2, 3]).buffer)], [9]]);
    expect(state.rows.map((part) => [...part])).toEqual([[5, 6], [], [7]]);
    for (const length of [0, 10, 20, bytes.length - 1]) {
      expect(() => readEnvState(bytes.subarray(0, length))).toThrow(MyoError);
    }
    expect(() => readEnvState(new Uint8Array(64))).toThrow(/envs\.bin/);
  });
});

async function reachingPool(): Promise<PhysicsPool> {
  const catalogUrl = compiledUrl(new URL("../../server/environments.ts", import.meta.url).href);
  const pool = new PhysicsPool({
    workers: 1,
    catalog: catalogUrl,
    engine: "wasm",
    maxGroups: 2,
    log: createLog("silent"),
  });
  await pool.ready();
  return pool;
}

/** One episode of one row, counted here. */
async function solvedBy(env: LocalVectorEnv, seed: number, act: Actor): Promise<{ steps: number; atEnd: number }> {
  const column = env.spec.info_keys.indexOf("solved");
  let [batch, steps, atEnd] = [await env.reset([seed]), 0, 0];
  while (!batch.terminated[0] && !batch.truncated[0]) {
    batch = await env.step(act(batch.obs));
    atEnd = (batch.terms[column] ?? 0) > 0 ? 1 : 0;
    steps += atEnd;
  }
  return { steps, atEnd };
}

describe("episodes without exploration", () => {
  const pool = new PhysicsPool({
    workers: 2,
    catalog: compiledUrl(FAKE_CATALOG),
    engine: "wasm",
    maxGroups: 4,
    log: createLog("silent"),
  });
  afterAll(() => pool.stop());
  const make = (numEnvs: number) => {
    const kwargs = { goal: 1000, limit: 9, trouble: 1e9, kind: "diverge", work: 0 };
    return LocalVectorEnv.make({ pool, env: "walk-v0", kwargs, numEnvs, autoreset: "disabled", seed: 0 });
  };
  /** Depends on position and step of each row. */
  const act: Actor = ([obs]) => [
    Float32Array.from({ length: ((obs?.length ?? 0) / 3) * 2 }, (_, i) =>
      Math.sin(Number(obs?.[(i >> 1) * 3] ?? 0) + (i % 2)),
    ),
  ];

  it("are the same by seed on any number of rows", async () => {
    await using one = await make(1);
    await using three = await make(3);
    const alone = await playEpisodes(one, { episodes: 7, seed: 5 }, act);
    const together = await playEpisodes(three, { episodes: 7, seed: 5 }, act);
    expect(together).toEqual(alone);
    expect([...(alone?.lengths ?? [])]).toEqual(new Array(7).fill(9));
    expect(new Set(alone?.returns).size).toBe(7);
    const later = await playEpisodes(three, { episodes: 2, seed: 6 }, act);
    expect([...(later?.returns ?? [])]).toEqual([...(alone?.returns.slice(1, 3) ?? [])]);
  });

  it("say how much of them was solved", async () => {
    const arm = await reachingPool();
    try {
      const kwargs = { ...catalog.kwargs("arm26-reach-v0", {}) };
      const made = { pool: arm, env: "arm26-reach-v0", kwargs, autoreset: "disabled", seed: 0 } as const;
      await using env = await LocalVectorEnv.make({ ...made, numEnvs: 4 });
      const pull = (rows: number): Actor => {
        const one = [0.5, 0, 0, 0.5, 0, 0];
        return () => [Float32Array.from({ length: 6 * rows }, (_, i) => one[i % 6] ?? 0)];
      };
      const solved = (await playEpisodes(env, { episodes: 12, seed: 5 }, pull(4)))?.solved;
      await using one = await LocalVectorEnv.make({ ...made, numEnvs: 1 });
      const expected = [];
      for (let episode = 0; episode < 12; episode++) expected.push(await solvedBy(one, 5 + episode, pull(1)));
      expect([...(solved?.steps ?? [])]).toEqual(expected.map(({ steps }) => steps));
      expect([...(solved?.atEnd ?? [])]).toEqual(expected.map(({ atEnd }) => atEnd));
      // Neither is always the same, or this would show nothing.
      expect(new Set(solved?.steps).size).toBeGreaterThan(2);
      expect(new Set(solved?.atEnd).size).toBe(2);
    } finally {
      await arm.stop();
    }
  });

  it("are summed up by their shares", () => {
    const solved = {
      success: Uint8Array.of(1, 1, 0, 0),
      steps: Uint32Array.of(9, 6, 1, 0),
      atEnd: Uint8Array.of(1, 0, 0, 0),
    };
    const lengths = Uint32Array.of(10, 10, 10, 2);
    expect(summarise({ returns: new Float64Array(4), lengths, solved }).solved).toEqual({
      success: 0.5,
      steps: 0.5,
      atEnd: 0.25,
    });
  });

  it("end when somebody asks", async () => {
    await using env = await make(2);
    let steps = 0;
    expect(await playEpisodes(env, { episodes: 4, seed: 5 }, act, () => ++steps > 3)).toBeNull();
  });

  it("are ordered by success, then by return", () => {
    const score = (returns: readonly number[], success: readonly number[] | null): number =>
      summarise({
        returns: Float64Array.from(returns),
        lengths: new Uint32Array(returns.length),
        solved:
          success === null
            ? null
            : {
                success: Uint8Array.from(success),
                steps: new Uint32Array(returns.length),
                atEnd: new Uint8Array(returns.length),
              },
      }).score;
    const rising = [
      score([-1e6, -1e6], [0, 0]),
      score([3, 5], [0, 0]),
      score([3, 6], [0, 0]),
      score([-9, -9], [1, 0]),
      score([1e5, 1e5], [1, 0]),
      score([0, 0], [1, 1]),
    ];
    expect(rising).toEqual(rising.toSorted((a, b) => a - b));
    expect(new Set(rising).size).toBe(rising.length);
    expect(score([2, 4], null)).toBe(3);
  });
});

describe("training presets", () => {
  it.each(Object.entries(TRAIN_PRESETS))("%s names what there is", async (name, preset) => {
    const definition = (await Learners.load(null)).find(preset.algo);
    expect(() => resolveConfig(definition, preset.preset ?? undefined, preset.config)).not.toThrow();
    expect(catalog.find(preset.env).id).toBe(preset.env);
    const kwargs = { ...catalog.kwargs(preset.env, preset.kwargs) };
    const { numEnvs, steps, env } = preset;
    const settings = { algo: preset.algo, config: {}, env: { id: env, kwargs, num_envs: numEnvs }, seed: 1, steps };
    const whole = checkSettings({ ...settings, ...defaultRhythm(steps) });
    expect(labelOf({ algo: name }, whole)).toBe(`${name}-${env}-s1`);
  });
});

describe("the command line", () => {
  it("reads settings as JSON, else as text", () => {
    const given = ["hidden=[64,64]", "exploration=pink", "normalise_obs=false", "name=a=b"];
    expect(given.reduce<ReturnType<typeof setting>>((all, text) => setting(text, all), {})).toEqual({
      hidden: [64, 64],
      exploration: "pink",
      normalise_obs: false,
      name: "a=b",
    });
    expect(() => setting("hidden", {})).toThrow(/key=value/);
    expect(trainRequest("mpo:debug", { set: {} })).toMatchObject({ algo: "mpo", preset: "debug" });
    const elsewhere = trainRequest("debug", { set: {}, env: "a-v0", envUrl: "ws://there:6960" });
    expect(elsewhere.env).toMatchObject({ id: "a-v0", url: "ws://there:6960" });
  });

  it("writes times and figures for people", () => {
    expect([0, 59.6, 187, 7387].map(duration)).toEqual(["0:00", "1:00", "3:07", "2:03:07"]);
    expect([null, 0.123456, -12.3456, 12345.6].map(figure)).toEqual(["–", "0.1235", "-12.35", "12,346"]);
  });

  it("draws curves on one scale", () => {
    const curve = (name: string, values: readonly number[]): Curve => ({
      name,
      points: values.map((value, i) => ({ step: 10 * (i + 1), value })),
    });
    const curves = [curve("a", [0, 1, 2, 3]), curve("b<c", [7, 7])];
    expect(sparkline([0, 1, 2, 3], curves)).toBe("▁▂▃▄");
    expect(sparkline([7, 7], curves)).toBe("██");
    const svg = curvesSvg(curves, "eval_return");
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain("b&lt;c");
    // First and last value of the second run: the top of the plot.
    expect(svg).toMatch(/points="247\.5,20\.0 425\.0,20\.0"/);
  });
});
