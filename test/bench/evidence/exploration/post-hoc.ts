import { armWorld, SETTINGS, type ControllerConfig } from "./plan.ts";
import type { Trial } from "./trial.ts";
import { testTrials, type Chosen } from "./trials.ts";

/** Asked after the results of PLAN.md were seen, on the same test seeds: descriptive, no claim. */
export interface PostHoc {
  readonly name: string;
  readonly trials: (chosen: Chosen, seeds: readonly number[]) => readonly Trial[];
}

export const POST_HOC_WORLD = armWorld(600);

function withSetting(name: string, setting: (chosen: Chosen) => ControllerConfig): PostHoc {
  return {
    name,
    trials: (chosen, seeds) =>
      testTrials(POST_HOC_WORLD, "arm", "episodes", "dep", chosen, seeds).map((trial) => ({
        ...trial,
        setting: setting(chosen),
      })),
  };
}

const bangBang = (hold: number): ControllerConfig => ({ kind: "bang-bang", hold });
const slow: ControllerConfig = { kind: "ou", tau: 3.2, std: 4 };

/** Settings beyond the ends of grids whose last one had been chosen. */
const wider = [
  ...[1.6, 3.2].map((hold) => withSetting(`bang-bang, hold ${hold} s`, () => bangBang(hold))),
  withSetting("ou, 3.2 s, std 4", () => slow),
  ...[0.8, 1.6, 3.2].map((hold) =>
    withSetting(`oracle, bang-bang, hold ${hold} s`, () => ({ kind: "shared", inner: bangBang(hold) })),
  ),
];

/** Copies of arm26 feel the very same length; with noise of their own they do not. m */
const noisySensors = [1e-5, 1e-4, 1e-3].map((std) =>
  withSetting(`dep, sensor noise ${std * 1000} mm`, (chosen) => {
    const inner = SETTINGS.dep[chosen.arm.dep ?? 0];
    if (inner === undefined) throw new Error("No setting of dep was chosen.");
    return { kind: "noisy", std, inner };
  }),
);

export const POST_HOC: readonly PostHoc[] = [...wider, ...noisySensors];

/** What the muscles of arm26 can reach at all, steps of slow full excitation without resets. */
export const REACH_TRIAL: Trial = {
  world: armWorld(6),
  regime: "continuing",
  method: "bang-bang",
  setting: bangBang(0.8),
  seed: 7,
  steps: 400_000,
};
