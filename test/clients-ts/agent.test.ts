import { describe, expect, it } from "vitest";
import { RemoteAgent, type JobState } from "../../clients/ts/agent.ts";
import { MyoClient } from "../../clients/ts/client.ts";
import { RemoteVectorEnv } from "../../clients/ts/vector-env.ts";
import { FakeServer, SPEC } from "./fake-server.ts";

async function connected(): Promise<{ server: FakeServer; client: MyoClient }> {
  const server = new FakeServer();
  return { server, client: await MyoClient.connect({ url: "fake:", openSocket: server.openSocket }) };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("RemoteAgent", () => {
  it("acts for a body the client owns", async () => {
    const { server, client } = await connected();
    const body = { obsSpace: SPEC.obs_space, actSpace: SPEC.act_space, numEnvs: 2 };
    const agent = await RemoteAgent.forBody(client, "dep", body, { config: { kappa: 1 } });
    expect(agent.config).toEqual({ kappa: 1 });
    const action = await agent.act([Float32Array.from([1, 2, 3, 4])], "exploit", Uint8Array.from([1, 0]));
    expect(action).toEqual([Float32Array.from([5, 6])]);
    expect(server.received.at(-1)).toMatchObject({
      mode: "exploit",
      obs: { shape: [2, 2] },
      mask_reset: { shape: [2] },
    });
    await expect(agent.run(10)).rejects.toThrow(expect.objectContaining({ code: "BAD_OPTIONS" }));
    await expect(agent.act([new Float32Array(3)])).rejects.toThrow(expect.objectContaining({ code: "BAD_ACTION" }));
  });

  it("drives a session as a job and waits for its end", async () => {
    const { server, client } = await connected();
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    const agent = await RemoteAgent.forSession(client, "dep", env);
    const job = await agent.run(2, { seed: 1 });
    expect(server.received.at(-1)).toMatchObject({ t: "agent.run", s: env.session, steps: 2, seed: 1 });
    const seen: JobState["state"][] = [];
    const ended = job.wait((state) => seen.push(state.state));
    for (let i = 0; i < 10; i++) await turn();
    expect(seen.length).toBeGreaterThan(0);
    server.job = { ...server.job, state: "done", done: 2 };
    server.emit({ t: "ev.job", sub: "sub2", n: 1, dropped: 0, job: server.job });
    expect(await ended).toMatchObject({ state: "done", done: 2 });
    expect(server.received.at(-1)?.t).toBe("unsub");
  });

  it("notices a job that ended before anybody listened", async () => {
    const { server, client } = await connected();
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    server.job = { ...server.job, state: "failed" };
    const job = await (await RemoteAgent.forSession(client, "dep", env)).run(2);
    expect((await job.wait()).state).toBe("failed");
  });
});
