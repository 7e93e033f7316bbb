/** Constants of PLAN.md. */
export const SEEDS = [1, 2, 3] as const;
/** Of a trial, by the clock of the run itself, s. */
export const BUDGET = 360;
export const ROWS = 40;
/** Env-steps before the first gradient step, DEP alone. */
export const PREFILL = 20_000;
/** Env-steps between evaluations, and their episodes. */
export const EVALUATION = { every: 10_000, episodes: 10 } as const;
/** Transitions; more than any trial makes. */
export const REPLAY = 400_000;
/** Processes that depRL shares its rows out to: one a core. */
export const PROCESSES = 2;
/** Steps between the times that curves are read off at, s. */
export const GRID = 30;

export const SIDES = ["MyoServe", "depRL 0.5.0"] as const;
export type Side = (typeof SIDES)[number];

/** depRL has no environment of the ostrich here. */
export const TASKS = [
  { env: "myoLegWalk-v0", pack: "myosuite", preset: "myosuite-relocate", sides: SIDES },
  { env: "ostrich-run-v0", pack: "ostrich", preset: "ostrich", sides: SIDES.slice(0, 1) },
] as const;
export type OnsetTask = (typeof TASKS)[number];
