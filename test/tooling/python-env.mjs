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
 * @returns {string | null} the environment's python, null when it could not be made
 */
export function pythonEnvironment(root, venv, requirements, flags = []) {
  const python = path.join(venv, process.platform === "win32" ? "Scripts" : "bin", "python");
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const stamp = path.join(venv, "requirements.sha256");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return python;
  rmSync(venv, { recursive: true, force: true });
  const steps = [
    [process.env.MYOSERVE_PYTHON ?? "python3", ["-m", "venv", venv]],
    [python, ["-m", "pip", "install", "-q", ...flags, "-r", requirements]],
    [python, ["-m", "pip", "install", "-q", "-e", path.join(root, "clients/python")]],
  ];
  for (const [command, args] of steps) {
    if (spawnSync(command, args, { stdio: "inherit", cwd: root }).status !== 0) {
      console.error(`${command} ${args.join(" ")} failed; Python 3.10 or newer with venv and pip is needed.`);
      return null;
    }
  }
  writeFileSync(stamp, digest);
  return python;
}
