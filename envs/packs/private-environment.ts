import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ChildOptions } from "./child.ts";
import { guardSignals, runAll } from "./guard.ts";
import { takeLock } from "./lock.ts";
import { PackError } from "./pack-error.ts";
import { cacheDir } from "./places.ts";
import { findPython, makeEnvironment, pythonEnvironment, type Purpose } from "./python.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A Python environment that stays in the cache. */
export interface PrivateEnvironment {
  /** Folder below the cache. */
  readonly name: string;
  /** Hash-locked requirement file; another text is another environment. */
  readonly requirements: string;
  readonly purpose: Purpose;
  /** What is installed, as progress and error sentences say it. */
  readonly contents: string;
}

export interface EnvironmentOptions {
  readonly onProgress?: (message: string) => void;
  /** Interpreter to use, before MYOSERVE_PYTHON. */
  readonly python?: string;
  /** Make it again although it is there. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Where MYOSERVE_CACHE, MYOSERVE_PYTHON and pip's own variables are read; default `process.env`. */
  readonly env?: Environment;
}

/** Hexadecimal digits of the requirements' sha256 that name an environment. */
const KEY_LENGTH = 16;

/** Its interpreter; null where it was not made for this version. */
export function openPrivateEnvironment(wanted: PrivateEnvironment, env: Environment = process.env): string | null {
  const interpreter = interpreterOf(folderOf(wanted, env));
  return existsSync(interpreter) ? interpreter : null;
}

/**
 * Makes the environment in the cache where it is missing. A second call waits for the first.
 * @returns its interpreter
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function makePrivateEnvironment(
  wanted: PrivateEnvironment,
  options: EnvironmentOptions = {},
): Promise<string> {
  const env = options.env ?? process.env;
  const open = (): string | null => (options.force === true ? null : openPrivateEnvironment(wanted, env));
  const ready = open();
  if (ready !== null) return ready;
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const report = options.onProgress ?? ((): void => undefined);
  const cleanups: (() => void)[] = [];
  const unguard = guardSignals(abort, cleanups);
  try {
    const onWait = (): void => report(`another process is setting up ${wanted.contents}`);
    cleanups.push(await takeLock(join(rootOf(wanted, env), ".lock"), { signal, onWait }));
    return open() ?? (await install(wanted, options.python, { env, signal }, report, cleanups));
  } catch (error) {
    if (error instanceof PackError) throw error;
    const why = signal.aborted ? "it was interrupted" : error instanceof Error ? error.message : String(error);
    const sentence = `${wanted.contents} could not be set up (${why}); run: ${wanted.purpose.command}`;
    throw new PackError("PACK_FAILED", sentence, { cause: error });
  } finally {
    unguard();
    runAll(cleanups);
  }
}

/** With the lock in hand: makes the environment in a hidden folder and renames it; other ones are out of date. */
async function install(
  wanted: PrivateEnvironment,
  named: string | undefined,
  { env, signal }: ChildOptions,
  report: (message: string) => void,
  cleanups: (() => void)[],
): Promise<string> {
  const root = rootOf(wanted, env);
  for (const entry of readdirSync(root)) {
    if (entry !== ".lock") rmSync(join(root, entry), { recursive: true, force: true, maxRetries: 3 });
  }
  const work = mkdtempSync(join(root, ".work-"));
  cleanups.push(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));
  const child = { env: pythonEnvironment(env), signal };
  report("looking for Python");
  const python = await findPython(named, child, wanted.purpose);
  report(`installing ${wanted.contents} into a private environment`);
  const fresh = join(work, "venv");
  await makeEnvironment(python, fresh, wanted.requirements, child, wanted.purpose);
  const target = folderOf(wanted, env);
  renameSync(fresh, target);
  return interpreterOf(target);
}

const rootOf = (wanted: PrivateEnvironment, env: Environment): string => join(cacheDir(env), wanted.name);

function folderOf(wanted: PrivateEnvironment, env: Environment): string {
  const key = createHash("sha256").update(readFileSync(wanted.requirements)).digest("hex").slice(0, KEY_LENGTH);
  return join(rootOf(wanted, env), key);
}

function interpreterOf(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}
