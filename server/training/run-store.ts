import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { stateDir } from "../../envs/packs/places.ts";
import { DISK, type FileOps } from "./file-ops.ts";
import { jsonBytes, publishFile, readJson, RunSchema } from "./run-files.ts";
import { Run, type RunContext } from "./run.ts";

/** Checkpoints of a run that are kept, in case the newest is damaged. */
const KEEP = 2;
const CONFIG = "config.json";
const SUBFOLDERS = ["checkpoints", "best", "replay"];
/** No separators, so that an id never leads out of the folder. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

export interface RunStoreOptions {
  /** Default `$MYOSERVE_HOME/runs`. */
  readonly folder?: string;
  /** Checkpoints kept of each run, at least 1. */
  readonly keep?: number;
  readonly ops?: FileOps;
}

function assertId(id: string): void {
  if (ID.test(id)) return;
  throw new MyoError("BAD_OPTIONS", `A run's id is of letters, digits, "_", "." and "-", got ${JSON.stringify(id)}.`);
}

/** Training runs, one folder each. */
export class RunStore {
  readonly folder: string;
  readonly #context: RunContext;

  constructor({ folder = join(stateDir(), "runs"), keep = KEEP, ops = DISK }: RunStoreOptions = {}) {
    this.folder = folder;
    this.#context = { ops, keep: Math.max(1, keep) };
  }

  /**
   * A new run.
   * @param label first part of its id, which a number completes where there is such a run
   */
  async create(config: JsonObject, label: string): Promise<Run> {
    assertId(label);
    const { ops } = this.#context;
    await ops.makeFolder(this.folder);
    const id = await this.#claimId(label);
    const folder = join(this.folder, id);
    for (const name of SUBFOLDERS) await ops.makeFolder(join(folder, name));
    const created = new Date().toISOString();
    await publishFile(ops, join(folder, CONFIG), jsonBytes({ created, config }));
    return this.open(id);
  }

  /** @throws MyoError NOT_FOUND where there is no such run. */
  async open(id: string): Promise<Run> {
    assertId(id);
    const run = await this.#find(id);
    if (run !== null) return run;
    throw new MyoError("NOT_FOUND", `There is no run ${id} in ${this.folder}; list the runs for their ids.`);
  }

  /** All runs, the newest first. */
  async list(): Promise<readonly Run[]> {
    if (!existsSync(this.folder)) return [];
    const ids = (await readdir(this.folder)).filter((name) => ID.test(name));
    const runs = await Promise.all(ids.map((id) => this.#find(id)));
    return runs.filter((run) => run !== null).toSorted((a, b) => b.created.localeCompare(a.created));
  }

  async #find(id: string): Promise<Run | null> {
    const folder = join(this.folder, id);
    const about = await readJson(join(folder, CONFIG), RunSchema);
    if (about === null) return null;
    return Run.open(folder, { id, created: about.created, config: about.config as JsonObject }, this.#context);
  }

  async #claimId(label: string): Promise<string> {
    for (let copy = 1; ; copy++) {
      const id = copy === 1 ? label : `${label}-${copy}`;
      if (await this.#context.ops.claimFolder(join(this.folder, id))) return id;
    }
  }
}
