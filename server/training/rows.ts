import type { Snapshot, VectorEnv } from "../../protocol/env.ts";
import { LocalVectorEnv } from "../vector/local-vector-env.ts";
import type { PhysicsPool } from "../workers/physics-pool.ts";
import type { EnvChoice } from "./settings.ts";

/** What runs, evaluations and playing drive: rows here or elsewhere, whose state may be saved. */
export interface TrainingRows extends VectorEnv {
  /**
   * Full state of each row; null where whoever has the rows does not hand it out.
   * @throws MyoError UNAVAILABLE where rows elsewhere are out of reach.
   */
  snapshot(): Promise<readonly Snapshot[] | null>;
  /**
   * Rows elsewhere that do not take the states say so in the log and end in their next step, truncated with an error.
   * @throws MyoError BAD_OPTIONS where rows here do not.
   */
  restore(states: readonly Snapshot[]): Promise<void>;
}

export interface RowsOptions {
  readonly numEnvs: number;
  readonly autoreset: "same_step" | "disabled";
  /** Row i's random stream starts from seed + i. */
  readonly seed: number;
}

/** Makes rows of one environment. Those still open end with it. */
export interface RowSource extends AsyncDisposable {
  /** @throws MyoError of the environment's constructor; CANCELLED after an interrupt. */
  open(options: RowsOptions): Promise<TrainingRows>;
  /**
   * Somebody wants to stop: whoever waits for a server that is out of reach gets CANCELLED.
   * @param now also whoever waits for one that works
   */
  interrupt(now: boolean): void;
}

/** Rows in the physics workers of this process; they never make anybody wait. */
export function localRows(pool: PhysicsPool, { id, kwargs }: EnvChoice): RowSource {
  return {
    open: (options) => LocalVectorEnv.make({ pool, env: id, kwargs, ...options }),
    interrupt: () => undefined,
    // The rows are the pool's.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
