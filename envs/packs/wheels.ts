import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild, type ChildOptions, type ChildResult } from "./child.ts";
import { lastLine, makeVenv, pipError, type Purpose } from "./python.ts";

/** A wheel of the Python package index. */
export interface WheelPin {
  /** Name of the package in the index. */
  readonly name: string;
  readonly version: string;
  /** Of the wheels that are accepted; none: whatever the index has. */
  readonly sha256: readonly string[];
}

export interface WheelRequest {
  readonly pins: readonly WheelPin[];
  /** Python whose wheels are pinned, e.g. "3.11"; null for the interpreter's own. */
  readonly pythonVersion: string | null;
}

/** What pip stored. */
export interface FetchedWheels {
  /** Interpreter that has pip and can unpack. */
  readonly interpreter: string;
  /** Paths, in pip's order of names. */
  readonly wheels: readonly string[];
}

/**
 * Downloads wheels into `<work>/wheels`, each checked against its hashes, without what they depend on.
 * @throws PackError PACK_FAILED that says what pip complained about.
 */
export async function fetchWheels(
  python: string,
  request: WheelRequest,
  work: string,
  child: ChildOptions,
  purpose: Purpose,
): Promise<FetchedWheels> {
  const { pins, pythonVersion } = request;
  const folder = join(work, "wheels");
  mkdirSync(folder);
  const requirements = join(work, "requirements.txt");
  const line = ({ name, version, sha256 }: WheelPin): string =>
    `${name}==${version}${sha256.map((hash) => ` --hash=sha256:${hash}`).join("")}\n`;
  writeFileSync(requirements, pins.map(line).join(""));
  const download = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder];
  if (pins.some(({ sha256 }) => sha256.length > 0)) download.push("--require-hashes");
  if (pythonVersion !== null) download.push("--python-version", pythonVersion, "--implementation", "cp");
  download.push("-r", requirements);
  let interpreter = python;
  let downloaded = await runChild(interpreter, download, child);
  if (lacksPip(downloaded)) {
    interpreter = await makeVenv(python, join(work, "venv"), child, purpose);
    downloaded = await runChild(interpreter, download, child);
  }
  child.signal.throwIfAborted();
  if (downloaded.status !== 0) throw pipError(downloaded.complaint, purpose);
  const wheels = readdirSync(folder).filter((file) => file.endsWith(".whl"));
  if (wheels.length === 0) throw new Error("pip stored no wheel");
  return { interpreter, wheels: wheels.map((file) => join(folder, file)) };
}

/** Extracts the members of a wheel whose names begin with one of the prefixes. */
const EXTRACT_SCRIPT = `
import sys, zipfile
wheel, target, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(target, [name for name in archive.namelist() if name.startswith(tuple(prefixes))])
`;

/**
 * Unpacks a wheel.
 * @param prefixes of the members wanted, default all
 */
export async function unpackWheel(
  interpreter: string,
  wheel: string,
  target: string,
  child: ChildOptions,
  prefixes: readonly string[] = [],
): Promise<void> {
  const all = ["-m", "zipfile", "-e", wheel, target];
  const some = ["-c", EXTRACT_SCRIPT, wheel, target, ...prefixes];
  const unpacked = await runChild(interpreter, prefixes.length === 0 ? all : some, child);
  child.signal.throwIfAborted();
  if (unpacked.status !== 0) throw new Error(`the wheel cannot be unpacked: ${lastLine(unpacked.complaint)}`);
}

function lacksPip({ status, complaint }: ChildResult): boolean {
  return status !== 0 && /No module named '?pip/.test(complaint);
}
