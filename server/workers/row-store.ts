import { MyoError } from "../../protocol/errors.ts";
import type { Env, EnvSpec } from "../../protocol/env.ts";
import type { EnvHost } from "../catalog.ts";
import type { ControlRequest } from "./control.ts";
import { RolloutWork } from "./rollout-work.ts";
import { Row } from "./row.ts";
import { ScratchEnvs } from "./scratch-envs.ts";
import { openSlab, type Slab } from "./slab.ts";

/** The rows of one group that live in this worker. */
interface Group {
  /** Made, waiting for the slab. */
  readonly envs: Map<number, Env>;
  readonly replacements: Set<number>;
  rows: Row[];
  slab: Slab | null;
}

/** All rows of this worker, by group. */
export class RowStore {
  readonly #host: EnvHost;
  readonly #groups = new Map<number, Group>();
  readonly #scratch: ScratchEnvs;

  constructor(host: EnvHost) {
    this.#host = host;
    this.#scratch = new ScratchEnvs(host);
  }

  rollout(request: ControlRequest<"rollout">): RolloutWork {
    return new RolloutWork(this.#scratch, request);
  }

  /** Make one row; it can be stepped after `attach`. */
  open(request: ControlRequest<"open">, index: number): void {
    const { group: id, rows, seeds, replace } = request;
    const group = this.#groups.get(id) ?? { envs: new Map(), replacements: new Set(), rows: [], slab: null };
    this.#groups.set(id, group);
    const row = rows[index] ?? 0;
    group.envs.set(row, this.#host.create(request.id, request.kwargs, seeds[index] ?? null));
    if (replace) group.replacements.add(row);
  }

  /** Spec of the group's envs. */
  spec(id: number): EnvSpec {
    for (const env of this.#group(id).envs.values()) return env.spec;
    throw new MyoError("INTERNAL", `Group ${id} has no rows in this worker.`);
  }

  describe({ id, kwargs }: ControlRequest<"describe">): EnvSpec {
    using env = this.#host.create(id, kwargs, 0);
    return env.spec;
  }

  attach({ group: id, slab: buffer, shape, autoreset }: ControlRequest<"attach">): void {
    const group = this.#group(id);
    const slab = group.slab ?? openSlab(shape, buffer);
    group.slab = slab;
    for (const [number, env] of group.envs) {
      group.rows[number] = new Row(env, number, slab, autoreset, group.replacements.has(number));
    }
    group.envs.clear();
    group.replacements.clear();
  }

  /** Whether the group has rows here, ready to be stepped. */
  has(id: number): boolean {
    return this.#groups.has(id);
  }

  slab(id: number): Slab {
    const { slab } = this.#group(id);
    if (slab === null) throw new MyoError("INTERNAL", `Group ${id} has no slab in this worker.`);
    return slab;
  }

  row(id: number, number: number): Row {
    const row = this.#group(id).rows[number];
    if (row === undefined) throw new MyoError("INTERNAL", `Row ${number} of group ${id} is not in this worker.`);
    return row;
  }

  dispose(id: number): void {
    const group = this.#groups.get(id);
    if (group === undefined) return;
    this.#groups.delete(id);
    for (const env of group.envs.values()) env[Symbol.dispose]();
    // Rows of other workers are holes.
    group.rows.forEach((row) => row[Symbol.dispose]());
  }

  #group(id: number): Group {
    const group = this.#groups.get(id);
    if (group === undefined) throw new MyoError("INTERNAL", `Group ${id} is not in this worker.`);
    return group;
  }
}
