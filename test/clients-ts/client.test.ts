import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MyoClient, type ClientOptions } from "../../clients/ts/client.ts";
import { RemoteVectorEnv } from "../../clients/ts/vector-env.ts";
import { CLOSE_CODES } from "../../protocol/errors.ts";
import { FakeServer } from "./fake-server.ts";

const connectTo = (server: FakeServer, options: Partial<ClientOptions> = {}): Promise<MyoClient> =>
  MyoClient.connect({ url: "fake:", openSocket: server.openSocket, maxRetryDelayMs: 50, ...options });
const withCode = (code: string): unknown => expect.objectContaining({ name: "MyoError", code });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}
const push = (value: number): Float32Array[] => [Float32Array.from([value])];

describe("requests", () => {
  it("says hello first and keeps what the server says about itself", async () => {
    const server = new FakeServer();
    const client = await connectTo(server, { role: "observer", name: "test" });
    expect(server.received[0]).toMatchObject({ t: "hello", role: "observer", client: { name: "test", lang: "ts" } });
    expect(client.hello.limits.max_inflight).toBe(4);
  });

  it.each([false, true])("speaks both subprotocols (json: %s)", async (json) => {
    const client = await connectTo(new FakeServer(), { json });
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    expect((await env.step(push(2))).reward).toEqual(Float64Array.from([2]));
  });

  it("gives each reply to its own request, whatever the order", async () => {
    const server = new FakeServer();
    const client = await connectTo(server);
    server.held = [];
    const list = client.request("env.list", {});
    const ping = client.request("ping", {});
    await turns(3);
    for (const answer of server.held.toReversed()) answer();
    expect((await ping).t).toBe("ping.ok");
    expect((await list).t).toBe("env.list.ok");
  });

  it("drops the reply that comes after its request timed out", async () => {
    const server = new FakeServer();
    const client = await connectTo(server, { timeoutMs: 30 });
    server.held = [];
    await expect(client.request("env.list", {})).rejects.toThrow(withCode("UNAVAILABLE"));
    const [late] = server.held;
    server.held = null;
    const ping = client.request("ping", {});
    late?.();
    expect((await ping).t).toBe("ping.ok");
  });

  it("passes coded errors on and goes on", async () => {
    const client = await connectTo(new FakeServer());
    await expect(RemoteVectorEnv.make(client, "other-v0")).rejects.toThrow(withCode("ENV_UNKNOWN"));
    await expect(client.request("env.close", { s: "x" })).resolves.toMatchObject({ t: "env.close.ok" });
  });

  it("refuses a request that is larger than the server takes, before it is sent", async () => {
    const server = new FakeServer();
    const client = await connectTo(server);
    const blob = new Uint8Array(70_000);
    await expect(client.request("agent.load", { a: "a", blob })).rejects.toThrow(withCode("TOO_LARGE"));
    await expect(client.request("ping", {})).resolves.toMatchObject({ t: "ping.ok" });
  });

  it("fails where no server answers", async () => {
    const server = new FakeServer();
    server.reachable = false;
    await expect(connectTo(server)).rejects.toThrow(withCode("UNAVAILABLE"));
  });

  it("fails what is open and what comes later when it is closed", async () => {
    const server = new FakeServer();
    const client = await connectTo(server);
    server.held = [];
    const open = client.request("ping", {});
    await client.close();
    await client.close();
    await expect(open).rejects.toThrow(withCode("UNAVAILABLE"));
    await expect(client.request("ping", {})).rejects.toThrow(withCode("UNAVAILABLE"));
    expect(server.sockets.size).toBe(0);
  });
});

describe("lost sockets", () => {
  it("executes every step exactly once however often the socket is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(null, null, null, "before", "after"), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        async (fates, depth) => {
          const server = new FakeServer();
          const client = await connectTo(server, { maxRetryDelayMs: 1 });
          const env = await RemoteVectorEnv.make(client, "fake-v0");
          let cuts = 0;
          server.cut = (request) => (request.t === "env.step" ? (fates[cuts++] ?? null) : null);
          const rewards: number[] = [];
          for (let done = 0; done < 12; done += depth) {
            const batch = Array.from({ length: depth }, () => env.step(push(1)));
            for (const { reward } of await Promise.all(batch)) rewards.push(reward[0] ?? NaN);
          }
          expect(rewards).toEqual(rewards.map((_, index) => index + 1));
          const session = server.sessions.get(env.session);
          expect(session?.executed).toEqual(rewards.map((_, index) => index + 1));
          await client.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  it("replaces its token at every resume", async () => {
    const server = new FakeServer();
    const client = await connectTo(server, { maxRetryDelayMs: 1 });
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    for (let i = 0; i < 3; i++) {
      server.cutAll();
      await env.step(push(1));
    }
    expect(server.sessions.get(env.session)?.token).toBe("t+++");
  });

  it("reports a session that the server no longer has", async () => {
    const server = new FakeServer();
    const client = await connectTo(server);
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    server.forgetful = true;
    server.cut = (request) => (request.t === "env.step" ? "before" : null);
    await expect(env.step(push(1))).rejects.toThrow(withCode("SESSION_LOST"));
    await expect(client.request("ping", {})).resolves.toMatchObject({ t: "ping.ok" });
  });

  it("does not repeat what must not happen twice", async () => {
    const server = new FakeServer();
    const client = await connectTo(server);
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    server.cut = (request) => (request.t === "env.snapshot" ? "after" : null);
    await expect(env.snapshot()).rejects.toThrow(withCode("UNAVAILABLE"));
    expect(server.received.filter(({ t }) => t === "env.snapshot")).toHaveLength(1);
  });

  it("sends what was asked for while no socket was open", async () => {
    const server = new FakeServer();
    const client = await connectTo(server);
    server.cutAll();
    await turns(3);
    const made = RemoteVectorEnv.make(client, "fake-v0");
    await expect(made).resolves.toBeInstanceOf(RemoteVectorEnv);
  });

  it("gives up when the lease is over", async () => {
    const server = new FakeServer();
    server.hello = { lease_ms: 30 };
    const client = await connectTo(server, { maxRetryDelayMs: 10 });
    server.reachable = false;
    server.cutAll();
    await turns(3);
    await expect(client.request("ping", {})).rejects.toThrow(withCode("SESSION_LOST"));
  });

  it.each([CLOSE_CODES.REPLACED, CLOSE_CODES.FLOODING, CLOSE_CODES.BAD_FRAME, CLOSE_CODES.TOO_BIG])(
    "does not come back after close code %d",
    async (code) => {
      const server = new FakeServer();
      const client = await connectTo(server);
      server.cutAll(code);
      await turns(3);
      await expect(client.request("ping", {})).rejects.toThrow(withCode("UNAVAILABLE"));
      expect(server.sockets.size).toBe(0);
    },
  );

  it("notices a silent connection and opens another", async () => {
    const server = new FakeServer();
    server.hello = { ping_ms: 10 };
    const client = await connectTo(server);
    const [first] = server.sockets;
    server.held = [];
    const open = client.request("env.list", {});
    while (first !== undefined && server.sockets.has(first)) await turn();
    server.held = null;
    await expect(open).resolves.toMatchObject({ t: "env.list.ok" });
  });
});

describe("subscriptions", () => {
  it("hands over events that come in the same packet as the reply", async () => {
    const client = await connectTo(new FakeServer());
    const seen: number[] = [];
    await client.subscribe("job", { job: "j1" }, (event) => seen.push(event.n));
    await turns(3);
    expect(seen).toEqual([0]);
  });

  it("go on over a reconnect and end when closed", async () => {
    const server = new FakeServer();
    const client = await connectTo(server, { maxRetryDelayMs: 1 });
    const seen: string[] = [];
    const subscription = await client.subscribe("job", { job: "j1" }, (event) => seen.push(event.sub));
    await turns(3);
    server.cutAll();
    await client.request("ping", {});
    await turns(6);
    expect(seen).toEqual(["sub1", "sub2"]);
    await subscription.close();
    await subscription.close();
    expect(server.received.filter(({ t }) => t === "unsub")).toEqual([expect.objectContaining({ sub: "sub2" })]);
    server.emit({ t: "ev.drain", deadline_ms: 1, reason: "test" });
    await turns(3);
    expect(seen).toHaveLength(2);
  });
});
