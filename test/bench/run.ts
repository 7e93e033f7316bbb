import { benchActing } from "./acting.ts";
import { benchCostModel } from "./cost-model.ts";
import { benchEnvpool } from "./envpool.ts";
import { benchEvidenceExploration } from "./evidence-exploration.ts";
import { benchEvidenceOnset } from "./evidence-onset.ts";
import { benchEvidenceLearning } from "./evidence-learning.ts";
import { benchEvidenceSolve } from "./evidence-solve.ts";
import { benchIdleSessions } from "./idle-sessions.ts";
import { benchLimit } from "./limit.ts";
import { benchMemory } from "./memory.ts";
import { benchMpoUpdate } from "./mpo-update.ts";
import { benchReplay } from "./replay.ts";
import { benchRollout } from "./rollout.ts";
import { benchRoundtrip } from "./roundtrip.ts";
import { parseSettings, USAGE, type BenchSettings } from "./settings.ts";
import { benchSoak } from "./soak.ts";
import { benchStartup } from "./startup.ts";
import { benchStepTimes } from "./step-times.ts";
import { benchTrainSpeed } from "./train-speed.ts";
import { benchVector } from "./vector.ts";

const BENCHES = {
  startup: benchStartup,
  memory: benchMemory,
  roundtrip: benchRoundtrip,
  vector: benchVector,
  envpool: benchEnvpool,
  limit: benchLimit,
  rollout: benchRollout,
  replay: benchReplay,
  "idle-sessions": benchIdleSessions,
  "mpo-update": benchMpoUpdate,
  "train-speed": benchTrainSpeed,
  acting: benchActing,
  "step-times": benchStepTimes,
  "cost-model": benchCostModel,
  soak: benchSoak,
  "evidence-exploration": benchEvidenceExploration,
  "evidence-onset": benchEvidenceOnset,
  "evidence-learning": benchEvidenceLearning,
  "evidence-solve": benchEvidenceSolve,
} as const;
type BenchName = keyof typeof BENCHES;

/** Only where they are named: they take ten minutes and more. */
const LONG: readonly BenchName[] = [
  "mpo-update",
  "train-speed",
  "acting",
  "step-times",
  "cost-model",
  "soak",
  "evidence-exploration",
  "evidence-learning",
  "evidence-onset",
  "evidence-solve",
];

const isBench = (name: string): name is BenchName => Object.hasOwn(BENCHES, name);

function chosen(names: readonly string[]): readonly BenchName[] {
  const all = Object.keys(BENCHES).filter(isBench);
  if (names.length === 0) return all.filter((name) => !LONG.includes(name));
  return names.map((name) => {
    if (isBench(name)) return name;
    throw new Error(`There is no benchmark "${name}"; choose among ${all.join(", ")}.`);
  });
}

function chosenRun(): { names: readonly BenchName[]; settings: BenchSettings } {
  try {
    const { names, settings } = parseSettings(process.argv.slice(2));
    return { names: chosen(names), settings };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(1);
  }
}

const { names, settings } = chosenRun();
for (const name of names) {
  console.log(`\n# ${name}`);
  await BENCHES[name](settings);
}
