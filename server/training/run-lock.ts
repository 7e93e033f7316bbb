import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MyoError } from "../../protocol/errors.ts";

const FILE = "lock.json";
/** How often the holder says that it lives, ms. */
const BEAT_MS = 5000;
/** Without a sign for so long the holder is gone, whoever has its process id now, ms. */
const STALE_MS = 60_000;

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Process that works on a run; null: none does. */
export function lockHolder(folder: string): number | null {
  const path = join(folder, FILE);
  try {
    const { pid, origin } = JSON.parse(readFileSync(path, "utf8")) as { pid: number; origin: number };
    const fresh = Date.now() - statSync(path).mtimeMs < STALE_MS;
    // In a container the process that comes after a crash often has the number of the one before.
    const namesake = pid === process.pid && origin !== performance.timeOrigin;
    return fresh && !namesake && alive(pid) ? pid : null;
  } catch {
    return null;
  }
}

/** One process works on a run at a time. */
export class RunLock implements Disposable {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;

  /** @throws MyoError ENV_BUSY where another process, or this one, works on the run. */
  constructor(folder: string, run: string) {
    this.#path = join(folder, FILE);
    const holder = lockHolder(folder);
    if (holder === null) rmSync(this.#path, { force: true });
    try {
      writeFileSync(this.#path, JSON.stringify({ pid: process.pid, origin: performance.timeOrigin }), { flag: "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      throw new MyoError("ENV_BUSY", `Process ${holder ?? "another"} works on run ${run}; pause it there first.`);
    }
    this.#timer = setInterval(() => {
      this.#beat();
    }, BEAT_MS);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    rmSync(this.#path, { force: true });
  }

  #beat(): void {
    try {
      const now = new Date();
      utimesSync(this.#path, now, now);
    } catch {
      // A folder that was removed meanwhile needs no lock.
    }
  }
}
