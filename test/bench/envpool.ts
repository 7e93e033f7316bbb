import type { EngineId } from "../../envs/engine/physics.ts";
import { runRace, type PeerKind, type Race, type RaceResult } from "./race.ts";
import { atLeast, median, note, report, type Verdict } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage, type Stage } from "./stage.ts";

type Targets = Readonly<Partial<Record<PeerKind, Readonly<Partial<Record<EngineId, number>>>>>>;
type Entry = Pick<Race, "id" | "rows" | "peers" | "qualify"> & {
  readonly targets: Targets;
  /** An id that the peer should not step alike; whether EnvPool does is reported. */
  readonly twin?: string;
};

/** What EnvPool's info holds besides constants. */
const INFO_KEYS = "sparse,solved";
const LARGE_PEERS = { envpool: [16, 64], myosuite: [2, 16] };
const LARGE_TARGETS: Targets = { envpool: { native: 1.6, wasm: 1.05 }, myosuite: { native: 2.3, wasm: 1.5 } };
const large = (id: string): Entry => ({ id, rows: 64, peers: LARGE_PEERS, targets: LARGE_TARGETS });

const ENTRIES: readonly Entry[] = [
  large("myoLegWalk-v0"),
  large("myoHandPoseRandom-v0"),
  { ...large("myoLegHillyTerrainWalk-v0"), twin: "myoLegWalk-v0" },
  {
    // Tiny physics: the wire shows.
    id: "myoElbowPose1D6MRandom-v0",
    rows: 256,
    peers: { envpool: [16, 64, 256] },
    targets: { envpool: { native: 1.3 } },
    qualify: true,
  },
];

function verdictsOf({ id, rows, targets }: Entry, { ratios }: RaceResult): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const kind of ["envpool", "myosuite"] as const) {
    for (const engine of ["native", "wasm"] as const) {
      const bound = targets[kind]?.[engine];
      const values = ratios[`${engine}/${kind}`];
      if (values === undefined) continue;
      const name = `${id} x ${rows} ${engine} / ${kind}`;
      if (bound === undefined) note(name, median(values));
      else verdicts.push(atLeast(name, median(values), bound));
    }
  }
  return verdicts;
}

/** A sentence where EnvPool steps the id as its twin, so that the ratio compares different work. */
async function twinRemark(stage: Stage, id: string, twin: string): Promise<string[]> {
  const { value } = JSON.parse(await stage.python("twins", "envpool_twins.py", id, twin).line()) as { value: number };
  const remark = `EnvPool steps ${id} bit for bit as ${twin}: it leaves the terrain out, MyoServe and MyoSuite do not.`;
  return value === 1 ? [remark] : [];
}

/** Rows over one socket against the C++ and Python peers that step in their own process. */
export async function benchEnvpool(settings: BenchSettings): Promise<void> {
  const verdicts: Verdict[] = [];
  const raw: Record<string, RaceResult> = {};
  const skipped: string[] = [];
  const remarks: string[] = [];
  for (const entry of ENTRIES) {
    if (settings.ids !== null && !settings.ids.includes(entry.id)) continue;
    const race: Race = {
      ...entry,
      rows: settings.rows ?? entry.rows,
      engines: settings.engines,
      infoKeys: INFO_KEYS,
      rounds: settings.rounds ?? 5,
      seconds: settings.seconds ?? 5,
    };
    const result = await onStage((stage) => runRace(stage, race));
    const { id, twin } = entry;
    if (twin !== undefined) remarks.push(...(await onStage((stage) => twinRemark(stage, id, twin))));
    raw[entry.id] = result;
    verdicts.push(...verdictsOf({ ...entry, rows: race.rows }, result));
    skipped.push(...result.skipped.map((reason) => `${entry.id}: ${reason}`));
  }
  for (const remark of remarks) console.log(remark);
  report("envpool", verdicts, { unit: "env-steps/s", remarks, races: raw }, skipped);
}
