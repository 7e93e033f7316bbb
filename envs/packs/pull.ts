import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.ts";
import { installPack, type InstallOptions, type PackWork } from "./install.ts";
import type { PackManifest } from "./manifest.ts";
import { PackError, pullCommand } from "./pack-error.ts";
import { findPython, lastLine, makeEnvironment, pythonEnvironment } from "./python.ts";

/** Packs that a recipe in Python exports out of packages of the package index. */
export type PackName = "myosuite";

export interface PullOptions extends InstallOptions {
  /** Interpreter to use, before MYOSERVE_PYTHON. */
  readonly python?: string;
}

/**
 * Makes a model pack in the cache with a private Python environment and an export, see `installPack`.
 * @throws PackError PACK_FAILED, one sentence with the command to run.
 */
export async function pullPack(name: PackName, options: PullOptions = {}): Promise<PackManifest> {
  const make = (work: PackWork): Promise<void> => makeWithPython(name, options.python, work);
  return installPack({ name, recipe: recipeOf(name), make }, options);
}

async function makeWithPython(name: PackName, python: string | undefined, place: PackWork): Promise<void> {
  const { work, report } = place;
  const child = { ...place.child, env: pythonEnvironment(place.child.env) };
  report({ stage: "python", done: 0, total: 0, message: "looking for Python" });
  const found = await findPython(python, child);
  report({ stage: "packages", done: 0, total: 0, message: "installing the Python packages of the pack" });
  const requirements = join(recipeFolder(name), "requirements.txt");
  const interpreter = await makeEnvironment(found, join(work, "venv"), requirements, child);
  await runExport(name, interpreter, { ...place, child });
}

async function runExport(name: PackName, interpreter: string, { out, report, child }: PackWork): Promise<void> {
  let failure: string | undefined;
  const onLine = (line: string): void => {
    const event = parseEvent(line);
    if (event?.event === "error") failure = event.message;
    else if (event) report({ stage: event.event === "warning" ? "warning" : "models", ...event });
  };
  const script = join(recipeFolder(name), "export.py");
  const { status, complaint } = await runChild(interpreter, ["-B", "-s", script, "--out", out], { ...child, onLine });
  child.signal.throwIfAborted();
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
