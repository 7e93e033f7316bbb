import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineId } from "../../envs/engine/physics.ts";
import { ROOT } from "./contestant.ts";
import { splitProfiles, SOCKET_PARTS, WORKER_PARTS } from "./cpu-profile.ts";
import { threadTimes } from "./proc.ts";
import { printTable, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { EngineMissingError, onStage, type Stage } from "./stage.ts";

const LEG = "myoLegWalk-v0";
const ROWS = 64;
const SECONDS = 5;
const WARM_UP_SECONDS = 1;
/** Busier than this is what holds the rest up. */
const SATURATED = 0.85;
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

/** What holds a case up, from the share of a core that each kind of thread keeps busy. */
function limitOf(busy: { workers: number; socket: number; client: number }, used: number, largest: string): string {
  if (busy.workers >= SATURATED) return largest;
  if (busy.socket >= SATURATED) return "socket thread";
  if (busy.client >= SATURATED) return "client";
  if (used >= SATURATED * cores) return `cores (${largest})`;
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
  /** CPU time, us. */
  readonly cpu: { readonly workers: number; readonly socket: number; readonly client: number };
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
  const cpu = {
    workers: (after.server.others - before.server.others) / 1000,
    socket: (after.server.main - before.server.main) / 1000,
    client: (after.client.main + after.client.others - before.client.main - before.client.others) / 1000,
  };
  const measured: Measured = { rate: result.value, seconds: (end - start) / 1e6, cpu, window: [start, end] };
  return measured;
}

/** us of CPU time for each env-step, by part, and how busy the threads are, %. */
function costOf(the: Case, { rate, seconds, cpu, window }: Measured, profiles: string): Cost {
  const { workers, socket } = splitProfiles(profiles, window);
  const steps = rate * seconds;
  const total = seconds * 1e6;
  const parts: Record<string, number> = {};
  for (const part of WORKER_PARTS) parts[part] = ((workers[part] ?? 0) * cpu.workers) / steps;
  for (const part of SOCKET_PARTS) parts[part] = ((socket[part] ?? 0) * cpu.socket) / steps;
  const active = Math.min(the.workers, the.rows * the.sessions);
  const busy = { workers: cpu.workers / active / total, socket: cpu.socket / total, client: cpu.client / total };
  const largest = WORKER_PARTS.toSorted((a, b) => (parts[b] ?? 0) - (parts[a] ?? 0))[0] ?? "physics";
  return {
    id: the.id,
    N: the.rows,
    sessions: the.sessions,
    workers: the.workers,
    "steps/s": Math.round(rate),
    "us/round": Math.round((the.rows * the.sessions * 1e6) / rate),
    ...parts,
    client: cpu.client / steps,
    "workers %": Math.round(busy.workers * 100),
    "socket %": Math.round(busy.socket * 100),
    "client %": Math.round(busy.client * 100),
    limit: limitOf(busy, (cpu.workers + cpu.socket + cpu.client) / total, largest),
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
