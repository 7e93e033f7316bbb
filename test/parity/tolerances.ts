import { readFileSync } from "node:fs";
import type { EngineId } from "../../envs/engine/physics.ts";

export type Level = "physics" | "reset" | "forced" | "free";

interface ToleranceTable {
  readonly default: Readonly<Record<Level, number>>;
  /** null: the level is not required, see the cause. */
  readonly exceptions: readonly {
    readonly ids: readonly string[];
    readonly tolerances: Readonly<Partial<Record<Level, number | null>>>;
    /** Least number of the 40 teacher-forced steps that keep the default all the same. */
    readonly forcedStepsWithinDefault: number;
    readonly cause: string;
  }[];
}

/** The committed list. */
export const TOLERANCES = JSON.parse(readFileSync(new URL("tolerances.json", import.meta.url), "utf8")) as Readonly<
  Record<EngineId, ToleranceTable>
>;

/** Tolerance of an id at a level; null where the list lets it off. */
export function toleranceOf(engine: EngineId, id: string, level: Level): number | null {
  const table = TOLERANCES[engine];
  const own = table.exceptions.find(({ ids }) => ids.includes(id))?.tolerances[level];
  return own === undefined ? table.default[level] : own;
}

/** How many teacher-forced steps of an id must keep the default tolerance. */
export function forcedStepsWithinDefault(engine: EngineId, id: string, steps: number): number {
  return TOLERANCES[engine].exceptions.find(({ ids }) => ids.includes(id))?.forcedStepsWithinDefault ?? steps;
}
