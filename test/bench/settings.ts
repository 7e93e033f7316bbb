import { parseArgs } from "node:util";
import type { EngineId } from "../../envs/engine/physics.ts";

/** What the command line changes in every benchmark; null: the benchmark's own default. */
export interface BenchSettings {
  readonly engines: readonly EngineId[];
  readonly ids: readonly string[] | null;
  readonly rounds: number | null;
  /** Of one measurement, s. */
  readonly seconds: number | null;
  readonly rows: number | null;
  readonly sessions: number | null;
  /** Of evidence: the first so many test seeds. */
  readonly seeds: number | null;
  /** Of one trial of evidence that has a length of time, s. */
  readonly budget: number | null;
  /** Of evidence: trials side by side. */
  readonly jobs: number | null;
  /** Of evidence: the part that is run. */
  readonly stage: string | null;
  /** Of evidence: a clone of nicklashansen/tdmpc2 to compare with. */
  readonly tdmpc2: string | null;
  /** Of the cost model. */
  readonly axes: readonly string[] | null;
}

const ENGINES: readonly EngineId[] = ["wasm", "native"];

export const USAGE = `npm run bench -- [names] [--engine wasm|native]... [--id <env id>]... [--rounds n] [--seconds s] [--rows n] [--sessions n] [--seeds n] [--budget s] [--jobs n] [--stage name] [--tdmpc2 clone] [--axis name]...`;

function positive(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${flag} is a number above 0, but "${text}" came.`);
}

/** @throws Error with a sentence for the user. */
export function parseSettings(argv: readonly string[]): { names: readonly string[]; settings: BenchSettings } {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      engine: { ...text, multiple: true },
      id: { ...text, multiple: true },
      axis: { ...text, multiple: true },
      rounds: text,
      seconds: text,
      rows: text,
      sessions: text,
      seeds: text,
      budget: text,
      jobs: text,
      stage: text,
      tdmpc2: text,
    },
  });
  const engines = ENGINES.filter((engine) => values.engine?.includes(engine) ?? true);
  if (engines.length === 0) throw new Error(`--engine is one of ${ENGINES.join(", ")}.`);
  const settings: BenchSettings = {
    engines,
    ids: values.id ?? null,
    rounds: positive("rounds", values.rounds),
    seconds: positive("seconds", values.seconds),
    rows: positive("rows", values.rows),
    sessions: positive("sessions", values.sessions),
    seeds: positive("seeds", values.seeds),
    budget: positive("budget", values.budget),
    jobs: positive("jobs", values.jobs),
    stage: values.stage ?? null,
    tdmpc2: values.tdmpc2 ?? null,
    axes: values.axis ?? null,
  };
  return { names: positionals, settings };
}
