#!/usr/bin/env node
// The command `myoserve`: builds dist/ where a checkout has none yet, then runs it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const main = new URL("dist/server/cli/main.js", root);
if (!existsSync(main)) {
  const compiler = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  if (!existsSync(compiler)) {
    console.error("myoserve is not built; run npm ci in its checkout first.");
    process.exit(1);
  }
  console.error("building dist/ (once)");
  // The caller's standard output belongs to the command.
  const { status } = spawnSync(process.execPath, [compiler, "-b", fileURLToPath(root)], { stdio: ["ignore", 2, 2] });
  if (status !== 0 && !existsSync(main)) process.exit(1);
}
await import(main.href);
