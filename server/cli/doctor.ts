import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { libraryOf, type TensorBackend } from "../../agents/core/tensor/backend.ts";
import { REFERENCE_UPDATE, timeReferenceUpdate } from "../../agents/core/tensor/reference-update.ts";
import { openTensors } from "../../agents/core/tensor/tfjs.ts";
import { cacheDir, stateDir } from "../../envs/packs/places.ts";
import { openPack } from "../../envs/packs/manifest.ts";
import { catalog } from "../environments.ts";
import { hasCard } from "../tensorflow/card.ts";
import { openSetup, SETUP_COMMAND } from "../tensorflow/setup-tensorflow.ts";
import { defaultUserDir, userFolder } from "../user-folder.ts";
import { printJson, printTable } from "./json.ts";

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do, where something is wrong. */
  readonly remedy: string | null;
}

const fine = (check: string, found: string): Finding => ({ check, ok: true, found, remedy: null });
const wrong = (check: string, found: string, remedy: string): Finding => ({ check, ok: false, found, remedy });

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 11)) return fine("node", process.version);
  return wrong("node", process.version, "install Node 20.11 or newer");
}

async function checkEngine(): Promise<Finding> {
  try {
    const host = await catalog.openHost("wasm");
    return fine("engine", host.engine);
  } catch (error) {
    return wrong("engine", error instanceof Error ? error.message : String(error), "run npm ci again");
  }
}

function checkPython(): Finding {
  const command = process.env["MYOSERVE_PYTHON"] ?? "python3";
  const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  const version = /3\.(\d+)/.exec(stdout);
  const minor = Number(version?.[1] ?? 0);
  if (status === 0 && minor >= 11 && minor <= 13) return fine("python", stdout.trim());
  const found = status === 0 ? stdout.trim() : `${command} not found`;
  return wrong(
    "python",
    found,
    "install Python 3.11 to 3.13, or name one in MYOSERVE_PYTHON (needed once, for model packs)",
  );
}

function checkPack(): Finding {
  const pack = openPack("myosuite");
  if (pack !== null) return fine("model pack", `myosuite ${pack.version}, ${Object.keys(pack.models).length} models`);
  return wrong(
    "model pack",
    "myosuite is not installed",
    "run npx myoserve models pull myosuite (or use an id: it is pulled then)",
  );
}

/** What stands between learners and the fastest matrix library; a slower one is no fault. */
async function tensorAdvice({ advice, card }: TensorBackend): Promise<string | null> {
  const variant = openSetup()?.variant;
  if (advice !== null || card || variant === undefined) return advice;
  if (variant === "cpu") {
    return (await hasCard()) ? `there is an NVIDIA card that it does not use; run: ${SETUP_COMMAND}` : null;
  }
  return `it was made for an NVIDIA card and finds none; look at nvidia-smi, or run: ${SETUP_COMMAND} --variant cpu`;
}

async function checkTensors(): Promise<Finding> {
  try {
    const backend = await openTensors();
    const time = timeReferenceUpdate(backend).toFixed(1);
    const found = `${libraryOf(backend)}, threads ${backend.threads}, ${time} ms for ${REFERENCE_UPDATE}`;
    const remedy = await tensorAdvice(backend);
    backend[Symbol.dispose]();
    return { check: "tensors", ok: true, found, remedy };
  } catch (error) {
    return wrong("tensors", error instanceof Error ? error.message : String(error), "run npm ci again");
  }
}

function checkFolder(check: string, path: string, variable: string): Finding {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    return fine(check, path);
  } catch {
    return wrong(check, `${path} is not writable`, `set ${variable} to a folder you may write to`);
  }
}

/** Files of the user's own environments; nothing where there is no folder of them. */
function checkUserFolder(): Finding[] {
  const folder = defaultUserDir();
  if (folder === null) return [];
  const { tasks, faults } = userFolder(folder);
  const found = `${tasks.length} tasks in ${folder}`;
  if (faults.length === 0) return [fine("your envs", found)];
  return faults.map(({ error }) => wrong("your envs", found, error.message));
}

async function doctor({ json }: { readonly json: boolean }): Promise<void> {
  const findings = [
    checkNode(),
    await checkEngine(),
    fine("workers", `${availableParallelism()} cores`),
    checkPython(),
    checkPack(),
    await checkTensors(),
    checkFolder("cache", cacheDir(), "MYOSERVE_CACHE"),
    checkFolder("state", stateDir(), "MYOSERVE_HOME"),
    ...checkUserFolder(),
  ];
  const sound = findings.every(({ ok }) => ok);
  if (!sound) process.exitCode = 1;
  if (json) {
    printJson({ ok: sound, findings });
    return;
  }
  printTable(
    findings.map(({ check, ok, found, remedy }) => [
      ok ? "ok" : "--",
      check,
      remedy === null ? found : `${found}: ${remedy}`,
    ]),
  );
}

export function addDoctorCommand(root: Command): void {
  root
    .command("doctor")
    .description("check what the server needs and say what to do")
    .option("--json", "print JSON", false)
    .action(doctor);
}
