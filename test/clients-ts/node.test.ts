import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectNode, RemoteVectorEnv } from "../../clients/ts/node.ts";
import { FakeServer } from "./fake-server.ts";
import { serve, type Served } from "./serve.ts";

const push = (value: number): Float32Array[] => [Float32Array.from([value])];

describe("connectNode", () => {
  let fake: FakeServer;
  let served: Served;
  beforeEach(async () => {
    fake = new FakeServer();
    served = await serve(fake);
  });
  afterEach(() => served.close());

  it.each([false, true])("steps over a real socket (json: %s)", async (json) => {
    const client = await connectNode(`ws://127.0.0.1:${served.port}`, { json });
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    const rewards = await Promise.all([1, 2, 3].map((value) => env.step(push(value))));
    expect(rewards.map(({ reward }) => reward[0])).toEqual([1, 3, 6]);
    await client.close();
  });

  it("steps exactly once over sockets that are cut before and after execution", async () => {
    const client = await connectNode(`ws://127.0.0.1:${served.port}`, { maxRetryDelayMs: 10 });
    const env = await RemoteVectorEnv.make(client, "fake-v0");
    const fates: ("before" | "after" | null)[] = ["before", null, "after", null, null, "after", "before"];
    fake.cut = (request) => (request.t === "env.step" ? (fates.pop() ?? null) : null);
    const batches = await Promise.all(Array.from({ length: 10 }, () => env.step(push(1))));
    expect(batches.map(({ reward }) => reward[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(fates).toEqual([]);
    await client.close();
  });

  it("fails with a code where nothing listens", async () => {
    const { port } = served;
    await served.close();
    await expect(connectNode(`ws://127.0.0.1:${port}`)).rejects.toThrow(
      expect.objectContaining({ code: "UNAVAILABLE" }) as Error,
    );
  });
});
