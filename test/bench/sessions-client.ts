import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import { connectNode, RemoteVectorEnv, type MyoClient } from "../../clients/ts/node.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { Latencies } from "./latencies.ts";

/** Sessions opened at a time. */
const OPENING = 16;
const TAPE = 50;

interface Driver {
  readonly client: MyoClient;
  readonly env: RemoteVectorEnv;
  readonly size: number;
}

/** What all sessions did since the last report. */
class Tally {
  sent = 0;
  answered = 0;
  faulty = 0;
  readonly latencies = new Latencies();
}

async function open(url: string, id: string, rows: number, seed: number): Promise<Driver> {
  const client = await connectNode(url);
  const env = await RemoteVectorEnv.make(client, id, { numEnvs: rows, infoKeys: [] });
  await env.reset(Array.from({ length: rows }, (_, row) => seed + row));
  const size = layoutOf(env.spec.act_space).buffers[0]?.size ?? 0;
  return { client, env, size };
}

async function openAll(url: string, id: string, sessions: number, rows: number): Promise<Driver[]> {
  const drivers: Driver[] = [];
  for (let first = 0; first < sessions; first += OPENING) {
    const count = Math.min(OPENING, sessions - first);
    const opened = Array.from({ length: count }, (_, i) => open(url, id, rows, (first + i) * rows));
    drivers.push(...(await Promise.all(opened)));
  }
  return drivers;
}

function report(error: unknown): null {
  console.error(error);
  return null;
}

/** Step one session until `end`, the next step when the reply of the last one is there. */
async function drive({ env }: Driver, tape: readonly Float32Array[], end: number, tally: Tally): Promise<void> {
  for (let step = 0; performance.now() < end; step++) {
    const action = tape[step % tape.length] ?? new Float32Array();
    const start = performance.now();
    tally.sent++;
    const batch = await env.step([action]).catch(report);
    if (batch === null) return;
    tally.answered++;
    tally.latencies.add((performance.now() - start) * 1000);
    if (batch.reward.length !== env.numEnvs || batch.errors !== undefined) tally.faulty++;
  }
}

/** Sessions over one socket each, one row or more a session, all stepped at once. */
async function main([url = "", id = "", sessions = "1", rows = "1"]: readonly string[]): Promise<void> {
  const drivers = await openAll(url, id, Number(sessions), Number(rows));
  const rng = createRng(0);
  const size = (drivers[0]?.size ?? 0) * Number(rows);
  const tape = Array.from({ length: TAPE }, () => Float32Array.from({ length: size }, () => 2 * rng.random() - 1));
  const run = async (seconds: number): Promise<Record<string, number>> => {
    const tally = new Tally();
    const start = performance.now();
    const cpu = process.cpuUsage();
    await Promise.all(drivers.map((driver) => drive(driver, tape, start + seconds * 1000, tally)));
    const elapsed = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const { sent, answered, faulty, latencies } = tally;
    const value = (answered * Number(rows)) / elapsed;
    const [p50, p99] = [latencies.quantile(0.5), latencies.quantile(0.99)];
    return { value, count: answered, seconds: elapsed, cpu: (user + system) / 1e6, sent, faulty, p50, p99 };
  };
  await run(0.1);
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await run(Number(line))));
  }
  for (const { client } of drivers) await client.close();
}

await main(process.argv.slice(2));
