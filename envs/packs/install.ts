import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ChildOptions } from "./child.ts";
import { guardSignals, runAll } from "./guard.ts";
import { takeLock } from "./lock.ts";
import { openPack, packPath, type PackManifest } from "./manifest.ts";
import { PackError, pullCommand } from "./pack-error.ts";
import { cacheDir } from "./places.ts";
import { verifyPack } from "./verify.ts";

export interface PullProgress {
  readonly stage: "wait" | "python" | "packages" | "models" | "verify" | "warning";
  /** Steps done of `total`; both 0 where a stage does not count. */
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

export interface InstallOptions {
  readonly onProgress?: (progress: PullProgress) => void;
  /** Make the pack again where it is installed and up to date. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Where MYOSERVE_CACHE, MYOSERVE_PYTHON and pip's own variables are read; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Where a pack is being made. */
export interface PackWork {
  /** Empty folder of the pack: files and `manifest.json` go there. */
  readonly out: string;
  /** Temporary folder on the same file system, removed afterwards. */
  readonly work: string;
  readonly report: (progress: PullProgress) => void;
  readonly child: ChildOptions;
}

/** How one pack is made. */
export interface PackMaker {
  readonly name: string;
  /** sha256 of what decides its content: an installed pack whose manifest states the same is up to date. */
  readonly recipe: string;
  make(work: PackWork): Promise<void>;
}

/**
 * Makes a pack in the cache: hidden folder, check of every file, atomic rename. A second call, also of another process,
 * waits for the first and returns its result. What is left by a failure or Ctrl-C is removed.
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function installPack(maker: PackMaker, options: InstallOptions = {}): Promise<PackManifest> {
  const env = options.env ?? process.env;
  const { name } = maker;
  const root = join(cacheDir(env), "packs");
  if (!options.force) {
    const ready = current(maker, root);
    if (ready) return ready;
  }
  const before = stamp(name, root);
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const report = options.onProgress ?? ((): void => undefined);
  const cleanups: (() => void)[] = [];
  const unguard = guardSignals(abort, cleanups);
  try {
    const wait = (): void => {
      report({ stage: "wait", done: 0, total: 0, message: "another process is making the pack" });
    };
    cleanups.push(await takeLock(join(root, `.${name}.lock`), { signal, onWait: wait }));
    const made = current(maker, root);
    if (made && (!options.force || stamp(name, root) !== before)) return made;
    removeLeftovers(name, root);
    const work = mkdtempSync(join(root, `.${name}-`));
    cleanups.push(() => {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
    });
    return await makePack(maker, root, { work, report, child: { env, signal } });
  } catch (error) {
    throw asPackError(name, error, signal);
  } finally {
    unguard();
    runAll(cleanups);
  }
}

async function makePack(maker: PackMaker, root: string, place: Omit<PackWork, "out">): Promise<PackManifest> {
  const { name } = maker;
  const { work, report, child } = place;
  const fresh = join(work, "packs");
  const out = join(fresh, name);
  mkdirSync(out, { recursive: true });
  await maker.make({ ...place, out });
  report({ stage: "verify", done: 0, total: 0, message: "checking the files" });
  const pack = openPack(name, fresh);
  if (!pack) throw new PackError("PACK_FAILED", `The export of ${name} wrote no manifest.`);
  await verifyPack(pack, fresh);
  child.signal.throwIfAborted();
  const target = packPath(name, "", root);
  if (existsSync(target)) renameSync(target, join(work, "old"));
  renameSync(out, target);
  return pack;
}

/** The installed pack, if it was made from the same recipe. */
function current({ name, recipe }: PackMaker, root: string): PackManifest | null {
  try {
    const pack = openPack(name, root);
    return pack?.recipe === recipe ? pack : null;
  } catch {
    return null; // damaged: made again
  }
}

/** What a killed pull left: with the lock in hand, nobody else is at work. */
function removeLeftovers(name: string, root: string): void {
  for (const entry of readdirSync(root)) {
    if (entry.startsWith(`.${name}-`)) rmSync(join(root, entry), { recursive: true, force: true });
  }
}

/** Changes with every pull. */
function stamp(name: string, root: string): string {
  try {
    const { ino, mtimeMs } = statSync(packPath(name, "manifest.json", root));
    return `${String(ino)}:${String(mtimeMs)}`;
  } catch {
    return "";
  }
}

function asPackError(name: string, error: unknown, signal: AbortSignal): PackError {
  if (error instanceof PackError) return error;
  const why = signal.aborted ? "it was interrupted" : error instanceof Error ? error.message : String(error);
  return new PackError("PACK_FAILED", `The model pack ${name} was not made (${why}); run: ${pullCommand(name)}`, {
    cause: error,
  });
}
