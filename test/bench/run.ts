import { benchMemory } from "./memory.ts";
import { benchRoundtrip } from "./roundtrip.ts";
import { benchStartup } from "./startup.ts";
import { benchVector } from "./vector.ts";

const BENCHES = { vector: benchVector, roundtrip: benchRoundtrip, startup: benchStartup, memory: benchMemory } as const;
type BenchName = keyof typeof BENCHES;

const isBench = (name: string): name is BenchName => name in BENCHES;

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !isBench(name));
if (unknown !== undefined) {
  console.error(
    `There is no benchmark "${unknown}"; choose among ${Object.keys(BENCHES).join(", ")}, or none for all.`,
  );
  process.exit(1);
}
for (const name of asked.length > 0 ? asked.filter(isBench) : (Object.keys(BENCHES) as BenchName[])) {
  console.log(`\n# ${name}`);
  await BENCHES[name]();
}
