/** Private Python environments of tests and benchmarks, rebuilt when their requirement file changes. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * @param {string} root project root
 * @param {string} venv folder of the environment
 * @param {string} requirements pinned requirement file
 * @param {readonly string[]} flags more arguments of pip install
 * @param {string | null} alone requirement file of packages whose own requirements, of Python too, are passed over
 * @returns {string | null} the environment's python, null when it could not be made
 */
export function pythonEnvironment(root, venv, requirements, flags = [], alone = null) {
  const python = path.join(venv, process.platform === "win32" ? "Scripts" : "bin", "python");
  const hash = createHash("sha256").update(readFileSync(requirements));
  if (alone !== null) hash.update(readFileSync(alone));
  const digest = hash.digest("hex");
  const stamp = path.join(venv, "requirements.sha256");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return python;
  rmSync(venv, { recursive: true, force: true });
  const steps = [
    [process.env.MYOSERVE_PYTHON ?? "python3", ["-m", "venv", venv]],
    [python, ["-m", "pip", "install", "-q", ...flags, "-r", requirements]],
    [python, ["-m", "pip", "install", "-q", "-e", path.join(root, "clients/python")]],
  ];
  const passedOver = ["--no-deps", "--ignore-requires-python"];
  if (alone !== null) steps.push([python, ["-m", "pip", "install", "-q", ...passedOver, "-r", alone]]);
  for (const [command, args] of steps) {
    if (spawnSync(command, args, { stdio: "inherit", cwd: root }).status !== 0) {
      console.error(`${command} ${args.join(" ")} failed; Python 3.10 or newer with venv and pip is needed.`);
      return null;
    }
  }
  writeFileSync(stamp, digest);
  return python;
}
