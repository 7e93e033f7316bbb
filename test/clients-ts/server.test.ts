import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectNode, RemoteAgent, RemoteVectorEnv, type MyoClient } from "../../clients/ts/node.ts";
import { validateMessage } from "../../protocol/validate.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { createLog } from "../../server/log.ts";
import { startServer, type RunningServer } from "../../server/server.ts";

const ENV = "arm26-reach-v0";
const withCode = (code: string): Error => expect.objectContaining({ name: "MyoError", code }) as Error;

describe.each([false, true])("the real server (json: %s)", (json) => {
  let server: RunningServer;
  let client: MyoClient;
  beforeAll(async () => {
    server = await startServer({ port: 0, workers: 2, log: createLog("silent") });
    client = await connectNode(server.url, { json, maxRetryDelayMs: 20 });
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  function actionsFor(env: RemoteVectorEnv, rows: number, value: number): Float32Array[] {
    const size = layoutOf(env.spec.act_space).buffers[0]?.size ?? 0;
    return [new Float32Array(rows * size).fill(value)];
  }

  it("says hello as the schema has it", () => {
    expect(() => {
      validateMessage(client.hello);
    }).not.toThrow();
  });

  it("lists and describes environments as the schema has it", async () => {
    const list = await client.request("env.list", {});
    validateMessage(list);
    expect(list.envs.map(({ id }) => id)).toContain(ENV);
    const described = await client.request("env.describe", { env: ENV });
    validateMessage(described);
    expect(described.spec.id).toBe(ENV);
  });

  it("rolls out what steps would give, from a row, a kept snapshot and bytes", async () => {
    await using env = await RemoteVectorEnv.make(client, ENV, { numEnvs: 2, autoreset: "disabled" });
    await env.reset([3, 4]);
    const horizon = 3;
    const want = { horizon, obs: true, finalObs: true, terms: true };
    const actions = [...actionsFor(env, horizon, 0.3), ...actionsFor(env, horizon, 0.6)];
    const both = [Float32Array.from(actions.flatMap((part) => [...part]))];
    const out = await env.rollout({ row: 1 }, both, want);
    const rows = Uint32Array.from([1]);
    const snap = await env.snapshot(rows);
    expect(await env.rollout({ snap }, both, want)).toEqual(out);
    const { data = [] } = await client.request("env.snapshot", { s: env.session, bytes: true });
    expect(await env.rollout({ states: data.slice(1) }, both, want)).toEqual(out);
    const size = layoutOf(env.spec.obs_space).buffers[0]?.size ?? 0;
    for (let b = 0; b < 2; b++) {
      await env.restore(snap, rows);
      for (let h = 0; h < horizon; h++) {
        const step = await env.step(actionsFor(env, 1, b === 0 ? 0.3 : 0.6), rows);
        const at = b * horizon + h;
        expect(out.reward[at]).toBe(step.reward[0]);
        expect(out.obs[0]?.slice(at * size, (at + 1) * size)).toEqual(step.obs[0]);
        expect(out.terms.slice(at * step.terms.length, (at + 1) * step.terms.length)).toEqual(step.terms);
        if (h === horizon - 1) expect(out.finalObs[0]?.slice(b * size, (b + 1) * size)).toEqual(step.obs[0]);
      }
    }
    expect([...out.terminated, ...out.truncated]).toEqual(new Array(2 * 2 * horizon).fill(0));
    await expect(env.rollout({ row: 0 }, [new Float32Array(5)], want)).rejects.toEqual(withCode("BAD_ACTION"));
    await expect(env.rollout({ row: 7 }, both, want)).rejects.toEqual(withCode("BAD_OPTIONS"));
  });

  it("gives rows of one seed the same episode, whether stepped together, apart or pipelined", async () => {
    const [together, apart] = await Promise.all([
      RemoteVectorEnv.make(client, ENV, { numEnvs: 2, autoreset: "disabled" }),
      RemoteVectorEnv.make(client, ENV, { numEnvs: 2, autoreset: "disabled" }),
    ]);
    const first = await together.reset([7, 8]);
    expect((await apart.reset([7, 8])).obs).toEqual(first.obs);
    const one = await together.step(actionsFor(together, 2, 0.4));
    const two = await together.step(actionsFor(together, 2, 0.1));
    const rows = [0, 1].map((row) => Uint32Array.from([row]));
    const parts = await Promise.all(
      [0.4, 0.1].flatMap((value) => rows.map((row) => apart.step(actionsFor(apart, 1, value), row))),
    );
    const joined = (index: number): number[] =>
      parts.slice(index, index + 2).flatMap(({ obs }) => [...(obs[0] ?? [])].map(Number));
    expect(joined(0)).toEqual([...(one.obs[0] ?? [])]);
    expect(joined(2)).toEqual([...(two.obs[0] ?? [])]);
    await Promise.all([together.close(), apart.close()]);
  });

  it("answers mistakes with codes and goes on", async () => {
    await expect(RemoteVectorEnv.make(client, "arm26-rech-v0")).rejects.toThrow(withCode("ENV_UNKNOWN"));
    await expect(RemoteVectorEnv.make(client, ENV, { kwargs: { muscle: 6 } })).rejects.toThrow(withCode("BAD_OPTIONS"));
    const env = await RemoteVectorEnv.make(client, ENV);
    await expect(env.step(actionsFor(env, 1, 0))).rejects.toThrow(withCode("NEEDS_RESET"));
    await env.reset(null);
    await expect(env.step(actionsFor(env, 1, NaN))).rejects.toThrow(withCode("BAD_ACTION"));
    expect((await env.step(actionsFor(env, 1, 0))).reward).toHaveLength(1);
    await env.close();
    await expect(env.step(actionsFor(env, 1, 0))).rejects.toThrow(withCode("NOT_FOUND"));
  });

  it("returns to a snapshot", async () => {
    const env = await RemoteVectorEnv.make(client, ENV, { numEnvs: 2, autoreset: "disabled" });
    await env.reset([1, 2]);
    const snap = await env.snapshot();
    const before = await env.step(actionsFor(env, 2, 0.7));
    await env.restore(snap);
    expect(await env.step(actionsFor(env, 2, 0.7))).toEqual(before);
    await env.close();
  });

  it("lets an agent act and drive a session", async () => {
    const env = await RemoteVectorEnv.make(client, ENV, { numEnvs: 2 });
    const { obs } = await env.reset([1, 2]);
    await using agent = await RemoteAgent.forSession(client, "random", env, { seed: 1 });
    const action = await agent.act(obs);
    expect((await env.step(action)).reward).toHaveLength(2);
    const last = await (await agent.run(20, { seed: 3 })).wait();
    expect(last).toMatchObject({ state: "done", error: null });
    await env.close();
  });
});
