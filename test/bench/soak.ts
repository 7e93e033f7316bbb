import { residentMegabytes } from "./proc.ts";
import { atMost, median, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { EngineMissingError, onStage, type Stage } from "./stage.ts";
import type { EngineId } from "../../envs/engine/physics.ts";

const ENV_ID = "myoLegWalk-v0";
const SECONDS = 600;
const SAMPLE_MS = 1000;
/** Compilers and heaps grow into their size first. */
const WARM_UP_SECONDS = 60;
const GROWTH_TARGET = 1.05;
const TAIL_TARGET = 4;

/** Median of the last fifth / median of the first fifth. */
function growth(samples: readonly number[]): number {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  return median(samples.slice(-fifth)) / median(samples.slice(0, fifth));
}

interface Load {
  readonly engine: EngineId;
  readonly id: string;
  readonly sessions: number;
  readonly rows: number;
  readonly seconds: number;
}

async function soak(stage: Stage, { engine, id, sessions, rows, seconds }: Load) {
  const server = await stage.server({ engine });
  const client = stage.node("sessions", "sessions-client.js", server.url, id, sessions, rows);
  await client.ready();
  await client.run(Math.min(WARM_UP_SECONDS, seconds));
  const memory: number[] = [];
  const timer = setInterval(() => memory.push(residentMegabytes(server.process.pid)), SAMPLE_MS);
  try {
    const result = await client.run(seconds);
    return { result, memory };
  } finally {
    clearInterval(timer);
  }
}

/** 64 rows in 8 sessions, every one stepped as soon as its reply is there: memory, replies and tail over 10 minutes. */
export async function benchSoak(settings: BenchSettings): Promise<void> {
  const sessions = settings.sessions ?? 8;
  const rows = settings.rows ?? 8;
  const seconds = settings.seconds ?? SECONDS;
  const verdicts = [];
  const raw: Record<string, unknown> = {};
  const skipped: string[] = [];
  for (const engine of settings.engines) {
    for (const id of settings.ids ?? [ENV_ID]) {
      try {
        const { result, memory } = await onStage((stage) => soak(stage, { engine, id, sessions, rows, seconds }));
        const { sent = 0, count = 0, faulty = 0, p50 = Number.NaN, p99 = Number.NaN } = result;
        const name = `${engine} ${id} ${sessions} x ${rows}`;
        verdicts.push(atMost(`${name}: memory of the last fifth / the first`, growth(memory), GROWTH_TARGET, "x"));
        verdicts.push(atMost(`${name}: dropped or faulty replies of ${sent}`, sent - count + faulty, 0, ""));
        verdicts.push(atMost(`${name}: p99 / p50`, p99 / p50, TAIL_TARGET, "x"));
        raw[`${engine} ${id}`] = { sessions, rows, result, memory_mb: memory };
      } catch (error) {
        if (!(error instanceof EngineMissingError)) throw error;
        skipped.push(error.message);
      }
    }
  }
  report("soak", verdicts, { seconds, ...raw }, skipped);
}
