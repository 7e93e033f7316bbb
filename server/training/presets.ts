import { didYouMean } from "../../protocol/closest.ts";
import type { JsonObject } from "../../protocol/env.ts";

/** An algorithm with its config, an environment and a budget under one name. */
export interface TrainPreset {
  readonly title: string;
  readonly algo: string;
  /** Of the algorithm. */
  readonly preset: string | null;
  /** Over the algorithm's preset. */
  readonly config: JsonObject;
  readonly env: string;
  readonly kwargs: JsonObject;
  readonly numEnvs: number;
  /** Env-steps of all rows. */
  readonly steps: number;
}

const ARM = { env: "arm26-reach-v0", kwargs: {} } as const;
/** For networks of 32 and two rows: a run is over in a minute. */
const SMALL = { preset: "debug", config: {}, ...ARM, numEnvs: 2, steps: 20_000 } as const;

/** Dense tasks on a desktop. */
const FEW = { preset: "few-steps", config: {}, kwargs: {}, numEnvs: 20 } as const;
const ELBOW = { ...FEW, env: "myoElbowPose1D6MRandom-v0", steps: 20_000 } as const;
const HAND = { ...FEW, env: "myoHandPoseFixed-v0", steps: 200_000 } as const;
const FINGER = { ...FEW, env: "myoFingerReachRandom-v0", steps: 100_000 } as const;

/** Every training preset by name. */
export const TRAIN_PRESETS: Readonly<Record<string, TrainPreset>> = {
  debug: { title: "MPO with small networks on the arm: shows that everything runs", algo: "mpo", ...SMALL },
  "debug-sac": { title: "SAC with small networks on the arm", algo: "sac", ...SMALL },
  "debug-dep-rl": { title: "DEP-RL with small networks on the arm", algo: "dep-rl", ...SMALL },
  "deprl-myoleg": {
    title: "DEP-RL walks with the leg, depRL's settings for MyoSuite",
    algo: "dep-rl",
    preset: "myosuite",
    config: {},
    env: "myoLegWalk-v0",
    kwargs: {},
    numEnvs: 80,
    steps: 100_000_000,
  },
  "mpo-myoleg": {
    title: "MPO walks with the leg: the same without DEP",
    algo: "mpo",
    preset: "myosuite-2023",
    config: {},
    env: "myoLegWalk-v0",
    kwargs: {},
    numEnvs: 80,
    steps: 100_000_000,
  },
  "deprl-ostrich": {
    title: "DEP-RL runs with the ostrich, depRL's settings for it",
    algo: "dep-rl",
    preset: "ostrich",
    config: {},
    env: "ostrich-run-v0",
    kwargs: {},
    numEnvs: 20,
    steps: 100_000_000,
  },
  "mpo-elbow-pose": { title: "MPO flexes the elbow to drawn angles", algo: "mpo", ...ELBOW },
  "deprl-elbow-pose": { title: "DEP-RL flexes the elbow to drawn angles", algo: "dep-rl", ...ELBOW },
  "mpo-hand-pose": { title: "MPO brings the hand towards a pose", algo: "mpo", ...HAND },
  "deprl-hand-pose": { title: "DEP-RL brings the hand towards a pose", algo: "dep-rl", ...HAND },
  "mpo-finger-reach": { title: "MPO brings a fingertip towards drawn targets", algo: "mpo", ...FINGER },
  "mpo-ostrich-torque": {
    title: "MPO runs with the legs of the ostrich driven by motors",
    algo: "mpo",
    ...{ ...FEW, config: { discount: 0.99 } },
    env: "ostrich-run-torque-v0",
    steps: 300_000,
  },
  "deprl-finger-reach": { title: "DEP-RL brings a fingertip towards drawn targets", algo: "dep-rl", ...FINGER },
};

export function findPreset(name: string): TrainPreset | undefined {
  return Object.hasOwn(TRAIN_PRESETS, name) ? TRAIN_PRESETS[name] : undefined;
}

/** The end of a sentence about a name that is neither preset nor algorithm. */
export function presetHint(name: string, algorithms: readonly string[]): string {
  const known = [...Object.keys(TRAIN_PRESETS), ...algorithms];
  return (
    didYouMean(name, known) ||
    `; presets: ${Object.keys(TRAIN_PRESETS).join(", ")}; algorithms: ${algorithms.join(", ")}.`
  );
}
