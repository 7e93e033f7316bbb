import { readdirSync, readFileSync } from "node:fs";

/** Resident memory of a process, MB; NaN when it is gone (Linux). */
export function residentMegabytes(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** ns of threads since they started: on a core, and ready to run while every core was taken. */
export interface ThreadTimes {
  run: number;
  wait: number;
}

/** Times of a process's first thread, and of all its others together (Linux). */
export function threadTimes(pid: number): { readonly main: ThreadTimes; readonly others: ThreadTimes } {
  const main = { run: 0, wait: 0 };
  const others = { run: 0, wait: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [run = "0", wait = "0"] = read(`/proc/${pid}/task/${thread}/schedstat`).split(" ");
    const sum = thread === String(pid) ? main : others;
    sum.run += Number(run);
    sum.wait += Number(wait);
  }
  return { main, others };
}

/** Empty where the process or thread has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
