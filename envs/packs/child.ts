import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface ChildOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

export interface ChildResult {
  /** Exit status; null when it could not be started or was killed. */
  readonly status: number | null;
  /** The last lines it wrote to stderr, or why it could not be started. */
  readonly complaint: string;
}

const COMPLAINT_LINES = 30;

/** Runs a program to its end; never throws for what the program does. An abort ends it and all it started. */
export async function runChild(command: string, args: readonly string[], options: ChildOptions): Promise<ChildResult> {
  if (options.signal.aborted) return { status: null, complaint: "interrupted" };
  const group = process.platform !== "win32";
  const child = spawn(command, args, {
    env: { ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: group,
    windowsHide: true,
  });
  const complaint: string[] = [];
  const onAbort = (): void => {
    endChild(child, group);
  };
  options.signal.addEventListener("abort", onAbort, { once: true });
  createInterface({ input: child.stdout }).on("line", (line) => options.onLine?.(line));
  createInterface({ input: child.stderr }).on("line", (line) => {
    complaint.push(line);
    if (complaint.length > COMPLAINT_LINES) complaint.shift();
  });
  const status = await new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      complaint.push(error.message);
      resolve(null);
    });
    child.once("close", resolve);
  });
  options.signal.removeEventListener("abort", onAbort);
  return { status, complaint: complaint.join("\n") };
}

function endChild(child: ChildProcess, group: boolean): void {
  if (child.pid === undefined) return;
  try {
    if (group) process.kill(-child.pid, "SIGTERM");
    else child.kill();
  } catch {
    // It ended by itself in the meantime.
  }
}
