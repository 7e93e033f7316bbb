import { readFileSync } from "node:fs";
import type { EngineId } from "./engine/physics.ts";
import { projectFile } from "./project-file.ts";

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

/** The committed list, `tolerances.json`. */
export const TOLERANCES = JSON.parse(readFileSync(projectFile("envs/tolerances.json"), "utf8")) as Readonly<
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

const ENGINES: readonly EngineId[] = ["wasm", "native"];
const LEVELS: Readonly<Record<Level, string>> = {
  physics: "recorded ctrl, qpos",
  reset: "start",
  forced: "a step from each recorded state",
  free: "40 free steps",
};

/**
 * What an id keeps, and why where it is more than the default: Markdown for its page.
 * @param original what was recorded, with its version.
 */
export function parityMarkdown(id: string, original: string, levels = Object.keys(LEVELS) as readonly Level[]): string {
  const rows = ENGINES.map((engine) => {
    const cells = levels.map((level) => toleranceOf(engine, id, level)?.toExponential() ?? "not required");
    return `| ${[engine, ...cells].join(" | ")} |`;
  });
  const causes = ENGINES.flatMap((engine) =>
    TOLERANCES[engine].exceptions.filter(({ ids }) => ids.includes(id)).map(({ cause }) => `${engine}: ${cause}`),
  );
  return [
    `Tested against recordings of ${original}; largest |got − want| / max(1, |want|) of observation, reward and terms that the tests allow:`,
    "",
    `| engine | ${levels.map((level) => LEVELS[level]).join(" | ")} |`,
    `|---|${levels.map(() => "---").join("|")}|`,
    ...rows,
    ...causes.flatMap((cause) => ["", cause]),
  ].join("\n");
}
