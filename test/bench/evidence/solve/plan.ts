/** A learner on an environment, as a user starts it: `myoserve train <preset> --env <env>`. */
export interface Entry {
  /** Entries of one task share a plot and a verdict table. */
  readonly task: string;
  readonly env: string;
  /** Training preset. */
  readonly preset: string;
  /** Env-steps of all rows. */
  readonly steps: number;
  /** Env-steps between evaluations. */
  readonly every: number;
}

/** A run of an entry. */
export interface SolveRun extends Entry {
  readonly seed: number;
}

export const SEEDS = [101, 102, 103] as const;
/** Of an evaluation; their seeds are the server's, the same in every run. */
export const EPISODES = 50;
/** Decision rule of PLAN.md: share of episodes solved in their last step, in so many evaluations running. */
export const RULE = { success: 0.9, running: 2 } as const;

const ELBOW = { task: "elbow-pose", env: "myoElbowPose1D6MRandom-v0", steps: 20_000, every: 2000 } as const;
/** Evaluations fall on those of TD-MPC2's files. */
const HAND = { task: "hand-pose", env: "myoHandPoseFixed-v0", steps: 200_000, every: 25_000 } as const;
const FIXED = { task: "finger-reach-fixed", steps: 100_000, every: 10_000 } as const;
const RANDOM = { ...FIXED, task: "finger-reach-random" } as const;
const RUN = { task: "ostrich-run-torque", env: "ostrich-run-torque-v0", steps: 300_000, every: 30_000 } as const;

export const ENTRIES: readonly Entry[] = [
  { ...ELBOW, preset: "mpo-elbow-pose" },
  { ...ELBOW, preset: "deprl-elbow-pose" },
  { ...HAND, preset: "mpo-hand-pose" },
  { ...HAND, preset: "deprl-hand-pose" },
  { ...FIXED, env: "myoFingerReachFixed-v0", preset: "mpo-finger-reach" },
  { ...FIXED, env: "myoFingerReachFixed-v0", preset: "deprl-finger-reach" },
  { ...FIXED, env: "motorFingerReachFixed-v0", preset: "mpo-finger-reach" },
  { ...RANDOM, env: "myoFingerReachRandom-v0", preset: "mpo-finger-reach" },
  { ...RANDOM, env: "myoFingerReachRandom-v0", preset: "deprl-finger-reach" },
  { ...RANDOM, env: "motorFingerReachRandom-v0", preset: "mpo-finger-reach" },
  { ...RUN, preset: "mpo-ostrich-torque" },
];

/** Seed by seed, so that what is stopped early is balanced. */
export function runsOf(entries: readonly Entry[], seeds: readonly number[]): SolveRun[] {
  return seeds.flatMap((seed) => entries.map((entry) => ({ ...entry, seed })));
}
