import { runRace } from "./race.ts";
import { atLeast, median, report } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage } from "./stage.ts";

const ENV_ID = "myoLegWalk-v0";
const TARGET = 1.4;

/** 64 rows over one socket, every reward term included, against MyoSuite in AsyncVectorEnv, best of 2 and 16. */
export async function benchVector(settings: BenchSettings): Promise<void> {
  const rows = settings.rows ?? 64;
  const result = await onStage((stage) =>
    runRace(stage, {
      id: ENV_ID,
      rows,
      peers: { myosuite: [2, 16] },
      engines: ["wasm"],
      infoKeys: null,
      rounds: settings.rounds ?? 5,
      seconds: settings.seconds ?? 6,
    }),
  );
  const value = median(result.ratios["wasm/myosuite"] ?? []);
  const name = `${ENV_ID} x ${rows} / MyoSuite AsyncVectorEnv`;
  report("vector", [atLeast(name, value, TARGET)], { unit: "env-steps/s", ...result }, result.skipped);
}
