import type { JsonObject } from "../../../../protocol/env.ts";
import {
  algoOf,
  BUDGET,
  DESCRIPTIVE_SEEDS,
  MANY,
  METHODS,
  MOST,
  MYO_ARM,
  PILOT_SEEDS,
  SETTINGS,
  TEST_SEEDS,
  VARIANT_OF,
  VARIANTS,
  WORLDS,
  type Method,
  type Variant,
  type World,
} from "./plan.ts";
import type { Trial, TrialResult } from "./trial.ts";

/** undefined: not run yet. */
export type Lookup<R extends TrialResult = TrialResult> = (trial: Trial) => R | undefined;

/** Place of the chosen setting by method. */
export type Chosen = Readonly<Record<Method, number>>;

const isVariant = (method: Method | Variant): method is Variant => method in VARIANT_OF;

function trialOf(world: World, method: Method | Variant, config: JsonObject, seed: number): Trial {
  const algo = algoOf(isVariant(method) ? VARIANT_OF[method].method : method);
  return { world, method, algo, config, seed, ...BUDGET };
}

/** Both sizes and all seeds of one setting. */
const pilotOf = (method: Method, config: JsonObject): Trial[] =>
  PILOT_SEEDS.flatMap((seed) => WORLDS.map((world) => trialOf(world, method, config, seed)));

/** By seed, then place of the setting, then size, then method, so that a pilot that is stopped is balanced. */
export function pilotTrials(): Trial[] {
  const places = Array.from({ length: Math.max(...METHODS.map((method) => SETTINGS[method].length)) }, (_, p) => p);
  const at = (seed: number, place: number, world: World): Trial[] =>
    METHODS.flatMap((method) => {
      const config = SETTINGS[method][place];
      return config === undefined ? [] : [trialOf(world, method, config, seed)];
    });
  return PILOT_SEEDS.flatMap((seed) => places.flatMap((place) => WORLDS.flatMap((world) => at(seed, place, world))));
}

/** Mean metric of each setting of a method over the pilot; NaN where a trial is missing. */
export function pilotMeans(method: Method, lookup: Lookup): number[] {
  return SETTINGS[method].map((config) => {
    const values = pilotOf(method, config).map((trial) => lookup(trial)?.metric ?? NaN);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

/** The highest mean of each method, the first of equals. @throws Error where the pilot is not whole */
export function chooseSettings(lookup: Lookup): Chosen {
  const choose = (method: Method): number => {
    const means = pilotMeans(method, lookup);
    if (means.some(Number.isNaN)) throw new Error(`The pilot of ${method} is not over.`);
    return means.indexOf(Math.max(...means));
  };
  return { mpo: choose("mpo"), "mpo-pink": choose("mpo-pink"), "dep-rl": choose("dep-rl") };
}

export function chosenConfig(method: Method | Variant, chosen: Chosen): JsonObject {
  if (isVariant(method)) {
    const { method: base, config } = VARIANT_OF[method];
    return { ...chosenConfig(base, chosen), ...config };
  }
  const config = SETTINGS[method][chosen[method]];
  if (config === undefined) throw new Error(`No setting of ${method} was chosen.`);
  return config;
}

/** One method in one world by seed. */
export const testTrials = (
  world: World,
  method: Method | Variant,
  chosen: Chosen,
  seeds: readonly number[] = TEST_SEEDS,
): Trial[] => seeds.map((seed) => trialOf(world, method, chosenConfig(method, chosen), seed));

/** What the claims rest on, seed by seed, then size, then method: trials that are stopped are balanced. */
export function primaryTrials(chosen: Chosen, seeds: readonly number[] = TEST_SEEDS): Trial[] {
  return seeds.flatMap((seed) =>
    WORLDS.flatMap((world) => METHODS.flatMap((method) => testTrials(world, method, chosen, [seed]))),
  );
}

/** Who else is looked at, and where. */
export const DESCRIPTIVE: readonly { readonly world: World; readonly methods: readonly (Method | Variant)[] }[] = [
  { world: MANY, methods: VARIANTS },
  { world: MOST, methods: METHODS },
  { world: MYO_ARM, methods: METHODS },
];

export function descriptiveTrials(chosen: Chosen): Trial[] {
  return DESCRIPTIVE_SEEDS.flatMap((seed) =>
    DESCRIPTIVE.flatMap(({ world, methods }) => methods.flatMap((method) => testTrials(world, method, chosen, [seed]))),
  );
}
