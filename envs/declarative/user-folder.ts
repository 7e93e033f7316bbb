import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MyoError } from "../../protocol/errors.ts";
import { openPack } from "../packs/manifest.ts";
import { userDefinition, type UserTask } from "./definition.ts";
import { parseTaskFile } from "./task-file.ts";

/** Bytes of the largest task file. */
const MAX_BYTES = 1024 * 1024;

/** A file that is no environment, and why. */
export interface UserFault {
  readonly file: string;
  /** The id it asks for, where it can be read. */
  readonly id: string | null;
  readonly error: MyoError;
}

/** What a user's folder holds. */
export interface UserFolder {
  readonly tasks: readonly UserTask[];
  readonly faults: readonly UserFault[];
}

function readJson(folder: string, file: string): unknown {
  const path = join(folder, file);
  const { size } = statSync(path);
  if (size > MAX_BYTES) {
    throw new MyoError(
      "BAD_OPTIONS",
      `${file} has ${size} bytes, but a task file has at most ${MAX_BYTES}; shorten it.`,
    );
  }
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MyoError("BAD_OPTIONS", `${file} is no JSON (${reason}); mend it there.`);
  }
}

function idOf(value: unknown): string | null {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : null;
  return typeof id === "string" ? id : null;
}

/** Names of the task files: every .json of the folder itself. */
function taskFiles(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.name.endsWith(".json") && !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MyoError(
      "NOT_FOUND",
      `The folder of your environments ${folder} cannot be read (${reason}); make it or name another with --user-dir.`,
    );
  }
}

/**
 * Reads every task file of a folder; one that is wrong becomes a fault and leaves the others alone.
 * @param taken ids that other environments have.
 * @throws MyoError NOT_FOUND where the folder cannot be read.
 */
export function readUserFolder(folder: string, taken: ReadonlySet<string>): UserFolder {
  const tasks: UserTask[] = [];
  const faults: UserFault[] = [];
  for (const file of taskFiles(folder)) {
    let value: unknown;
    try {
      value = readJson(folder, file);
      const task = parseTaskFile(value, file);
      checkId(task.id, file, taken, tasks);
      const user = { folder, file, task };
      checkModel(user);
      tasks.push(user);
    } catch (error) {
      if (!(error instanceof MyoError)) throw error;
      faults.push({ file, id: idOf(value), error });
    }
  }
  return { tasks, faults };
}

function checkId(id: string, file: string, taken: ReadonlySet<string>, tasks: readonly UserTask[]): void {
  const other = tasks.find(({ task }) => task.id === id);
  const owner = other?.file ?? (taken.has(id) ? "MyoServe itself" : null);
  if (owner === null) return;
  throw new MyoError("BAD_OPTIONS", `${file} has the id "${id}", which ${owner} has already; choose another.`);
}

/** Whether an installed pack can be looked into now; one that is damaged is told about when it is used. */
function isInstalled(pack: string): boolean {
  try {
    return openPack(pack) !== null;
  } catch {
    return false;
  }
}

/** The model's files must be there, unless they belong to a pack that is pulled at first use. */
function checkModel(user: UserTask): void {
  const definition = userDefinition(user);
  if (definition.pack === null || isInstalled(definition.pack)) definition.source({}, "full");
}
