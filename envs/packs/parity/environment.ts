import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { guardSignals, runAll } from "../guard.ts";
import { takeLock } from "../lock.ts";
import { PackError } from "../pack-error.ts";
import { cacheDir } from "../places.ts";
import { findPython, makeEnvironment, pythonEnvironment, type Purpose } from "../python.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ParityEnvironmentOptions {
  readonly onProgress?: (message: string) => void;
  /** Interpreter to use, before MYOSERVE_PYTHON. */
  readonly python?: string;
  /** Make it again although it is there. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Where MYOSERVE_CACHE, MYOSERVE_PYTHON and pip's own variables are read; default `process.env`. */
  readonly env?: Environment;
}

const PURPOSE: Purpose = { what: "The comparison with MyoSuite", command: "npx myoserve parity --setup" };
/** Hexadecimal digits of the requirements' sha256 that name an environment. */
const KEY_LENGTH = 16;

/** Folder of the Python side: beside this file in a checkout, in the package's `envs/` when built to `dist/`. */
export function parityFolder(): string {
  const places = ["./", "../../../../envs/packs/parity/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = places.find((place) => existsSync(join(place, "driver.py")));
  if (found !== undefined) return found;
  throw new PackError("PACK_FAILED", "MyoSuite's side of the comparison is not part of this installation of MyoServe.");
}

/** Interpreter with MyoSuite 3.0.0 and MuJoCo 3.4.0 in the cache; null where it was not set up for this version. */
export function openParityEnvironment(env: Environment = process.env): string | null {
  const interpreter = interpreterOf(join(rootOf(env), keyOf()));
  return existsSync(interpreter) ? interpreter : null;
}

/**
 * Sets up MyoSuite's side in the cache: a private environment of locked packages. A second call waits for the first.
 * @returns its interpreter
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function makeParityEnvironment(options: ParityEnvironmentOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const ready = options.force === true ? null : openParityEnvironment(env);
  if (ready !== null) return ready;
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const report = options.onProgress ?? ((): void => undefined);
  const cleanups: (() => void)[] = [];
  const unguard = guardSignals(abort, cleanups);
  try {
    const root = rootOf(env);
    const onWait = (): void => report("another process is setting up MyoSuite");
    cleanups.push(await takeLock(join(root, ".lock"), { signal, onWait }));
    const made = options.force === true ? null : openParityEnvironment(env);
    return made ?? (await install(root, options.python, { env, signal }, report, cleanups));
  } catch (error) {
    if (error instanceof PackError) throw error;
    const why = signal.aborted ? "it was interrupted" : error instanceof Error ? error.message : String(error);
    throw new PackError("PACK_FAILED", `MyoSuite was not set up (${why}); run: ${PURPOSE.command}`, { cause: error });
  } finally {
    unguard();
    runAll(cleanups);
  }
}

/** With the lock in hand: makes the environment in a hidden folder and renames it; other ones are out of date. */
async function install(
  root: string,
  wanted: string | undefined,
  { env, signal }: { readonly env: Environment; readonly signal: AbortSignal },
  report: (message: string) => void,
  cleanups: (() => void)[],
): Promise<string> {
  for (const entry of readdirSync(root)) {
    if (entry !== ".lock") rmSync(join(root, entry), { recursive: true, force: true, maxRetries: 3 });
  }
  const work = mkdtempSync(join(root, ".work-"));
  cleanups.push(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));
  const child = { env: pythonEnvironment(env), signal };
  report("looking for Python");
  const python = await findPython(wanted, child, PURPOSE);
  report("installing MyoSuite 3.0.0 with MuJoCo 3.4.0 into a private environment (350 MB)");
  const fresh = join(work, "venv");
  await makeEnvironment(python, fresh, join(parityFolder(), "requirements.txt"), child, PURPOSE);
  const target = join(root, keyOf());
  renameSync(fresh, target);
  return interpreterOf(target);
}

function rootOf(env: Environment): string {
  return join(cacheDir(env), "parity");
}

/** Another requirement file is another environment. */
function keyOf(): string {
  const text = readFileSync(join(parityFolder(), "requirements.txt"));
  return createHash("sha256").update(text).digest("hex").slice(0, KEY_LENGTH);
}

function interpreterOf(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}
