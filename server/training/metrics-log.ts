import { open, readFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../../agents/core/durable.ts";

const FILE = "metrics.jsonl";

/** Figures at a number of env-steps. */
export interface MetricsRow {
  readonly step: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Rows of metrics of one run, in order of their steps. */
export interface MetricsLog extends AsyncDisposable {
  append(step: number, values: Readonly<Record<string, number>>): Promise<void>;
  /** Forget rows beyond this step: it is done again. */
  cut(step: number): Promise<void>;
  /** What was appended survives a power cut. */
  sync(): Promise<void>;
}

/** Rows of a run's folder with steps above `since`; a last line that was cut short is none. */
export async function readMetrics(folder: string, since = -1): Promise<MetricsRow[]> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as MetricsRow).filter(({ step }) => step > since);
}

const lineOf = (row: MetricsRow): string => `${JSON.stringify(row)}\n`;

class JsonLines implements MetricsLog {
  readonly #folder: string;
  #handle: FileHandle;

  constructor(folder: string, handle: FileHandle) {
    this.#folder = folder;
    this.#handle = handle;
  }

  async append(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    await this.#handle.write(lineOf({ step, values }));
  }

  async cut(step: number): Promise<void> {
    const kept = (await readMetrics(this.#folder)).filter((row) => row.step <= step);
    await this.#handle.close();
    await writeDurably(join(this.#folder, FILE), new TextEncoder().encode(kept.map(lineOf).join("")));
    this.#handle = await open(join(this.#folder, FILE), "a");
  }

  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** The rows of a run that is worked on. */
export async function openMetricsLog(folder: string): Promise<MetricsLog> {
  return new JsonLines(folder, await open(join(folder, FILE), "a"));
}
