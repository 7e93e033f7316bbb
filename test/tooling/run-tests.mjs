/**
 * The whole test run: build, generated files, model pack, native library, MyoSuite to compare with, vitest, pytest, checks.
 * Prints `N passed, N failed[, N skipped]` alone on its last line; exits 1 on any failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "./python-env.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const GOLDEN = process.env.MYOSERVE_GOLDEN ?? path.join(ROOT, "../shared/golden");
const SCRATCH = mkdtempSync(path.join(tmpdir(), "myoserve-test-"));
/** A test never writes to the user's state; the cache (model packs) is shared for good. */
const ENV = {
  ...process.env,
  MYOSERVE_HOME: path.join(SCRATCH, "home"),
  MYOSERVE_SERVER_DIR: ROOT,
  PYTHONDONTWRITEBYTECODE: "1",
};

const total = { passed: 0, failed: 0, skipped: 0 };

function run(title, command, args, options = {}) {
  console.log(`\n=== ${title}`);
  const { status } = spawnSync(command, args, { cwd: ROOT, env: ENV, stdio: "inherit", ...options });
  return status === 0;
}

/** A stage without tests of its own counts as one. */
function stage(title, command, args, options) {
  const ok = run(title, command, args, options);
  total[ok ? "passed" : "failed"] += 1;
  return ok;
}

function vitest() {
  const report = path.join(SCRATCH, "vitest.json");
  const failedBefore = total.failed;
  const ok = run("vitest", process.execPath, [
    path.join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "--config=test/tooling/vitest.config.mjs",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  if (!existsSync(report)) {
    total.failed += 1;
    return;
  }
  const result = JSON.parse(readFileSync(report, "utf8"));
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests;
  total.skipped += result.numPendingTests + (result.numTodoTests ?? 0);
  const brokenFiles = result.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  total.failed += brokenFiles.length;
  if (existsSync(path.join(GOLDEN, "myosuite"))) failSkippedParity(result);
  failUnreported(ok && result.numTotalTests > 0, failedBefore);
}

/** A runner that ended badly although every test it reported passed: an unhandled error, or no test at all. */
function failUnreported(ok, failedBefore) {
  if (!ok && total.failed === failedBefore) total.failed += 1;
}

/** With the recordings at hand a test against them that skips is a failure. */
function failSkippedParity(result) {
  for (const file of result.testResults) {
    if (!file.name.split(path.sep).some((folder) => folder === "parity" || folder === "random")) continue;
    for (const test of file.assertionResults) {
      if (test.status === "passed" || test.status === "failed") continue;
      console.error(`parity test skipped though the recordings are there: ${test.fullName}`);
      total.failed += 1;
      total.skipped -= 1;
    }
  }
}

function pytest() {
  const client = path.join(ROOT, "clients/python");
  const python = pythonEnvironment(ROOT, path.join(ROOT, ".test-venv"), path.join(client, "requirements-test.txt"));
  if (python === null) {
    total.failed += 1;
    return;
  }
  const report = path.join(SCRATCH, "pytest.xml");
  const args = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--ignore=tests/ecosystem", `--junitxml=${report}`];
  const failedBefore = total.failed;
  const ok = run("pytest", python, args, { cwd: client });
  const suite = existsSync(report) ? /<testsuite [^>]*>/.exec(readFileSync(report, "utf8"))?.[0] : undefined;
  if (suite === undefined) {
    total.failed += 1;
    return;
  }
  const count = (name) => Number(new RegExp(`${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  total.failed += failed;
  total.skipped += count("skipped");
  total.passed += count("tests") - failed - count("skipped");
  failUnreported(ok && count("tests") > 0, failedBefore);
}

function main() {
  if (!stage("build", process.execPath, ["node_modules/typescript/bin/tsc", "-b"])) return;
  stage("generated files", process.execPath, ["dist/protocol/tooling/generate.js", "--check"]);
  stage("model pack", process.execPath, ["dist/server/cli/main.js", "models", "pull", "myosuite"]);
  stage("native library", process.execPath, ["dist/server/cli/main.js", "models", "pull", "libmujoco"]);
  stage("MyoSuite to compare with", process.execPath, ["dist/server/cli/main.js", "parity", "--setup"]);
  vitest();
  pytest();
  stage("checks", "npm", ["run", "--silent", "check"]);
}

try {
  main();
} finally {
  rmSync(SCRATCH, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
