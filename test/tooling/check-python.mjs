/** ruff and mypy --strict over every Python file of the project. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "./python-env.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const CLIENT = path.join(ROOT, "clients/python");
const python = pythonEnvironment(ROOT, path.join(ROOT, ".test-venv"), path.join(CLIENT, "requirements-test.txt"));
if (python === null) process.exit(1);

const OTHERS = ["envs/packs", "test/bench/peers", "test/agents", "test/parity", "test/random"].map((folder) =>
  path.join(ROOT, folder),
);
/** Scripts beside the TypeScript: the same style without the rules for a published package's docstrings. */
const SCRIPT_STYLE = ["--isolated", "--line-length", "120"];
const SCRIPT_RULES = ["--target-version", "py310", "--select", "B,C4,E,F,SIM,UP,W"];
const CHECKS = [
  ["ruff", "check", "."],
  ["ruff", "format", "--check", "."],
  ["mypy"],
  ["ruff", "check", ...SCRIPT_STYLE, ...SCRIPT_RULES, ...OTHERS],
  ["ruff", "format", "--check", ...SCRIPT_STYLE, ...OTHERS],
];
for (const args of CHECKS) {
  const { status } = spawnSync(python, ["-m", ...args], { cwd: CLIENT, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
