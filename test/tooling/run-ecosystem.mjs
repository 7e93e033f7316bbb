/** Tests against libraries that drag in torch: `npm run test:ecosystem`. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "./python-env.mjs";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const client = path.join(ROOT, "clients/python");
const requirements = path.join(client, "requirements-ecosystem.txt");
const deprl = path.join(client, "requirements-deprl.txt");
const python = pythonEnvironment(ROOT, path.join(ROOT, ".ecosystem-venv"), requirements, [], deprl);
if (python === null) process.exit(1);
const env = { ...process.env, MYOSERVE_SERVER_DIR: ROOT };
const { status } = spawnSync(python, ["-m", "pytest", "-q", "tests/ecosystem"], { cwd: client, stdio: "inherit", env });
process.exit(status ?? 1);
