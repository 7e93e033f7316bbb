import { spawnSync } from "node:child_process";
import type { EntrySummary } from "./summary.ts";

/** Results files of TD-MPC2's repository (Hansen et al. 2024) by environment id. */
const FILES: Readonly<Record<string, string>> = {
  "myoHandPoseFixed-v0": "myo-hand-pose.csv",
  "myoHandPoseRandom-v0": "myo-hand-pose-hard.csv",
  "myoHandReachFixed-v0": "myo-hand-reach.csv",
  "myoHandReachRandom-v0": "myo-hand-reach-hard.csv",
};
const METHODS = ["tdmpc2", "tdmpc", "sac", "dreamerv3"] as const;

/** Their success at env-steps where we evaluated, too. */
export interface AnchorRow {
  readonly env: string;
  readonly method: string;
  readonly steps: number;
  /** By seed, in the file's order. */
  readonly theirs: readonly number[];
  /** `solved_at_end` by preset, mean of the seeds. */
  readonly ours: Readonly<Record<string, number | null>>;
}

export interface Anchors {
  readonly source: string;
  readonly commit: string;
  readonly rows: readonly AnchorRow[];
}

/** @throws Error where git does not answer. */
function git(clone: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", ["-C", clone, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args.join(" ")} in ${clone} failed: ${stderr}`);
  return stdout;
}

/** Success by env-steps of a file `step,success,seed`. @throws Error for another header. */
export function readSuccesses(text: string): Map<number, number[]> {
  const [header, ...lines] = text.trim().split(/\r?\n/);
  if (header !== "step,success,seed") throw new Error(`Expected the columns step,success,seed, got "${header ?? ""}".`);
  const bySteps = new Map<number, number[]>();
  for (const line of lines) {
    const [steps = Number.NaN, success = Number.NaN] = line.split(",").map(Number);
    bySteps.set(steps, [...(bySteps.get(steps) ?? []), success]);
  }
  return bySteps;
}

/** What the presets had at so many steps. */
function oursAt(entries: readonly EntrySummary[], steps: number): Record<string, number | null> {
  const found = entries.flatMap(({ preset, mean }) => {
    const point = mean.find((candidate) => candidate.steps === steps);
    return point === undefined ? [] : [[preset, point.solved_at_end] as const];
  });
  return Object.fromEntries(found);
}

/**
 * Compare with the results that a clone of nicklashansen/tdmpc2 holds.
 * @param clone the user's; a bare one will do
 * @throws Error where it is no such clone
 */
export function compareWithAnchors(clone: string, entries: readonly EntrySummary[]): Anchors {
  const commit = git(clone, "rev-parse", "HEAD").trim();
  const envs = [...new Set(entries.map(({ env }) => env))];
  const rows = envs.flatMap((env) => {
    const file = FILES[env];
    if (file === undefined) return [];
    const same = entries.filter((entry) => entry.env === env);
    return METHODS.flatMap((method) => {
      const successes = readSuccesses(git(clone, "show", `${commit}:results/${method}/${file}`));
      return [...successes].flatMap(([steps, theirs]): AnchorRow[] => {
        const ours = oursAt(same, steps);
        return Object.keys(ours).length === 0 ? [] : [{ env, method, steps, theirs, ours }];
      });
    });
  });
  return { source: "nicklashansen/tdmpc2 results/<method>/<task>.csv", commit, rows };
}
