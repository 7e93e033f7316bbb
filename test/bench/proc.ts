import { readdirSync, readFileSync } from "node:fs";

/** Resident memory of a process, MB; NaN when it is gone (Linux). */
export function residentMegabytes(pid: number): number {
  const status = read(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** CPU time of a process's threads so far, ns: the first thread and all others together (Linux). */
export function threadTimes(pid: number): { readonly main: number; readonly others: number } {
  let main = 0;
  let others = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const time = timeOf(pid, thread);
    if (thread === String(pid)) main += time;
    else others += time;
  }
  return { main, others };
}

function timeOf(pid: number, thread: string): number {
  return Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]);
}

/** Empty where the process or thread has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
