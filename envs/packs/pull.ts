import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild, type ChildOptions } from "./child.ts";
import { guardSignals, runAll } from "./guard.ts";
import { takeLock } from "./lock.ts";
import { openPack, packPath, type PackManifest } from "./manifest.ts";
import { PackError, pullCommand } from "./pack-error.ts";
import { cacheDir } from "./places.ts";
import { findPython, lastLine, makeEnvironment, pythonEnvironment } from "./python.ts";
import { verifyPack } from "./verify.ts";

export type PackName = "myosuite";

export interface PullProgress {
  readonly stage: "wait" | "python" | "packages" | "models" | "verify" | "warning";
  /** Steps done of `total`; both 0 where a stage does not count. */
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

export interface PullOptions {
  readonly onProgress?: (progress: PullProgress) => void;
  /** Interpreter to use, before MYOSERVE_PYTHON. */
  readonly python?: string;
  /** Make the pack again where it is installed and up to date. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Where MYOSERVE_CACHE, MYOSERVE_PYTHON and pip's own variables are read; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes a model pack in the cache: private Python environment, export, check, atomic rename. A second call, also of
 * another process, waits for the first and returns its result. What is left by a failure or Ctrl-C is removed.
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function pullPack(name: PackName, options: PullOptions = {}): Promise<PackManifest> {
  const env = options.env ?? process.env;
  const root = join(cacheDir(env), "packs");
  const recipe = recipeOf(name);
  if (!options.force) {
    const ready = current(name, root, recipe);
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
    const made = current(name, root, recipe);
    if (made && (!options.force || stamp(name, root) !== before)) return made;
    removeLeftovers(name, root);
    const work = mkdtempSync(join(root, `.${name}-`));
    cleanups.push(() => {
      rmSync(work, { recursive: true, force: true, maxRetries: 3 });
    });
    return await makePack(name, { root, work, report, python: options.python, child: { env, signal } });
  } catch (error) {
    throw asPackError(name, error, signal);
  } finally {
    unguard();
    runAll(cleanups);
  }
}

interface Pull {
  readonly root: string;
  /** Temporary folder on the same file system as the pack. */
  readonly work: string;
  readonly report: (progress: PullProgress) => void;
  readonly python: string | undefined;
  readonly child: ChildOptions;
}

async function makePack(name: PackName, pull: Pull): Promise<PackManifest> {
  const { work, report } = pull;
  const recipe = recipeFolder(name);
  const child = { ...pull.child, env: pythonEnvironment(pull.child.env) };
  report({ stage: "python", done: 0, total: 0, message: "looking for Python" });
  const python = await findPython(pull.python, child);
  report({ stage: "packages", done: 0, total: 0, message: "installing the Python packages of the pack" });
  const interpreter = await makeEnvironment(python, join(work, "venv"), join(recipe, "requirements.txt"), child);
  const fresh = join(work, "packs");
  mkdirSync(join(fresh, name), { recursive: true });
  await runExport(name, interpreter, join(fresh, name), { ...pull, child });
  report({ stage: "verify", done: 0, total: 0, message: "checking the files" });
  const pack = openPack(name, fresh);
  if (!pack) throw new PackError("PACK_FAILED", `The export of ${name} wrote no manifest.`);
  await verifyPack(pack, fresh);
  pull.child.signal.throwIfAborted();
  const target = packPath(name, "", pull.root);
  if (existsSync(target)) renameSync(target, join(work, "old"));
  renameSync(join(fresh, name), target);
  return pack;
}

async function runExport(name: PackName, interpreter: string, out: string, pull: Pull): Promise<void> {
  let failure: string | undefined;
  const onLine = (line: string): void => {
    const event = parseEvent(line);
    if (event?.event === "error") failure = event.message;
    else if (event) pull.report({ stage: event.event === "warning" ? "warning" : "models", ...event });
  };
  const script = join(recipeFolder(name), "export.py");
  const { status, complaint } = await runChild(interpreter, ["-B", "-s", script, "--out", out], {
    ...pull.child,
    onLine,
  });
  pull.child.signal.throwIfAborted();
  if (status !== 0) {
    const why = failure ?? lastLine(complaint);
    throw new PackError(
      "PACK_FAILED",
      `The models of ${name} could not be exported (${why}); run: ${pullCommand(name)}`,
    );
  }
}

interface ExportEvent {
  readonly event: string;
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

/** A progress line of export.py; null for anything else that lands on its stdout. */
function parseEvent(line: string): ExportEvent | null {
  if (!line.startsWith("{")) return null;
  try {
    const value = JSON.parse(line) as Partial<ExportEvent>;
    const { event, done = 0, total = 0, message = "" } = value;
    return event === undefined ? null : { event, done, total, message };
  } catch {
    return null;
  }
}

/** The installed pack, if it was made from the recipe of this version of MyoServe. */
function current(name: PackName, root: string, recipe: string): PackManifest | null {
  try {
    const pack = openPack(name, root);
    return pack?.recipe === recipe ? pack : null;
  } catch {
    return null; // damaged: made again
  }
}

/** What a killed pull left: with the lock in hand, nobody else is at work. */
function removeLeftovers(name: PackName, root: string): void {
  for (const entry of readdirSync(root)) {
    if (entry.startsWith(`.${name}-`)) rmSync(join(root, entry), { recursive: true, force: true });
  }
}

/** Changes with every pull. */
function stamp(name: PackName, root: string): string {
  try {
    const { ino, mtimeMs } = statSync(packPath(name, "manifest.json", root));
    return `${String(ino)}:${String(mtimeMs)}`;
  } catch {
    return "";
  }
}

/** Folder of the pack's Python recipe: beside this file in a checkout, in the package's `envs/` when built to `dist/`. */
function recipeFolder(name: PackName): string {
  const places = [`./${name}/`, `../../../envs/packs/${name}/`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = places.find((place) => existsSync(join(place, "export.py")));
  if (found !== undefined) return found;
  throw new PackError(
    "PACK_FAILED",
    `The recipe of the model pack ${name} is not part of this installation of MyoServe.`,
  );
}

/** sha256 over names and contents of the recipe's files; export.py writes the same into the manifest. */
function recipeOf(name: PackName): string {
  const folder = recipeFolder(name);
  const files = readdirSync(folder).filter((file) => /\.(py|json|txt)$/.test(file));
  const lines = files.sort().map((file) => `${file}:${sha256(readFileSync(join(folder, file)))}\n`);
  return sha256(lines.join(""));
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function asPackError(name: PackName, error: unknown, signal: AbortSignal): PackError {
  if (error instanceof PackError) return error;
  const why = signal.aborted ? "it was interrupted" : error instanceof Error ? error.message : String(error);
  return new PackError("PACK_FAILED", `The model pack ${name} was not made (${why}); run: ${pullCommand(name)}`, {
    cause: error,
  });
}
