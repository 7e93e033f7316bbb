/** ruff and mypy --strict over every Python file of the project. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "./python-env.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const CLIENT = path.join(ROOT, "clients/python");
const CONFIG = path.join(CLIENT, "pyproject.toml");
const python = pythonEnvironment(ROOT, path.join(ROOT, ".test-venv"), path.join(CLIENT, "requirements-test.txt"));
if (python === null) process.exit(1);

const OTHERS = ["envs/packs", "test/bench/peers", "test/random"].map((folder) => path.join(ROOT, folder));
const CHECKS = [
  ["ruff", "check", "--config", CONFIG, CLIENT, ...OTHERS],
  ["ruff", "format", "--check", "--config", CONFIG, CLIENT, ...OTHERS],
  ["mypy", "--config-file", CONFIG],
];
for (const args of CHECKS) {
  const { status } = spawnSync(python, ["-m", ...args], { cwd: CLIENT, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
