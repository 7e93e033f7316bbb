import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { deriveLayout, LAYOUT_FILE, LAYOUT_HEADERS, readHeaders, renewLayout } from "../../engine/native/layout.ts";
import type { ChildOptions } from "../child.ts";
import { guardSignals, runAll } from "../guard.ts";
import { takeLock } from "../lock.ts";
import { PackError, pullCommand } from "../pack-error.ts";
import { cacheDir } from "../places.ts";
import type { PullProgress } from "../install.ts";
import { findPython, pythonEnvironment, type Purpose } from "../python.ts";
import { fetchWheels, unpackWheel } from "../wheels.ts";
import { findLibrary, libmujocoFolder, openLibmujoco, wantedVersion } from "./installed.ts";
import { packageOf, PINNED_WHEELS } from "./wheels.ts";

export interface PullLibmujocoOptions {
  /** Default MYOSERVE_MUJOCO_VERSION, else the pinned version. */
  readonly version?: string;
  readonly onProgress?: (progress: PullProgress) => void;
  /** Interpreter to use, before MYOSERVE_PYTHON. */
  readonly python?: string;
  readonly signal?: AbortSignal;
  /** Where MYOSERVE_CACHE, MYOSERVE_PYTHON and pip's own variables are read; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const PURPOSE: Purpose = { what: "The native engine", command: pullCommand("libmujoco") };

/**
 * Makes MuJoCo's library of a version available in the cache: wheel of the Python package index, its library and
 * headers, the layout derived from them, atomic rename. A second call waits for the first and returns its result.
 * @returns path of the library
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function pullLibmujoco(options: PullLibmujocoOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const version = options.version ?? wantedVersion(env);
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw failed(version, `a version has the form 3.4.0, check MYOSERVE_MUJOCO_VERSION`);
  }
  const ready = openLibmujoco(version, env);
  if (ready !== null) {
    renewLayout(ready);
    return ready;
  }
  const root = join(cacheDir(env), "libmujoco");
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const report = (stage: PullProgress["stage"], message: string): void =>
    options.onProgress?.({ stage, done: 0, total: 0, message });
  const cleanups: (() => void)[] = [];
  const unguard = guardSignals(abort, cleanups);
  try {
    const onWait = (): void => report("wait", "another process is fetching the library");
    cleanups.push(await takeLock(join(root, `.${version}.lock`), { signal, onWait }));
    const made = openLibmujoco(version, env);
    if (made !== null) return made;
    removeLeftovers(root, version);
    const work = mkdtempSync(join(root, `.${version}-`));
    cleanups.push(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));
    const child = { env: pythonEnvironment(env), signal };
    report("python", "looking for Python");
    const python = await findPython(options.python, child, PURPOSE);
    report("packages", `fetching MuJoCo ${version} from the Python package index`);
    await fetchWheel(python, version, work, child);
    report("verify", "reading the library's headers");
    return install(join(work, "wheel"), version, work, libmujocoFolder(version, env));
  } catch (error) {
    if (error instanceof PackError) throw error;
    const why = signal.aborted ? "it was interrupted" : error instanceof Error ? error.message : String(error);
    throw failed(version, why, error);
  } finally {
    unguard();
    runAll(cleanups);
  }
}

function failed(version: string, why: string, cause?: unknown): PackError {
  return new PackError("PACK_FAILED", `MuJoCo ${version} was not fetched (${why}), then run: ${PURPOSE.command}`, {
    cause,
  });
}

/** What a killed pull left: with the lock in hand, nobody else is at work. */
function removeLeftovers(root: string, version: string): void {
  for (const entry of readdirSync(root)) {
    if (entry.startsWith(`.${version}-`)) rmSync(join(root, entry), { recursive: true, force: true });
  }
}

/** The wheel, unpacked to `<work>/wheel`. */
async function fetchWheel(python: string, version: string, work: string, child: ChildOptions): Promise<void> {
  const pinned = PINNED_WHEELS[version];
  const pin = { name: packageOf(version), version, sha256: Object.values(pinned?.sha256 ?? {}) };
  const request = { pins: [pin], pythonVersion: pinned?.python ?? null };
  const { interpreter, wheels } = await fetchWheels(python, request, work, child, PURPOSE);
  for (const wheel of wheels) await unpackWheel(interpreter, wheel, join(work, "wheel"), child);
}

/** Library, headers, layout and licence in a folder of their own, which is renamed to its place. */
function install(wheel: string, version: string, work: string, target: string): string {
  const library = findLibrary(join(wheel, "mujoco"));
  if (library === null) throw new Error("its wheel holds no library for this platform");
  const fresh = join(work, "fresh");
  const headers = join(wheel, "mujoco", "include", "mujoco");
  const include = join(fresh, "include", "mujoco");
  mkdirSync(include, { recursive: true });
  for (const name of LAYOUT_HEADERS) {
    if (existsSync(join(headers, name))) copyFileSync(join(headers, name), join(include, name));
  }
  copyFileSync(library, join(fresh, basename(library)));
  copyLicences(wheel, fresh);
  writeFileSync(join(fresh, LAYOUT_FILE), JSON.stringify(deriveLayout(readHeaders(include))));
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  return join(target, basename(library));
}

function copyLicences(wheel: string, fresh: string): void {
  const info = readdirSync(wheel).find((name) => name.endsWith(".dist-info"));
  if (info === undefined) return;
  for (const file of readdirSync(join(wheel, info), { recursive: true, encoding: "utf8" })) {
    if (basename(file).startsWith("LICENSE")) copyFileSync(join(wheel, info, file), join(fresh, basename(file)));
  }
}
