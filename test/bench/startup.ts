import { performance } from "node:perf_hooks";
import { connectNode } from "../../clients/ts/node.ts";
import { median, report, startServer } from "./harness.ts";

const ENV_ID = "myoLegWalk-v0";
const ROUNDS = 5;

/** Process start to the reply of hello, and env.make of the leg from a warm cache on a fresh server. */
export async function benchStartup(): Promise<void> {
  const hello: number[] = [];
  const make: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const { server, url } = await startServer();
    const client = await connectNode(url);
    hello.push(performance.now() - start);
    const before = performance.now();
    await client.request("env.make", { env: ENV_ID, autoreset: "disabled" });
    make.push(performance.now() - before);
    await client.close();
    await server.stop();
  }
  const seconds = (samples: readonly number[]): number => median(samples) / 1000;
  report(
    "startup",
    [
      {
        name: "start to first hello",
        value: seconds(hello),
        unit: "s",
        target: "<= 2 s",
        reached: seconds(hello) <= 2,
      },
      { name: `env.make of ${ENV_ID}`, value: seconds(make), unit: "s", target: "<= 1 s", reached: seconds(make) <= 1 },
    ],
    { unit: "ms", hello, make },
  );
}
