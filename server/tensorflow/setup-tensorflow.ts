import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { ADDON_FILE, packageFolder, TENSORFLOW_VERSION, tensorflowFolder } from "../../agents/core/tensor/addon.ts";
import type { ChildOptions } from "../../envs/packs/child.ts";
import { guardSignals, runAll } from "../../envs/packs/guard.ts";
import { takeLock } from "../../envs/packs/lock.ts";
import { PackError } from "../../envs/packs/pack-error.ts";
import { findPython, pythonEnvironment, type Purpose } from "../../envs/packs/python.ts";
import { fetchWheels, unpackWheel } from "../../envs/packs/wheels.ts";
import { hasCard } from "./card.ts";
import { checkAddon, compileAddon } from "./compile.ts";
import { WHEEL_PYTHON, wheelsFor, type Variant } from "./recipe.ts";

export interface SetupOptions {
  /** Default: cuda where `nvidia-smi` lists a card, else cpu. */
  readonly variant?: Variant;
  /** Make it again although it is there. */
  readonly force?: boolean;
  readonly onProgress?: (line: string) => void;
  /** Interpreter to use, before MYOSERVE_PYTHON. */
  readonly python?: string;
  readonly signal?: AbortSignal;
  /** Where MYOSERVE_CACHE, MYOSERVE_PYTHON, CXX and pip's own variables are read; default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What is in the folder of a finished setup. */
export interface TensorflowSetup {
  readonly variant: Variant;
  readonly tensorflow: string;
  /** Version of the npm package whose sources were compiled. */
  readonly addon: string;
  /** Of how they were compiled. */
  readonly recipe: number;
}

export const SETUP_COMMAND = "npx myoserve setup tensorflow";
/** Raised whenever the same versions are compiled in another way. */
const RECIPE = 2;
const PURPOSE: Purpose = { what: "TensorFlow", command: SETUP_COMMAND };
const SETUP_FILE = "setup.json";
const HEADERS = "tensorflow/include/";
const LIBRARIES = ["tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2"];
const LICENCES = ["tensorflow/THIRD_PARTY_NOTICES.txt", "tensorflow/include/LICENSE"];
const CUDA_LIBRARIES = "nvidia/";
/** Versioned libraries, without the second builds that some wheels hold beside the first. */
const CUDA_LIBRARY = /^(?!.*\.alt\.).*\.so(\.\d+)+$/;

/** The finished setup of the cache, null where there is none. */
export function openSetup(env?: SetupOptions["env"]): TensorflowSetup | null {
  const file = join(tensorflowFolder(env), SETUP_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as TensorflowSetup) : null;
}

/**
 * Makes TensorFlow's library and the addon in the cache: wheels of the Python package index, the addon compiled out of
 * the npm package's sources, a check that it computes, atomic rename. A second call waits for the first.
 * @returns path of the addon
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function setupTensorflow(options: SetupOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const report = options.onProgress ?? ((): void => undefined);
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const child = { env: pythonEnvironment(env), signal };
  const cleanups: (() => void)[] = [];
  const unguard = guardSignals(abort, cleanups);
  try {
    const wanted = await recipe(options.variant, child);
    const folder = tensorflowFolder(env);
    const addon = join(folder, ADDON_FILE);
    const ready = (): boolean => options.force !== true && isSame(openSetup(env), wanted) && existsSync(addon);
    if (ready()) return addon;
    const onWait = (): void => report("another process is setting it up");
    cleanups.push(await takeLock(join(dirname(folder), ".lock"), { signal, onWait }));
    if (!ready()) await make(wanted, folder, { python: options.python, child, report, cleanups });
    return addon;
  } catch (error) {
    if (error instanceof PackError) throw error;
    const why = signal.aborted ? "it was interrupted" : error instanceof Error ? error.message : String(error);
    throw new PackError("PACK_FAILED", `TensorFlow was not set up (${why}); then run: ${SETUP_COMMAND}`, {
      cause: error,
    });
  } finally {
    unguard();
    runAll(cleanups);
  }
}

async function recipe(variant: Variant | undefined, child: ChildOptions): Promise<TensorflowSetup> {
  const source = packageFolder();
  if (source === null) throw new Error("the npm package @tensorflow/tfjs-node-gpu is not installed; run npm ci");
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as { version: string };
  const chosen = variant ?? ((await hasCard(child)) ? "cuda" : "cpu");
  return { variant: chosen, tensorflow: TENSORFLOW_VERSION, addon: version, recipe: RECIPE };
}

const isSame = (made: TensorflowSetup | null, wanted: TensorflowSetup): boolean =>
  made !== null &&
  made.variant === wanted.variant &&
  made.tensorflow === wanted.tensorflow &&
  made.addon === wanted.addon &&
  made.recipe === wanted.recipe;

interface Place {
  readonly python: string | undefined;
  readonly child: ChildOptions;
  readonly report: (line: string) => void;
  readonly cleanups: (() => void)[];
}

/** With the lock in hand: makes the folder beside its place and renames it. */
async function make(
  wanted: TensorflowSetup,
  folder: string,
  { python, child, report, cleanups }: Place,
): Promise<void> {
  const pins = wheelsFor(wanted.variant);
  if (pins === null) {
    const place = `${process.platform} ${process.arch}`;
    throw new Error(
      `there is no recipe for ${wanted.variant} on ${place}; where the internet is reachable run ` +
        `npm rebuild @tensorflow/tfjs-node-gpu --ignore-scripts=false instead`,
    );
  }
  const root = dirname(folder);
  mkdirSync(root, { recursive: true });
  removeLeftovers(root);
  const work = mkdtempSync(join(root, ".work-"));
  cleanups.push(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));
  report("looking for Python");
  const found = await findPython(python, child, PURPOSE);
  const size = wanted.variant === "cuda" ? "3 GB" : "0.3 GB";
  report(`fetching TensorFlow ${wanted.tensorflow} (${wanted.variant}, ${size}) from the Python package index`);
  const request = { pins, pythonVersion: WHEEL_PYTHON };
  const { interpreter, wheels } = await fetchWheels(found, request, work, child, PURPOSE);
  report("unpacking its libraries and headers");
  const unpacked = join(work, "unpacked");
  const members = [HEADERS, ...LIBRARIES, ...LICENCES, CUDA_LIBRARIES];
  for (const wheel of wheels) await unpackWheel(interpreter, wheel, unpacked, child, members);
  const fresh = join(work, "fresh");
  moveLibraries(unpacked, fresh);
  report("compiling the addon (half a minute)");
  const source = packageFolder() ?? "";
  await compileAddon(source, join(unpacked, HEADERS), fresh, child);
  report("checking that it computes");
  report(`it computes on the ${await checkAddon(join(fresh, ADDON_FILE), child)}`);
  writeFileSync(join(fresh, SETUP_FILE), JSON.stringify(wanted));
  if (existsSync(folder)) renameSync(folder, join(work, "old"));
  renameSync(fresh, folder);
}

/** What a killed setup left: with the lock in hand, nobody else is at work. */
function removeLeftovers(root: string): void {
  for (const entry of readdirSync(root)) {
    if (entry.startsWith(".work-")) rmSync(join(root, entry), { recursive: true, force: true });
  }
}

/** TensorFlow's and CUDA's libraries to deps/lib, licences beside. */
function moveLibraries(unpacked: string, fresh: string): void {
  const lib = join(fresh, "deps", "lib");
  mkdirSync(lib, { recursive: true });
  for (const file of LIBRARIES) {
    if (!existsSync(join(unpacked, file))) throw new Error(`its wheel holds no ${basename(file)}`);
    renameSync(join(unpacked, file), join(lib, basename(file)));
  }
  for (const file of LICENCES) copyFileSync(join(unpacked, file), join(fresh, basename(file)));
  const cuda = join(unpacked, CUDA_LIBRARIES);
  if (!existsSync(cuda)) return;
  for (const file of readdirSync(cuda, { recursive: true, encoding: "utf8" })) {
    if (CUDA_LIBRARY.test(file)) renameSync(join(cuda, file), join(lib, basename(file)));
  }
}
