import { atMost, report } from "./report.ts";
import { residentMegabytes } from "./proc.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage } from "./stage.ts";

const ENV_ID = "myoLegWalk-v0";
const FEW = 2;
const TARGET_MB = 2;

/** Memory that each further row of an id costs: 512 rows against 2 in one server, all stepped. */
export async function benchMemory(settings: BenchSettings): Promise<void> {
  const rows = settings.rows ?? 512;
  await onStage(async (stage) => {
    const server = await stage.server();
    const measure = async (count: number): Promise<number> => {
      const client = stage.python(`rows-${count}`, "myoserve_vector.py", server.url, ENV_ID, count);
      await client.ready();
      await client.run(settings.seconds ?? 3);
      return residentMegabytes(server.process.pid);
    };
    const few = await measure(FEW);
    const many = await measure(rows);
    const verdict = atMost(`memory of each further ${ENV_ID}`, (many - few) / rows, TARGET_MB, "MB");
    report("memory", [verdict], { unit: "MB", few, many, rows });
  });
}
