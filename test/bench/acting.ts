import { interleave } from "./contestant.ts";
import { atLeast, atMost, median, report, type Verdict } from "./report.ts";
import type { BenchSettings } from "./settings.ts";
import { onStage, type Stage } from "./stage.ts";

/** ms of one act of 64 rows, whoever explores. */
const BOUND = 1;
const ROUNDS = 5;
const SECONDS = 2;
/** How many times depRL's DEP ours is to be as fast. */
const DEP_RATIO = 10;
const MS = 1000;

/** Agents and explorations of MPO, and what stands for them in a verdict. */
const ACTING = {
  mpo: "MPO, white noise",
  "dep-rl": "DEP-RL, in turns",
  "dep-rl-first": "DEP-RL, DEP in every row",
  "dep-rl-0.5": "DEP-RL as depRL 0.5.0",
  dep: "DEP alone",
  ou: "MPO, Ornstein-Uhlenbeck noise",
  pink: "MPO, pink noise",
  lattice: "MPO, Lattice",
  "lattice-4": "MPO, Lattice with matrices of 4 steps",
  sar: "MPO, SAR",
} as const;

/** ms of every round, one program after another, so that a machine of two cores never warms up ten at once. */
async function measureOurs(stage: Stage, rounds: number, seconds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  for (const which of Object.keys(ACTING)) {
    const program = stage.node(which, "acting-agent.js", which);
    await program.ready();
    for (const [name, values] of await interleave([program], rounds, seconds)) times.set(name, values);
    await stage.clear();
  }
  return times;
}

/** DEP with MyoSuite's parameters: ours whole, with its sensors, against depRL's controller on torch; ms. */
async function measureDep(stage: Stage, rounds: number, seconds: number) {
  const ours = stage.node("dep-myosuite", "acting-agent.js", "dep-myosuite");
  const peer = stage.deprl("deprl-dep", "deprl_dep.py");
  for (const side of [ours, peer]) await side.ready();
  const values = await interleave([ours, peer], rounds, seconds);
  await stage.clear();
  return {
    ours: values.get(ours.name) ?? [],
    peer: (values.get(peer.name) ?? []).map((rate) => MS / rate),
  };
}

/** One act of 64 rows of an 80-muscle leg: 403 observations, 80 actions, networks of two layers of 256. */
export async function benchActing(settings: BenchSettings): Promise<void> {
  await onStage(async (stage) => {
    const [rounds, seconds] = [settings.rounds ?? ROUNDS, settings.seconds ?? SECONDS];
    const dep = await measureDep(stage, rounds, seconds);
    const ratios = dep.peer.map((time, round) => time / (dep.ours[round] ?? Number.NaN));
    const times = await measureOurs(stage, rounds, seconds);
    const verdicts: Verdict[] = Object.entries(ACTING).map(([which, title]) =>
      atMost(title, median(times.get(which) ?? []), BOUND, "ms"),
    );
    verdicts.push(atLeast("DEP of 64 rows: depRL 0.5.0 / MyoServe", median(ratios), DEP_RATIO));
    report("acting", verdicts, {
      unit: "ms an act of 64 rows",
      acting: Object.fromEntries(times),
      dep: { ...dep, ratios },
    });
  });
}
