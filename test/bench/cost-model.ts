import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineId } from "../../envs/engine/physics.ts";
import { ROOT } from "./contestant.ts";
import { splitProfiles, SOCKET_PARTS, WORKER_PARTS } from "./cpu-profile.ts";
import { threadTimes, type ThreadTimes } from "./proc.ts";
import { printTable, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { EngineMissingError, onStage, type Stage } from "./stage.ts";

const LEG = "myoLegWalk-v0";
const ROWS = 64;
const SECONDS = 5;
const WARM_UP_SECONDS = 1;
/** Busier than this is what holds the rest up. */
const SATURATED = 0.85;
/** Waits for a core for more than this share of the time: there are too few of them. */
const WAITING = 0.15;
const SAMPLE_US = 1000;

interface Case {
  readonly id: string;
  readonly rows: number;
  readonly sessions: number;
  readonly workers: number;
}

const cores = os.availableParallelism();
const BASE: Case = { id: LEG, rows: ROWS, sessions: 1, workers: cores };

/** One quantity changes along an axis, the others are those of `BASE`. */
const AXES: Readonly<Record<string, readonly Case[]>> = {
  rows: [1, 4, 16, 64, 256, 1024].map((rows) => ({ ...BASE, rows })),
  sessions: [1, 10, 100, 1000].map((sessions) => ({ ...BASE, rows: 1, sessions })),
  workers: Array.from({ length: cores }, (_, i) => ({ ...BASE, workers: i + 1 })),
  model: ["myoElbowPose1D6MRandom-v0", "myoFingerPoseRandom-v0", "myoHandPoseRandom-v0", LEG].map((id) => ({
    ...BASE,
    id,
  })),
};

type Cost = Readonly<Record<string, string | number>>;

const monotonic = (): number => Number(process.hrtime.bigint() / 1000n);

/** us that a kind of thread was on a core, and ready but without one. */
interface Use {
  readonly run: number;
  readonly wait: number;
}
type Uses = Readonly<Record<"workers" | "socket" | "client", Use>>;

function useBetween(before: ThreadTimes, after: ThreadTimes): Use {
  return { run: (after.run - before.run) / 1000, wait: (after.wait - before.wait) / 1000 };
}

/** What holds a case up: the thread that always has work, or the cores where it often waits for one. */
function limitOf(shares: Uses, largest: string): string {
  const names = { workers: largest, socket: "socket thread", client: "client" };
  for (const kind of ["workers", "socket", "client"] as const) {
    const { run, wait } = shares[kind];
    if (run + wait < SATURATED) continue;
    return wait > WAITING ? `cores (${names[kind]})` : names[kind];
  }
  return "latency";
}

function startClient(stage: Stage, url: string, { id, rows, sessions }: Case) {
  // One session is what a Python learner has; many come from many clients, and one Node process stands for them.
  return sessions === 1
    ? stage.python("client", "myoserve_vector.py", url, id, rows)
    : stage.node("client", "sessions-client.js", url, id, sessions, rows);
}

interface Measured {
  readonly rate: number;
  readonly seconds: number;
  readonly uses: Uses;
  readonly window: readonly [number, number];
}

async function measure(stage: Stage, engine: EngineId, the: Case, profiles: string, seconds: number) {
  const hook = pathToFileURL(path.join(ROOT, "dist/test/bench/profile-workers.js")).href;
  const flags = [`--import=${hook}`, "--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-interval=${SAMPLE_US}`];
  const server = await stage.server({ engine, workers: the.workers, nodeFlags: flags });
  const client = startClient(stage, server.url, the);
  await client.ready();
  await client.run(WARM_UP_SECONDS);
  const times = () => ({ server: threadTimes(server.process.pid), client: threadTimes(client.pid) });
  const before = times();
  const start = monotonic();
  const result = await client.run(seconds);
  const end = monotonic();
  const after = times();
  const uses: Uses = {
    workers: useBetween(before.server.others, after.server.others),
    socket: useBetween(before.server.main, after.server.main),
    client: useBetween(before.client.main, after.client.main),
  };
  const measured: Measured = { rate: result.value, seconds: (end - start) / 1e6, uses, window: [start, end] };
  return measured;
}

/** Each use as a share of the time that so many threads had. */
function sharesOf(uses: Uses, threads: number, time: number): Uses {
  const share = ({ run, wait }: Use, count: number): Use => ({ run: run / count / time, wait: wait / count / time });
  return { workers: share(uses.workers, threads), socket: share(uses.socket, 1), client: share(uses.client, 1) };
}

const percent = (share: number): number => Math.round(share * 100);

/** us of CPU time for each env-step, by part, and how busy the threads are, %. */
function costOf(the: Case, { rate, seconds, uses, window }: Measured, profiles: string): Cost {
  const { workers, socket } = splitProfiles(profiles, window);
  const steps = rate * seconds;
  const parts: Record<string, number> = {};
  for (const part of WORKER_PARTS) parts[part] = ((workers[part] ?? 0) * uses.workers.run) / steps;
  for (const part of SOCKET_PARTS) parts[part] = ((socket[part] ?? 0) * uses.socket.run) / steps;
  const shares = sharesOf(uses, Math.min(the.workers, the.rows * the.sessions), seconds * 1e6);
  const largest = WORKER_PARTS.toSorted((a, b) => (parts[b] ?? 0) - (parts[a] ?? 0))[0] ?? "physics";
  return {
    id: the.id,
    N: the.rows,
    sessions: the.sessions,
    workers: the.workers,
    "steps/s": Math.round(rate),
    "us/round": Math.round((the.rows * the.sessions * 1e6) / rate),
    ...parts,
    client: uses.client.run / steps,
    "workers %": percent(shares.workers.run),
    "queued %": percent(shares.workers.wait),
    "socket %": percent(shares.socket.run),
    "client %": percent(shares.client.run),
    limit: limitOf(shares, largest),
  };
}

async function costOfCase(engine: EngineId, the: Case, seconds: number): Promise<Cost> {
  const profiles = mkdtempSync(path.join(os.tmpdir(), "myoserve-profiles-"));
  try {
    // The profiles are written when the server ends.
    const measured = await onStage((stage) => measure(stage, engine, the, profiles, seconds));
    return costOf(the, measured, profiles);
  } finally {
    rmSync(profiles, { recursive: true, force: true });
  }
}

function chosenAxes({ axes }: BenchSettings): [string, readonly Case[]][] {
  if (axes === null) return Object.entries(AXES);
  return axes.map((name) => {
    const cases = AXES[name];
    if (cases === undefined) throw new Error(`--axis is one of ${Object.keys(AXES).join(", ")}, but "${name}" came.`);
    return [name, cases];
  });
}

/** Where the time of a step goes, and what holds it up, along rows, sessions, workers and model size. */
export async function benchCostModel(settings: BenchSettings): Promise<void> {
  const tables: Record<string, Cost[]> = {};
  const skipped: string[] = [];
  const known = new Map<string, Cost>();
  for (const engine of settings.engines) {
    try {
      for (const [axis, cases] of chosenAxes(settings)) {
        const table: Cost[] = [];
        for (const the of cases) {
          const key = `${engine} ${JSON.stringify(the)}`;
          const cost = known.get(key) ?? (await costOfCase(engine, the, settings.seconds ?? SECONDS));
          known.set(key, cost);
          table.push(cost);
        }
        console.log(`\n${engine}, by ${axis}; us of CPU time an env-step`);
        printTable(table);
        tables[`${engine}/${axis}`] = table;
      }
    } catch (error) {
      if (!(error instanceof EngineMissingError)) throw error;
      skipped.push(`engine ${engine}: ${error.message}`);
    }
  }
  report("cost-model", [], { unit: "us of CPU time an env-step", cores, tables }, skipped);
}
