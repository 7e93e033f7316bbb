import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 250;
/** A lock whose owner has not written its process id for that long was left by a crash. */
const EMPTY_LOCK_MS = 10_000;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when another process holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Takes a lock file that holds the owner's process id, waiting while its owner lives.
 * @returns a synchronous release, harmless when called twice
 * @throws the signal's reason when aborted while waiting
 */
export async function takeLock(path: string, options: LockOptions): Promise<() => void> {
  mkdirSync(dirname(path), { recursive: true });
  let waited = false;
  while (!tryLock(path)) {
    if (isStale(path)) {
      removeStale(path);
      continue;
    }
    if (!waited) options.onWait?.();
    waited = true;
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
  let held = true;
  return () => {
    if (held) rmSync(path, { force: true });
    held = false;
  };
}

function tryLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function isStale(path: string): boolean {
  try {
    const owner = readFileSync(path, "utf8");
    if (owner === "") return Date.now() - statSync(path).mtimeMs > EMPTY_LOCK_MS;
    return !isAlive(Number(owner));
  } catch {
    return false; // released in the meantime
  }
}

/** Moves the lock aside first, so that of two waiters only one removes it; puts back one that was taken meanwhile. */
function removeStale(path: string): void {
  const aside = `${path}.${String(process.pid)}`;
  try {
    renameSync(path, aside);
    if (isStale(aside)) rmSync(aside, { force: true });
    else renameSync(aside, path);
  } catch {
    // Another waiter was faster.
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
