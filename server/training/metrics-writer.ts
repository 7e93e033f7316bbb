import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Metrics } from "../../protocol/agent.ts";
import { CsvLog } from "./csv-log.ts";
import { appendScalars, cutEvents, startEvents } from "./event-file.ts";

export const METRICS_CSV = "metrics.csv";
export const METRICS_COLUMNS = ["step", "wall_time"] as const;
/** TensorBoard reads the files of a folder with this in their name, in alphabetical order. */
const EVENTS = /^events\.out\.tfevents\.(\d+)\.myoserve$/;
const SECOND_DIGITS = 10;

export interface MetricsOptions {
  /** Step of the checkpoint that the run goes on from: later rows are cut. 0 for a new run. */
  readonly resumeAt: number;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** Name of a file that sorts after those there. */
function eventsName(names: readonly string[], seconds: number): string {
  const last = Math.max(-1, ...names.map((name) => Number(EVENTS.exec(name)?.[1] ?? -1)));
  const number = Math.max(Math.floor(seconds), last + 1);
  return `events.out.tfevents.${String(number).padStart(SECOND_DIGITS, "0")}.myoserve`;
}

/** Scalars of a run as a CSV and as TensorBoard event files, which a resumed run goes on with as if it had not stopped. */
export class MetricsWriter {
  readonly #csv: CsvLog;
  readonly #paths: readonly [csv: string, events: string];
  readonly #now: () => number;
  /** Rows are written one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(csv: CsvLog, paths: readonly [csv: string, events: string], now: () => number) {
    this.#csv = csv;
    this.#paths = paths;
    this.#now = now;
  }

  /** In the run's folder. Write a step's rows before its checkpoint: rows of later steps are cut when it is resumed. */
  static async open(folder: string, { resumeAt, now = Date.now }: MetricsOptions): Promise<MetricsWriter> {
    const csvPath = join(folder, METRICS_CSV);
    const csv = await CsvLog.open(csvPath, METRICS_COLUMNS, (step) => step <= resumeAt);
    const names = (await readdir(folder)).filter((name) => EVENTS.test(name));
    for (const name of names) await cutEvents(join(folder, name), resumeAt);
    const eventsPath = join(folder, eventsName(names, now() / 1000));
    await startEvents(eventsPath, now() / 1000, resumeAt + 1);
    return new MetricsWriter(csv, [csvPath, eventsPath], now);
  }

  /** A row of both files. @param step environment steps of all rows */
  write(step: number, metrics: Metrics): Promise<void> {
    return this.#serially(async () => {
      const wallTime = this.#now() / 1000;
      await this.#csv.append({ step, wall_time: wallTime, ...metrics });
      await appendScalars(this.#paths[1], wallTime, step, metrics);
    });
  }

  /** What was written survives a power cut; to be called before a checkpoint. */
  flush(): Promise<void> {
    return this.#serially(async () => {
      for (const path of this.#paths) {
        const handle = await open(path, "r+");
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
      }
    });
  }

  #serially(work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
