import { join } from "node:path";
import { runChild, type ChildOptions } from "./child.ts";
import { PackError, pullCommand } from "./pack-error.ts";

const OLDEST = [3, 10] as const;
/** Tried in this order where neither the caller nor MYOSERVE_PYTHON names an interpreter. */
const CANDIDATES = ["python3", "python", "python3.13", "python3.12", "python3.11"];
const VERSION_SCRIPT = "import sys; print('.'.join(map(str, sys.version_info[:3])))";

/** What Python is needed for, as error sentences say it. */
export interface Purpose {
  /** e.g. "The model pack" */
  readonly what: string;
  /** Command to run again. */
  readonly command: string;
}

export const PACK_PURPOSE: Purpose = { what: "The model pack", command: pullCommand("myosuite") };

/**
 * The interpreter to make private environments with.
 * @throws PackError PACK_FAILED that says what was found and what to install or set.
 */
export async function findPython(
  wanted: string | undefined,
  options: ChildOptions,
  { what, command: again }: Purpose = PACK_PURPOSE,
): Promise<string> {
  const named = wanted ?? options.env["MYOSERVE_PYTHON"];
  const seen: string[] = [];
  for (const command of named ? [named] : CANDIDATES) {
    const version = await pythonVersion(command, options);
    options.signal.throwIfAborted();
    if (version !== null && isNewEnough(version)) return command;
    if (version !== null) seen.push(`${command} is Python ${version}`);
  }
  const why = named
    ? `${named} is no usable Python (${seen[0] ?? "it cannot be run"})`
    : `no Python was found (${seen.join(", ") || `tried ${CANDIDATES.join(", ")}`})`;
  throw new PackError(
    "PACK_FAILED",
    `${what} needs Python ${OLDEST.join(".")} or newer once, and ${why}; ` +
      `install it or set MYOSERVE_PYTHON, then run: ${again}`,
  );
}

async function pythonVersion(command: string, options: ChildOptions): Promise<string | null> {
  const lines: string[] = [];
  const { status } = await runChild(command, ["-c", VERSION_SCRIPT], {
    ...options,
    onLine: (line) => lines.push(line.trim()),
  });
  const version = lines.at(-1);
  return status === 0 && version !== undefined && /^\d+\.\d+/.test(version) ? version : null;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** Environment for a private Python: nothing of the user's own site, no prompts. */
export function pythonEnvironment(env: ChildOptions["env"]): Record<string, string | undefined> {
  const own = ["PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"];
  const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !own.includes(name)));
  return {
    ...rest,
    PYTHONNOUSERSITE: "1",
    PYTHONUTF8: "1",
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
    PIP_NO_INPUT: "1",
    PIP_USER: "0",
  };
}

/**
 * A private environment without packages.
 * @returns its interpreter
 * @throws PackError PACK_FAILED when `venv` is missing.
 */
export async function makeVenv(
  python: string,
  folder: string,
  options: ChildOptions,
  { command }: Purpose = PACK_PURPOSE,
): Promise<string> {
  const made = await runChild(python, ["-m", "venv", folder], options);
  options.signal.throwIfAborted();
  if (made.status !== 0) {
    throw new PackError(
      "PACK_FAILED",
      `${python} could not make a private environment (${lastLine(made.complaint)}); install its venv module ` +
        `(Debian and Ubuntu: apt install python3-venv) or set MYOSERVE_PYTHON, then run: ${command}`,
    );
  }
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

/**
 * A private environment with hash-locked packages.
 * @returns its interpreter
 * @throws PackError PACK_FAILED when `venv` is missing or the packages cannot be fetched.
 */
export async function makeEnvironment(
  python: string,
  folder: string,
  requirements: string,
  options: ChildOptions,
  purpose: Purpose = PACK_PURPOSE,
): Promise<string> {
  const interpreter = await makeVenv(python, folder, options, purpose);
  const install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", requirements];
  const installed = await runChild(interpreter, install, options);
  options.signal.throwIfAborted();
  if (installed.status !== 0) {
    const what = purpose.what.replace(/^The /, "The packages of the ");
    throw pipError(installed.complaint, { ...purpose, what });
  }
  return interpreter;
}

/** A sentence for what pip says. */
export function pipError(complaint: string, { what, command }: Purpose): PackError {
  const offline =
    /connection|resolve|network|timed? ?out|proxy|ssl|certificate|retrying|no matching distribution/i.test(complaint);
  const why = offline
    ? "the Python package index cannot be reached; check the network or pip's index settings"
    : `pip says: ${lastLine(complaint)}`;
  return new PackError("PACK_FAILED", `${what} could not be installed (${why}); mend that, then run: ${command}`);
}

/** The last line of a program's complaint that says something. */
export function lastLine(complaint: string): string {
  const lines = complaint.split("\n").map((line) => line.trim());
  return lines.findLast((line) => line !== "" && !line.startsWith("[notice]")) ?? "no message";
}
