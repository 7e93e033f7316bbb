import { readFileSync } from "node:fs";
import path from "node:path";
import { Contestant, PEERS, peerPython, report, startServer } from "./harness.ts";

const ENV_ID = "myoLegWalk-v0";
const ROWS = 512;
const TARGET_MB = 2;

/** Resident memory of a process, MB (Linux). */
function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Memory that each further row of an id costs: 512 rows against 2 in one server, all stepped. */
export async function benchMemory(): Promise<void> {
  const python = peerPython();
  const { server, url } = await startServer();
  try {
    const measure = async (rows: number): Promise<{ client: Contestant; megabytes: number }> => {
      const client = new Contestant(`rows-${String(rows)}`, python, [
        path.join(PEERS, "myoserve_vector.py"),
        url,
        ENV_ID,
        String(rows),
      ]);
      await client.ready();
      await client.run(3);
      return { client, megabytes: residentMegabytes(server.pid) };
    };
    const few = await measure(2);
    const many = await measure(ROWS);
    const value = (many.megabytes - few.megabytes) / ROWS;
    await few.client.stop();
    await many.client.stop();
    const verdict = {
      name: `memory of each further ${ENV_ID}`,
      value,
      unit: "MB",
      target: `<= ${String(TARGET_MB)} MB`,
    };
    report("memory", [{ ...verdict, reached: value <= TARGET_MB }], {
      few: few.megabytes,
      many: many.megabytes,
      rows: ROWS,
    });
  } finally {
    await server.stop();
  }
}
