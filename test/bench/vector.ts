import path from "node:path";
import { Contestant, interleave, median, PEERS, peerPython, report, startServer } from "./harness.ts";

const ENV_ID = "myoLegWalk-v0";
const ROWS = 64;
const ROUNDS = 5;
const SECONDS = 6;
const TARGET = 1.4;

/** 64 rows over one socket against MyoSuite in AsyncVectorEnv, best of 2 and 16 processes. */
export async function benchVector(): Promise<void> {
  const python = peerPython();
  const { server, url } = await startServer();
  const contestants = [
    new Contestant("myosuite-2", python, [path.join(PEERS, "myosuite_vector.py"), ENV_ID, "2"]),
    new Contestant("myosuite-16", python, [path.join(PEERS, "myosuite_vector.py"), ENV_ID, "16"]),
    new Contestant("myoserve-64", python, [path.join(PEERS, "myoserve_vector.py"), url, ENV_ID, String(ROWS)]),
  ];
  try {
    for (const contestant of contestants) await contestant.ready();
    const values = await interleave(contestants, ROUNDS, SECONDS);
    const column = (name: string): number[] => values.get(name) ?? [];
    const ratios = column("myoserve-64").map((ours, round) => {
      const best = Math.max(column("myosuite-2")[round] ?? 0, column("myosuite-16")[round] ?? 0);
      return ours / best;
    });
    const value = median(ratios);
    const verdict = {
      name: `${ENV_ID} x ${String(ROWS)} / MyoSuite AsyncVectorEnv`,
      value,
      unit: "x",
      target: `>= ${String(TARGET)} x`,
    };
    report("vector", [{ ...verdict, reached: value >= TARGET }], {
      unit: "env-steps/s",
      values: Object.fromEntries(values),
      ratios,
    });
  } finally {
    for (const contestant of contestants) await contestant.stop();
    await server.stop();
  }
}
