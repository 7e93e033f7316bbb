import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { findPython } from "../../envs/packs/python.ts";
import { cacheDir } from "../../envs/packs/places.ts";
import { MyoError } from "../../protocol/errors.ts";
import { integer } from "./options.ts";

/** The project's folder, from dist/server/cli. */
const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
const CLIENT = join(PROJECT, "clients/python");

function run(command: string, args: readonly string[]): void {
  const { status, signal } = spawnSync(command, args, {
    stdio: "inherit",
    env: { ...process.env, MYOSERVE_SERVER_DIR: PROJECT },
  });
  if (status === 0) return;
  const how = signal ?? `status ${String(status)}`;
  throw new MyoError("INTERNAL", `The demo stopped: ${command} ${args.slice(0, 3).join(" ")} … ended with ${how}.`);
}

/** Python with the client and what draws plot and video, made once per version of its requirements. */
async function demoPython(): Promise<string> {
  const folder = join(cacheDir(), "demo-python");
  const python = process.platform === "win32" ? join(folder, "Scripts/python.exe") : join(folder, "bin/python");
  const digest = createHash("sha256")
    .update(CLIENT)
    .update(readFileSync(join(CLIENT, "pyproject.toml")))
    .digest("hex");
  const stamp = join(folder, "pyproject.sha256");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return python;
  console.log("making a private Python environment for the demo (once) …");
  const { signal } = new AbortController();
  const host = await findPython(undefined, { env: process.env, signal });
  mkdirSync(cacheDir(), { recursive: true });
  run(host, ["-m", "venv", "--clear", folder]);
  run(python, ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-e", `${CLIENT}[demo]`]);
  writeFileSync(stamp, digest);
  return python;
}

export function addDemoCommand(root: Command): void {
  root
    .command("demo")
    .description("DEP, noise and zero action move arm and leg: coverage table, plot and video")
    .option("--steps <n>", "control steps of each trial", integer(10, 1_000_000), 2000)
    .option("--out <folder>", "where plot, video and coverage.json go", "demo-out")
    .option("--json", "print the coverage as JSON", false)
    .action(async ({ steps, out, json }: { readonly steps: number; readonly out: string; readonly json: boolean }) => {
      const python = await demoPython();
      const flags = ["--steps", String(steps), "--out", out, ...(json ? ["--json"] : [])];
      run(python, ["-m", "myoserve.demo", ...flags]);
    });
}
