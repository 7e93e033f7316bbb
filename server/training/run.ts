import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { policyFiles } from "../../agents/core/policy-file.ts";
import { pruneReplay } from "../../agents/core/replay/replay-files.ts";
import type { PolicyExport } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { FileOps } from "./file-ops.ts";
import {
  EMPTY_MANIFEST,
  jsonBytes,
  LISTING,
  ListingSchema,
  ManifestSchema,
  publishFile,
  publishFolder,
  readJson,
  readListed,
  withListing,
  type Manifest,
} from "./run-files.ts";

const MANIFEST = "latest.json";
const CHECKPOINTS = "checkpoints";
const BEST = "best";
const [AGENT, ENVS, STATE] = ["agent.bin", "envs.bin", "state.json"];

const STEP_DIGITS = 12;

/** Sorts as the steps do. */
const stepName = (step: number): string => String(step).padStart(STEP_DIGITS, "0");

/** A name of a step that none of the kept folders has; a step comes twice after a resume from an earlier checkpoint. */
function freeName(step: number, taken: readonly (string | undefined)[]): string {
  let name = stepName(step);
  for (let copy = 2; taken.includes(name); copy++) name = `${stepName(step)}-${copy}`;
  return name;
}

export interface RunContext {
  readonly ops: FileOps;
  /** Checkpoints that are kept. */
  readonly keep: number;
}

/** Who a run is. */
export interface RunIdentity {
  readonly id: string;
  readonly created: string;
  readonly config: JsonObject;
}

/** Everything of one moment of a run. */
export interface CheckpointParts {
  /** Environment steps of all rows. */
  readonly step: number;
  /** `Agent.checkpoint`. */
  readonly agent: Uint8Array;
  /** Snapshots of the environments. */
  readonly envs: Uint8Array;
  /** What `Learner.saveReplay` into `replayFolder` returned. */
  readonly replay: readonly string[];
  /** Counters, random streams, thread settings, engine, versions. */
  readonly state: JsonObject;
  readonly policy: PolicyExport;
}

export interface Checkpoint extends Omit<CheckpointParts, "policy"> {
  readonly name: string;
  /** Holds policy.json and policy.bin among others. */
  readonly folder: string;
}

type Entry = Manifest["checkpoints"][number];

/** Folders that have a listing, oldest first; for a run whose manifest is lost. */
async function scan(folder: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    const listing = name.startsWith(".") ? null : await readJson(join(folder, name, LISTING), ListingSchema);
    if (listing !== null) entries.push({ name, step: listing.step, replay: listing.replay });
  }
  return entries;
}

/** A training run on disk. One process writes at a time; others may read. */
export class Run {
  readonly id: string;
  readonly folder: string;
  readonly created: string;
  readonly config: JsonObject;
  /** For `Learner.saveReplay` and `loadReplay`; checkpoints share it. */
  readonly replayFolder: string;
  readonly #ops: FileOps;
  readonly #keep: number;
  #manifest: Manifest;
  /** The change under way; the next one waits for it. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, about: RunIdentity, context: RunContext, manifest: Manifest) {
    this.id = about.id;
    this.created = about.created;
    this.config = about.config;
    this.folder = folder;
    this.replayFolder = join(folder, "replay");
    this.#ops = context.ops;
    this.#keep = context.keep;
    this.#manifest = manifest;
  }

  static async open(folder: string, about: RunIdentity, context: RunContext): Promise<Run> {
    const manifest = await readJson(join(folder, MANIFEST), ManifestSchema);
    const found = manifest ?? { ...EMPTY_MANIFEST, checkpoints: await scan(join(folder, CHECKPOINTS)) };
    return new Run(folder, about, context, found);
  }

  /** Names and steps of the checkpoints that are kept, oldest first. */
  get checkpoints(): readonly Pick<Entry, "name" | "step">[] {
    return this.#manifest.checkpoints.map(({ name, step }) => ({ name, step }));
  }

  /** The policy with the highest score; its folder is one for `readPolicy`. */
  get best(): { readonly step: number; readonly score: number; readonly folder: string } | null {
    const { best } = this.#manifest;
    return best === null ? null : { step: best.step, score: best.score, folder: join(this.folder, BEST, best.name) };
  }

  /**
   * Make these parts the current checkpoint: all of them or, where the machine stops meanwhile, none. Files of the replay
   * that no kept checkpoint lists are deleted, so no `saveReplay` may be under way.
   */
  checkpoint(parts: CheckpointParts): Promise<void> {
    return this.#serially(async () => {
      const { step, replay } = parts;
      const name = freeName(
        step,
        this.#manifest.checkpoints.map((entry) => entry.name),
      );
      const files = new Map([
        [AGENT, parts.agent],
        [ENVS, parts.envs],
        [STATE, jsonBytes(parts.state)],
        ...policyFiles(parts.policy),
      ] as [string, Uint8Array][]);
      await publishFolder(
        this.#ops,
        join(this.folder, CHECKPOINTS),
        name,
        withListing(files, { step, replay: [...replay] }),
      );
      const checkpoints = [...this.#manifest.checkpoints, { name, step, replay: [...replay] }].slice(-this.#keep);
      await this.#publish({ ...this.#manifest, checkpoints });
      await this.#tidy(
        CHECKPOINTS,
        checkpoints.map((entry) => entry.name),
      );
      await pruneReplay(
        this.replayFolder,
        checkpoints.map((entry) => entry.replay),
        (path) => this.#ops.remove(path),
      );
    });
  }

  /** Keep a policy if its score is higher than all before; true where it is. */
  offerBest(step: number, score: number, policy: PolicyExport): Promise<boolean> {
    return this.#serially(async () => {
      if (!Number.isFinite(score) || score <= (this.#manifest.best?.score ?? -Infinity)) return false;
      const name = freeName(step, [this.#manifest.best?.name]);
      await publishFolder(this.#ops, join(this.folder, BEST), name, policyFiles(policy));
      await this.#publish({ ...this.#manifest, best: { name, step, score } });
      await this.#tidy(BEST, [name]);
      return true;
    });
  }

  /** The newest checkpoint that is whole; null where there is none. */
  async latest(): Promise<Checkpoint | null> {
    for (const { name } of this.#manifest.checkpoints.toReversed()) {
      const checkpoint = await this.#read(name);
      if (checkpoint !== null) return checkpoint;
    }
    return null;
  }

  /** A checkpoint by its name. @throws MyoError NOT_FOUND where it is not kept or damaged. */
  async load(name: string): Promise<Checkpoint> {
    const kept = this.#manifest.checkpoints.some((entry) => entry.name === name);
    const checkpoint = kept ? await this.#read(name) : null;
    if (checkpoint !== null) return checkpoint;
    const names = this.#manifest.checkpoints.map((entry) => entry.name).join(", ");
    throw new MyoError("NOT_FOUND", `Run ${this.id} has no whole checkpoint ${name}; it keeps ${names || "none"}.`);
  }

  async #read(name: string): Promise<Checkpoint | null> {
    const folder = join(this.folder, CHECKPOINTS, name);
    const content = await readListed(folder);
    const [agent, envs, state] = [AGENT, ENVS, STATE].map((file) => content?.files.get(file));
    if (content === null || agent === undefined || envs === undefined || state === undefined) return null;
    const { step, replay } = content.listing;
    return {
      name,
      folder,
      step,
      replay,
      agent,
      envs,
      state: JSON.parse(new TextDecoder().decode(state)) as JsonObject,
    };
  }

  async #publish(manifest: Manifest): Promise<void> {
    await publishFile(this.#ops, join(this.folder, MANIFEST), jsonBytes(manifest));
    this.#manifest = manifest;
  }

  /** Remove what does not count any more, or never did. */
  async #tidy(folder: string, kept: readonly string[]): Promise<void> {
    const path = join(this.folder, folder);
    for (const name of await readdir(path)) if (!kept.includes(name)) await this.#ops.remove(join(path, name));
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
