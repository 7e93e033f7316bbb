import { performance } from "node:perf_hooks";
import { connectNode } from "../../clients/ts/node.ts";
import { atMost, median, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage } from "./stage.ts";

const ENV_ID = "myoLegWalk-v0";
const HELLO_TARGET = 2;
const MAKE_TARGET = 1;

/** Process start to the reply of hello, and env.make of the leg from a warm cache on a fresh server. */
export async function benchStartup(settings: BenchSettings): Promise<void> {
  const hello: number[] = [];
  const make: number[] = [];
  for (let round = 0; round < (settings.rounds ?? 5); round++) {
    await onStage(async (stage) => {
      const start = performance.now();
      const { url } = await stage.server();
      const client = await connectNode(url);
      const greeted = performance.now();
      await client.request("env.make", { env: ENV_ID, autoreset: "disabled" });
      hello.push(greeted - start);
      make.push(performance.now() - greeted);
      await client.close();
    });
  }
  const verdicts = [
    atMost("start to first hello", median(hello) / 1000, HELLO_TARGET, "s"),
    atMost(`env.make of ${ENV_ID}`, median(make) / 1000, MAKE_TARGET, "s"),
  ];
  report("startup", verdicts, { unit: "ms", hello, make });
}
