import { describe, expect, it } from "vitest";
import { MyoClient } from "../../clients/ts/client.ts";
import { RemoteVectorEnv } from "../../clients/ts/vector-env.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import type { RequestOf } from "../../protocol/schema/operations.ts";
import { FakeServer } from "./fake-server.ts";

async function make(numEnvs: number): Promise<{ server: FakeServer; env: RemoteVectorEnv }> {
  const server = new FakeServer();
  const client = await MyoClient.connect({ url: "fake:", openSocket: server.openSocket });
  return { server, env: await RemoteVectorEnv.make(client, "fake-v0", { numEnvs, autoreset: "disabled", seed: 3 }) };
}
const withCode = (code: string): Error => expect.objectContaining({ name: "MyoError", code }) as Error;
const actions = (...values: number[]): Float32Array[] => [Float32Array.from(values)];

describe("RemoteVectorEnv", () => {
  it("asks for what it was told to", async () => {
    const { server, env } = await make(3);
    expect(server.received[1]).toMatchObject({
      t: "env.make",
      env: "fake-v0",
      num_envs: 3,
      autoreset: "disabled",
      seed: 3,
    });
    expect(env.numEnvs).toBe(3);
    expect(env.autoreset).toBe("disabled");
    expect(env.spec.info_keys).toEqual(["sum"]);
  });

  it("numbers resets and steps from 1", async () => {
    const { server, env } = await make(1);
    await env.reset(null);
    await env.step(actions(1));
    await env.step(actions(1));
    const numbered = server.received.slice(2) as RequestOf<"env.step">[];
    expect(numbered.map(({ t, k }) => [t, k])).toEqual([
      ["env.reset", 1],
      ["env.step", 2],
      ["env.step", 3],
    ]);
  });

  it("gives a number back when its request was refused", async () => {
    const { env } = await make(1);
    await env.step(actions(1));
    await expect(env.step(actions(NaN))).rejects.toThrow(withCode("BAD_ACTION"));
    expect((await env.step(actions(1))).reward).toEqual(Float64Array.from([2]));
  });

  it("goes on after a refused step in the middle of a pipeline", async () => {
    const { env } = await make(1);
    const results = await Promise.allSettled([1, NaN, 1, 1].map((value) => env.step(actions(value))));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
    expect((await env.step(actions(1))).reward).toEqual(Float64Array.from([2]));
  });

  it("keeps at most as many steps under way as the server stores replies of", async () => {
    const { server, env } = await make(1);
    server.held = [];
    const steps = Array.from({ length: 7 }, () => env.step(actions(1)));
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(server.held).toHaveLength(4);
    const first = server.held;
    server.held = null;
    for (const answer of first) answer();
    expect((await Promise.all(steps)).map(({ reward }) => reward[0])).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("steps disjoint rows and says which", async () => {
    const { env } = await make(4);
    const [even, odd] = await Promise.all([
      env.step(actions(1, 2), Uint32Array.from([0, 2])),
      env.step(actions(3, 4), Uint32Array.from([1, 3])),
    ]);
    expect(even.rows).toEqual(Uint32Array.from([0, 2]));
    expect(even.obs[0]).toEqual(Float32Array.from([0, 1, 2, 2]));
    expect(odd.rows).toEqual(Uint32Array.from([1, 3]));
    expect(odd.reward).toEqual(Float64Array.from([3, 4]));
    expect((await env.step(actions(0, 0, 0, 0))).terms.length).toBe(4);
  });

  it("resets the rows of a mask and sends a seed for each row", async () => {
    const { server, env } = await make(3);
    await env.step(actions(1, 1, 1));
    const batch = await env.reset([5, null, 7], Uint8Array.from([1, 0, 1]), { goal: [1] });
    expect(batch.rows).toEqual(Uint32Array.from([0, 1, 2]));
    expect(batch.obs[0]).toEqual(Float32Array.from([0, 0, 1, 1, 2, 0]));
    expect(batch.reward).toEqual(new Float64Array(3));
    const { seed, options } = server.received.at(-1) as RequestOf<"env.reset">;
    const { data } = seed as { data: Uint8Array };
    expect(new BigInt64Array(data.slice().buffer)).toEqual(BigInt64Array.from([5n, -1n, 7n]));
    expect(options).toEqual({ goal: [1] });
    expect((await env.step(actions(0, 0, 0))).reward).toEqual(Float64Array.from([0, 1, 0]));
  });

  it("refuses actions and seeds that do not fit, without asking the server", async () => {
    const { server, env } = await make(2);
    const before = server.received.length;
    await expect(env.step(actions(1))).rejects.toThrow(withCode("BAD_ACTION"));
    await expect(env.step([])).rejects.toThrow(withCode("BAD_ACTION"));
    await expect(env.reset([1])).rejects.toThrow(withCode("BAD_OPTIONS"));
    expect(server.received.length).toBe(before);
  });

  it("names the rows of ended episodes and failures by their number in the session", async () => {
    const { server, env } = await make(4);
    const mask = toNdArray("|b1", [2], Uint8Array.from([0, 1]));
    server.extra = {
      final: {
        mask,
        obs: toNdArray("<f4", [1, 2], Float32Array.from([8, 9])),
        terms: toNdArray("<f8", [1, 1], Float64Array.from([7])),
      },
      ep: {
        mask,
        r: toNdArray("<f8", [1], Float64Array.from([0.5])),
        l: toNdArray("<u4", [1], Uint32Array.from([100])),
      },
      errors: { 3: "Row 3 diverged." },
    };
    const { final, episodes, errors } = await env.step(actions(1, 1), Uint32Array.from([1, 3]));
    expect(final).toEqual({
      rows: Uint32Array.from([3]),
      obs: [Float32Array.from([8, 9])],
      terms: Float64Array.from([7]),
    });
    expect(episodes).toEqual({
      rows: Uint32Array.from([3]),
      returns: Float64Array.from([0.5]),
      lengths: Uint32Array.from([100]),
    });
    expect(errors).toEqual(new Map([[3, "Row 3 diverged."]]));
  });

  it("is over when closed", async () => {
    const { env } = await make(1);
    await env.close();
    await env.close();
    await expect(env.step(actions(1))).rejects.toThrow(withCode("NOT_FOUND"));
  });
});
