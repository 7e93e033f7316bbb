import {
  ARM_PILOT,
  ARM_SIZES,
  armWorld,
  LEG_PILOT,
  LEG_WORLD,
  METHODS,
  SETTINGS,
  TEST_SEEDS,
  TRIAL_STEPS,
  type ControllerConfig,
  type Method,
  type World,
} from "./plan.ts";
import type { Regime, Trial, TrialResult } from "./trial.ts";

/** The bodies settings are chosen for, apart. */
export type Body = "arm" | "leg";

/** null: not run yet. */
type Lookup = (trial: Trial) => TrialResult | undefined;

/** Place of the chosen setting by method. */
export type Chosen = Readonly<Record<Body, Readonly<Partial<Record<Method, number>>>>>;

/** The leg has no copies to share noise. */
export const methodsOf = (body: Body): readonly Method[] =>
  body === "arm" ? METHODS : METHODS.filter((method) => method !== "oracle");

function pilotOf(body: Body, method: Method, setting: ControllerConfig): Trial[] {
  const plan = body === "arm" ? ARM_PILOT : LEG_PILOT;
  const worlds = body === "arm" ? ARM_PILOT.sizes.map(armWorld) : [LEG_WORLD];
  return worlds.flatMap((world) =>
    plan.seeds.map((seed): Trial => ({ world, regime: "episodes", method, setting, seed, steps: plan.steps })),
  );
}

/** Every trial that settings are chosen by. */
export function pilotTrials(): Trial[] {
  return (["arm", "leg"] as const).flatMap((body) =>
    methodsOf(body).flatMap((method) => {
      const settings = SETTINGS[method];
      return settings.length === 1 ? [] : settings.flatMap((setting) => pilotOf(body, method, setting));
    }),
  );
}

/** Mean coverage of each setting of a method over its pilot. */
export function pilotMeans(body: Body, method: Method, lookup: Lookup): number[] {
  return SETTINGS[method].map((setting) => {
    const values = pilotOf(body, method, setting).map((trial) => lookup(trial)?.coverage ?? NaN);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

/** The highest mean of each method, the first of equals. */
export function chooseSettings(lookup: Lookup): Chosen {
  const choose = (body: Body) =>
    Object.fromEntries(
      methodsOf(body).map((method) => {
        const means = SETTINGS[method].length === 1 ? [0] : pilotMeans(body, method, lookup);
        return [method, means.indexOf(Math.max(...means))];
      }),
    );
  return { arm: choose("arm"), leg: choose("leg") };
}

/** The trials of one world by method, test seeds. */
export function testTrials(
  world: World,
  body: Body,
  regime: Regime,
  method: Method,
  chosen: Chosen,
  seeds: readonly number[] = TEST_SEEDS,
): Trial[] {
  const setting = SETTINGS[method][chosen[body][method] ?? 0];
  if (setting === undefined) throw new Error(`No setting of ${method} was chosen.`);
  return seeds.map((seed) => ({ world, regime, method, setting, seed, steps: TRIAL_STEPS }));
}

/** What is compared: a world in a regime. */
export interface Condition {
  readonly body: Body;
  readonly world: World;
  readonly regime: Regime;
}

export const CONDITIONS: readonly Condition[] = [
  ...ARM_SIZES.map((size): Condition => ({ body: "arm", world: armWorld(size), regime: "episodes" })),
  { body: "leg", world: LEG_WORLD, regime: "episodes" },
  ...ARM_SIZES.map((size): Condition => ({ body: "arm", world: armWorld(size), regime: "continuing" })),
];

/** Every trial that counts, seed by seed, so that a run that is stopped has few but whole seeds. */
export function allTestTrials(chosen: Chosen, seeds: readonly number[]): Trial[] {
  return seeds.flatMap((seed) =>
    CONDITIONS.flatMap(({ body, world, regime }) =>
      methodsOf(body).flatMap((method) => testTrials(world, body, regime, method, chosen, [seed])),
    ),
  );
}
