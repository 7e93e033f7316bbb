import { beforeAll, describe, expect, it } from "vitest";
import type { AutoresetMode, RowOut } from "../../protocol/env.ts";
import type { NdArray } from "../../protocol/ndarray.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import type { RunningServer } from "../../server/server.ts";
import { catalog, FakeEnv } from "./fake-catalog.ts";
import { fakeServer, maskArray, numbers, RawClient, walkAction } from "./support.ts";

/** One row of Gymnasium's SyncVectorEnv, written down once more: what the server must equal. */
class ReferenceRow {
  readonly #env: FakeEnv;
  readonly #mode: AutoresetMode;
  readonly out: RowOut;
  #over = false;
  #return = 0;
  #length = 0;

  constructor(kwargs: Record<string, number>, mode: AutoresetMode) {
    this.#env = new FakeEnv("walk-v0", catalog.kwargs("walk-v0", kwargs), 0);
    this.#mode = mode;
    const obs = [new Float32Array(3)];
    this.out = { obs, terms: new Float64Array(2), reward: 0, terminated: false, truncated: false, error: null };
  }

  reset(seed: number | null): number[] {
    this.#env.resetInto(seed, undefined, this.out);
    this.#over = false;
    this.#return = 0;
    this.#length = 0;
    return this.obs();
  }

  obs(): number[] {
    return Array.from(this.out.obs[0] as Float32Array);
  }

  step(action: number) {
    if (this.#over && this.#mode === "next_step") {
      return { obs: this.reset(null), reward: 0, terminated: false, truncated: false, final: null, episode: null };
    }
    this.#env.stepInto([new Float32Array([action, action])], this.out);
    const { reward, terminated, truncated } = this.out;
    this.#return += reward;
    this.#length++;
    let final: number[] | null = null;
    let episode: [number, number] | null = null;
    let obs = this.obs();
    if ((terminated || truncated) && !this.#over) {
      episode = [this.#return, this.#length];
      this.#over = true;
      if (this.#mode === "same_step") {
        final = obs;
        obs = this.reset(null);
      }
    }
    return { obs, reward, terminated, truncated, final, episode };
  }
}

const flags = (array: NdArray) => Array.from(array.data, Boolean);

/** Values of a compact array, spread over the rows that its mask names. */
function spread<T>(mask: NdArray | undefined, values: readonly T[], rows: number): (T | null)[] {
  let next = 0;
  return Array.from({ length: rows }, (_, row) => (mask?.data[row] ? (values[next++] ?? null) : null));
}

const lines = (values: readonly number[], width: number) =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));

let client: RawClient;
let server: RunningServer;
beforeAll(async () => {
  server = await fakeServer();
  client = await RawClient.connect(server.url);
});

function check(reply: ReplyOf<"env.step">, rows: readonly ReferenceRow[], actions: readonly number[]): void {
  const want = rows.map((row, i) => row.step(actions[i] ?? 0));
  expect(lines(numbers(reply.obs), 3)).toEqual(want.map(({ obs }) => obs));
  expect(numbers(reply.rew)).toEqual(want.map(({ reward }) => reward));
  expect(flags(reply.term)).toEqual(want.map(({ terminated }) => terminated));
  expect(flags(reply.trunc)).toEqual(want.map(({ truncated }) => truncated));
  const finals = reply.final === undefined ? [] : lines(numbers(reply.final.obs), 3);
  expect(spread(reply.final?.mask, finals, rows.length)).toEqual(want.map(({ final }) => final));
  const returns = reply.ep === undefined ? [] : numbers(reply.ep.r);
  const lengths = reply.ep === undefined ? [] : numbers(reply.ep.l);
  expect(spread(reply.ep?.mask, returns, rows.length)).toEqual(want.map(({ episode }) => episode?.[0] ?? null));
  expect(spread(reply.ep?.mask, lengths, rows.length)).toEqual(want.map(({ episode }) => episode?.[1] ?? null));
}

const MODES: readonly AutoresetMode[] = ["next_step", "same_step"];
const ENDS = [
  ["goal", { goal: 3 }],
  ["limit", { limit: 4 }],
  ["goal and limit at once", { goal: 5, limit: 5 }],
] as const;

describe.each(MODES)("%s equals a loop over single envs", (autoreset) => {
  it.each(ENDS)("ending by %s", async (_name, kwargs) => {
    const numEnvs = 5;
    const { s } = await client.ask("env.make", { env: "walk-v0", num_envs: numEnvs, autoreset, kwargs });
    const rows = Array.from({ length: numEnvs }, () => new ReferenceRow(kwargs, autoreset));
    const first = await client.ask("env.reset", { s, k: 1, seed: 40 });
    expect(lines(numbers(first.obs), 3)).toEqual(rows.map((row, i) => row.reset(40 + i)));
    for (let k = 2; k < 30; k++) {
      const actions = rows.map((_row, i) => Math.fround(Math.sin(k * 7 + i)));
      check(await client.ask("env.step", { s, k, action: walkAction(actions) }), rows, actions);
    }
  });

  it("with a masked reset in the middle of episodes", async () => {
    const kwargs = { goal: 3 };
    const { s } = await client.ask("env.make", { env: "walk-v0", num_envs: 3, autoreset, kwargs });
    const rows = Array.from({ length: 3 }, () => new ReferenceRow(kwargs, autoreset));
    await client.ask("env.reset", { s, k: 1, seed: 7 });
    rows.forEach((row, i) => row.reset(7 + i));
    for (let k = 2; k < 40; k++) {
      if (k % 4 === 0) {
        const mask = [0, 1, 2].map((row) => (k / 4 + row) % 2 === 0);
        const reply = await client.ask("env.reset", { s, k, mask: maskArray(mask), seed: k });
        const want = rows.map((row, i) => (mask[i] ? row.reset(k + i) : row.obs()));
        expect(lines(numbers(reply.obs), 3)).toEqual(want);
        continue;
      }
      const actions = [0.1, 0.2, Math.fround(0.01 * k)].map(Math.fround);
      check(await client.ask("env.step", { s, k, action: walkAction(actions) }), rows, actions);
    }
  });
});

describe("disabled", () => {
  it("one row goes on after the end, as the simulator does", async () => {
    const { s } = await client.ask("env.make", { env: "walk-v0", autoreset: "disabled", kwargs: { goal: 2 } });
    const row = new ReferenceRow({ goal: 2 }, "disabled");
    await client.ask("env.reset", { s, k: 1, seed: 1 });
    row.reset(1);
    for (let k = 2; k < 8; k++) check(await client.ask("env.step", { s, k, action: walkAction([0.5]) }), [row], [0.5]);
  });

  it("with several rows a finished one is NEEDS_RESET before anything is stepped", async () => {
    const make = { env: "walk-v0", num_envs: 2, autoreset: "disabled", kwargs: { goal: 2 } } as const;
    const { s } = await client.ask("env.make", make);
    await client.ask("env.reset", { s, k: 1, seed: 1 });
    await client.ask("env.step", { s, k: 2, action: walkAction([0, 0]) });
    // Row 1 starts anew, row 0 ends one step before it.
    await client.ask("env.reset", { s, k: 3, seed: 9, mask: maskArray([false, true]) });
    const before = await client.ask("env.step", { s, k: 4, action: walkAction([0, 0]) });
    expect(flags(before.term)).toEqual([true, false]);
    const error = await client.refused({ t: "env.step", s, k: 5, action: walkAction([0, 0]) });
    expect(error).toMatchObject({ code: "NEEDS_RESET" });
    expect(error.sentence).toMatch(/row 0/);
    const reply = await client.ask("env.reset", { s, k: 5, mask: maskArray([true, false]), seed: 3 });
    // Row 1 was not stepped by the refused request.
    expect(lines(numbers(reply.obs), 3)[1]).toEqual(lines(numbers(before.obs), 3)[1]);
    expect((await client.ask("env.step", { s, k: 6, action: walkAction([0, 0]) })).k).toBe(6);
  });
});

it("info_keys picks columns of terms; none leaves them out", async () => {
  const make = { env: "walk-v0", num_envs: 2, autoreset: "next_step" } as const;
  const one = await client.ask("env.make", { ...make, info_keys: ["effort"] });
  await client.ask("env.reset", { s: one.s, k: 1, seed: 0 });
  const picked = await client.ask("env.step", { s: one.s, k: 2, action: walkAction([0.5, 1]) });
  expect(picked.terms?.shape).toEqual([2, 1]);
  expect(numbers(picked.terms)).toEqual([0.25, 1]);
  const none = await client.ask("env.make", { ...make, info_keys: [] });
  await client.ask("env.reset", { s: none.s, k: 1, seed: 0 });
  expect(await client.ask("env.step", { s: none.s, k: 2, action: walkAction([0, 0]) })).not.toHaveProperty("terms");
});
