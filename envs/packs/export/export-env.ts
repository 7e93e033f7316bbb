import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { projectFile } from "../../project-file.ts";
import { runChild } from "../child.ts";
import { guardSignals, runAll } from "../guard.ts";
import { openPack, type PackManifest } from "../manifest.ts";
import { PackError } from "../pack-error.ts";
import { makePrivateEnvironment, type EnvironmentOptions, type PrivateEnvironment } from "../private-environment.ts";
import { findPython, lastLine, pythonEnvironment } from "../python.ts";
import { verifyPack } from "../verify.ts";

/** What is exported, and where to. */
export interface ExportOptions extends EnvironmentOptions {
  /** A Gymnasium id, with its package before it where it must be imported first: `gymnasium_robotics:FetchReach-v4`. */
  readonly id: string;
  /** Folder that gets the pack's folder. */
  readonly out: string;
  /** Interpreter in which the environment is installed; a private one with Gymnasium's own where absent. */
  readonly python?: string;
  /** Export the model as it was compiled, before the environment's constructor edited it. */
  readonly asCompiled?: boolean;
}

/** What an export has written. */
export interface ExportedPack {
  readonly pack: PackManifest;
  readonly folder: string;
}

const FOLDER = "envs/packs/export";
const command = (id: string): string => `npx myoserve models export ${id}`;
const script = (): string => fileURLToPath(projectFile(`${FOLDER}/export_env.py`));

const environment = (id: string): PrivateEnvironment => ({
  name: "export",
  requirements: fileURLToPath(projectFile(`${FOLDER}/requirements.txt`)),
  purpose: { what: "The export of an environment", command: command(id) },
  contents: "Gymnasium and Gymnasium-Robotics with MuJoCo 3.4.0 (180 MB)",
});

/** Name of the pack of an id: `gymnasium_robotics:FetchReach-v4` is `fetchreach-v4`. */
export function packNameOf(id: string): string {
  return (id.split(":").at(-1) ?? id).toLowerCase().replace(/[^a-z0-9_.-]+/g, "-");
}

interface ScriptEvent {
  readonly event: string;
  readonly message: string;
}

function parseEvent(line: string): ScriptEvent | null {
  if (!line.startsWith("{")) return null;
  try {
    const { event = "", message = "" } = JSON.parse(line) as Partial<ScriptEvent>;
    return { event, message };
  } catch {
    return null; // something else that an environment printed
  }
}

/** Environment variables for the exporter: the user's own interpreter keeps its paths, the private one none. */
function variables({ python, env = process.env }: ExportOptions): Readonly<Record<string, string | undefined>> {
  return python === undefined ? pythonEnvironment(env) : { ...env, PYTHONUTF8: "1" };
}

/** The private interpreter that exports where none is named; made at first use. @throws PackError PACK_FAILED. */
export function exportPython(id: string, options: EnvironmentOptions = {}): Promise<string> {
  return makePrivateEnvironment(environment(id), options);
}

async function interpreterOf(options: ExportOptions, signal: AbortSignal): Promise<string> {
  const { id, python } = options;
  if (python === undefined) return exportPython(id, { ...options, signal });
  return findPython(python, { env: variables(options), signal }, environment(id).purpose);
}

async function runExport(options: ExportOptions, work: string, signal: AbortSignal): Promise<void> {
  const { id, asCompiled = false, onProgress } = options;
  const interpreter = await interpreterOf(options, signal);
  let failure: string | undefined;
  const onLine = (line: string): void => {
    const said = parseEvent(line);
    if (said?.event === "error") failure = said.message;
    else if (said !== null) onProgress?.(said.message);
  };
  const args = ["--id", id, "--name", packNameOf(id), "--out", work, ...(asCompiled ? ["--as-compiled"] : [])];
  const { status, complaint } = await runChild(interpreter, ["-B", script(), ...args], {
    env: variables(options),
    signal,
    onLine,
  });
  signal.throwIfAborted();
  if (status === 0) return;
  throw new PackError("PACK_FAILED", `${id} was not exported (${failure ?? lastLine(complaint)}); run: ${command(id)}`);
}

/**
 * Writes a model pack out of a Gymnasium environment that holds a MuJoCo model; one of the same name is replaced at the
 * end.
 * @throws PackError PACK_FAILED, one sentence.
 */
export async function exportEnv(options: ExportOptions): Promise<ExportedPack> {
  const name = packNameOf(options.id);
  const out = resolve(options.out);
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const cleanups: (() => void)[] = [];
  const unguard = guardSignals(abort, cleanups);
  try {
    mkdirSync(out, { recursive: true });
    const work = mkdtempSync(join(out, `.${name}-`));
    cleanups.push(() => rmSync(work, { recursive: true, force: true, maxRetries: 3 }));
    const fresh = join(work, name);
    await runExport(options, fresh, signal);
    const pack = openPack(name, work);
    if (pack === null) throw new PackError("PACK_FAILED", `The export of ${options.id} wrote no manifest.`);
    await verifyPack(pack, work);
    const folder = join(out, name);
    if (existsSync(folder)) renameSync(folder, join(work, "old"));
    renameSync(fresh, folder);
    return { pack, folder };
  } catch (error) {
    if (error instanceof PackError) throw error;
    const why = signal.aborted ? "it was interrupted" : error instanceof Error ? error.message : String(error);
    const sentence = `${options.id} was not exported (${why}); run: ${command(options.id)}`;
    throw new PackError("PACK_FAILED", sentence, { cause: error });
  } finally {
    unguard();
    runAll(cleanups);
  }
}
