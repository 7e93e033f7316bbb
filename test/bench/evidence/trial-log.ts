import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Results by key, one JSON line each, so that a run that is stopped goes on where it was. */
export class TrialLog<Result> {
  readonly #file: string | null;
  readonly #results = new Map<string, Result>();

  /** @param file null: results are kept in memory only. */
  constructor(file: string | null) {
    this.#file = file;
    if (file === null) return;
    mkdirSync(path.dirname(file), { recursive: true });
    if (!existsSync(file)) return;
    const text = readFileSync(file, "utf8");
    for (const line of text.split("\n")) this.#read(line);
    if (text !== "" && !text.endsWith("\n")) appendFileSync(file, "\n");
  }

  get(key: string): Result | undefined {
    return this.#results.get(key);
  }

  add(key: string, result: Result): void {
    this.#results.set(key, result);
    if (this.#file !== null) appendFileSync(this.#file, `${JSON.stringify({ key, result })}\n`);
  }

  /** A last line that was cut off by a kill is passed over. */
  #read(line: string): void {
    try {
      const { key, result } = JSON.parse(line) as { key: string; result: Result };
      this.#results.set(key, result);
    } catch {
      // Empty or torn: that trial is run again.
    }
  }
}
