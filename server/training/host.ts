import { join } from "node:path";
import type { UserTask } from "../../envs/declarative/definition.ts";
import type { EngineId } from "../../envs/engine/physics.ts";
import { stateDir } from "../../envs/packs/places.ts";
import { LOG_LEVELS, type Log, type LogLevel } from "../log.ts";
import { compiledUrl } from "../../protocol/compiled-url.ts";
import type { TrainingHost } from "../workers/training-control.ts";

/** What training workers are told by those who start them. */
interface HostOptions {
  readonly catalog: string;
  readonly tasks: readonly UserTask[];
  readonly engine: EngineId;
  readonly workers: number;
  readonly learners: string | null;
  readonly runsDir: string | null;
  readonly remotePatienceMs: number;
  readonly log: Log;
}

/** Folder of the runs where nobody names one. */
export const defaultRunsDir = (): string => join(stateDir(), "runs");

export function trainingHost({
  catalog,
  tasks,
  engine,
  workers,
  learners,
  runsDir,
  remotePatienceMs,
  log,
}: HostOptions): TrainingHost {
  const logLevel: LogLevel = LOG_LEVELS.find((level) => level === log.level) ?? "info";
  return {
    catalog: compiledUrl(catalog),
    tasks,
    engine,
    workers,
    learners: learners === null ? null : compiledUrl(learners),
    remotePatienceMs,
    runs: runsDir ?? defaultRunsDir(),
    logLevel,
  };
}
