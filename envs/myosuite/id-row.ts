import type { Recipe } from "./recipe.ts";

/** Muscle conditions, by the letters that follow `myo` in an id. */
export const CONDITIONS = { Sarc: "sarcopenia", Fati: "fatigue", Reaf: "tendon transfer" } as const;
export type Condition = keyof typeof CONDITIONS;

/** One base id; each variant makes another id. Adding an environment is adding a row. */
export interface IdRow {
  readonly id: string;
  readonly title: string;
  /** Model of the pack. */
  readonly model: string;
  readonly maxEpisodeSteps: number;
  readonly variants: readonly Condition[];
  readonly recipe: Recipe;
}

/** Variants of most muscle-driven ids, and of those with a hand. */
export const MUSCLE: readonly Condition[] = ["Sarc", "Fati"];
export const HAND: readonly Condition[] = ["Sarc", "Fati", "Reaf"];
