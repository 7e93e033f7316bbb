import type {
  AutoresetMode,
  Buffers,
  EnvSpec,
  JsonObject,
  RolloutOut,
  RolloutWant,
  Snapshot,
  SnapshotRef,
  StepBatch,
  VectorEnv,
} from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import { STARTED } from "../workers/slab.ts";
import { gatherBatch, scatterRows } from "./gather.ts";
import { rolloutShape, runRollout, sequencesOf, toRolloutOut } from "./rollout.ts";
import { RowGroup, type RowGroupOptions } from "./row-group.ts";

/** Rows in the physics workers of this process as a VectorEnv: one call at a time, arrays owned by the caller. */
export class LocalVectorEnv implements VectorEnv {
  readonly #group: RowGroup;

  constructor(group: RowGroup) {
    this.#group = group;
  }

  /** @throws MyoError of the environment's constructor. */
  static async make(options: RowGroupOptions): Promise<LocalVectorEnv> {
    return new LocalVectorEnv(await RowGroup.open(options));
  }

  get spec(): EnvSpec {
    return this.#group.spec;
  }

  get numEnvs(): number {
    return this.#group.numEnvs;
  }

  get autoreset(): AutoresetMode {
    return this.#group.autoreset;
  }

  async reset(seeds: readonly (number | null)[] | null, mask?: Uint8Array, options?: JsonObject): Promise<StepBatch> {
    const rows = this.#rows().filter((row) => mask === undefined || mask[row] !== 0);
    await this.#group.reset(
      [...rows],
      seeds === null ? null : Array.from(rows, (row) => seeds[row] ?? null),
      options ?? null,
    );
    return gatherBatch(this.#group.slab, this.#rows());
  }

  async step(actions: Buffers, rows?: Uint32Array): Promise<StepBatch> {
    const group = this.#group;
    const unready = group.firstRowWithout(STARTED, rows ?? null);
    if (unready !== undefined) {
      throw new MyoError("NEEDS_RESET", `Row ${unready} was never reset; call reset before step.`);
    }
    scatterActions(group, actions, rows ?? null);
    if (group.rebuilding !== null) await group.rebuilding;
    await new Promise<void>((done) => {
      group.step(0, rows ?? null, done);
    });
    return gatherBatch(group.slab, rows ?? this.#rows());
  }

  async rollout(from: SnapshotRef, actions: Buffers, want: RolloutWant): Promise<RolloutOut> {
    const group = this.#group;
    const sequences = sequencesOf(actions, group.actionLayout.buffers, want.horizon);
    const shape = rolloutShape(group.spec, sequences, want);
    const states = "states" in from ? from.states : await group.snapshot([this.#existing(from.row)]);
    return toRolloutOut(await runRollout(group, shape, states, actions));
  }

  /** Full state of each row. */
  snapshot(): Promise<Snapshot[]> {
    return this.#group.snapshot([...this.#rows()]);
  }

  /** @param states one a row. @throws MyoError BAD_OPTIONS for states of another environment. */
  restore(states: readonly Snapshot[]): Promise<void> {
    return this.#group.restore([...this.#rows()], states);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#group.close();
    return Promise.resolve();
  }

  #existing(row: number): number {
    if (Number.isInteger(row) && row >= 0 && row < this.numEnvs) return row;
    throw new MyoError("BAD_OPTIONS", `There are rows 0 to ${this.numEnvs - 1}, but row ${row} was named.`);
  }

  #rows(): Uint32Array {
    return Uint32Array.from({ length: this.numEnvs }, (_, row) => row);
  }
}

/** Copy actions, one [n, size] per dtype, to the places of their rows (null: all). */
export function scatterActions(group: RowGroup, actions: readonly NumericArray[], rows: Uint32Array | null): void {
  const { action, shape } = group.slab;
  // Source and target share the dtype by the checks at the entry.
  if (rows === null) action.forEach((target, b) => (target as Float32Array).set(actions[b] as Float32Array));
  else scatterRows(actions, shape.action, rows, action);
}
