import type { Command } from "commander";
import { libmujocoFolder, openLibmujoco, wantedVersion } from "../../envs/packs/libmujoco/installed.ts";
import { pullLibmujoco } from "../../envs/packs/libmujoco/pull-libmujoco.ts";
import { exportEnv } from "../../envs/packs/export/export-env.ts";
import { starterTask } from "../../envs/packs/export/starter-task.ts";
import { openPack, packPath } from "../../envs/packs/manifest.ts";
import type { PullProgress } from "../../envs/packs/install.ts";
import { OSTRICH_PACK } from "../../envs/packs/ostrich/models.ts";
import { pullOstrich } from "../../envs/packs/ostrich/pull-ostrich.ts";
import { pullCommand } from "../../envs/packs/pack-error.ts";
import { pullPack } from "../../envs/packs/pull.ts";
import { MyoError } from "../../protocol/errors.ts";
import { userPacksDir } from "../user-folder.ts";
import { printJson, printTable } from "./json.ts";

const PACKS = ["myosuite", OSTRICH_PACK] as const;
type PackName = (typeof PACKS)[number];

interface PackState {
  readonly name: string;
  readonly installed: boolean;
  readonly version: string | null;
  readonly models: number;
  readonly path: string;
}

function stateOf(name: PackName): PackState {
  const pack = openPack(name);
  const models = pack === null ? 0 : Object.keys(pack.models).length;
  return { name, installed: pack !== null, version: pack?.version ?? null, models, path: packPath(name) };
}

/** The library of the native engine is pulled like a pack. */
const LIBRARY = "libmujoco";

function libraryState(): PackState {
  const version = wantedVersion();
  const installed = openLibmujoco(version) !== null;
  return { name: LIBRARY, installed, version, models: 0, path: libmujocoFolder(version) };
}

function list({ json }: { readonly json: boolean }): void {
  const packs = [...PACKS.map(stateOf), libraryState()];
  if (json) printJson({ packs });
  else {
    const rows = packs.map((pack) => [
      pack.name,
      pack.installed ? "installed" : "not installed",
      pack.name === LIBRARY ? `MuJoCo ${pack.version}` : `${pack.models} models`,
      pack.path,
    ]);
    printTable([["name", "state", "models", "path"], ...rows]);
  }
}

function packNamed(name: string): PackName {
  const found = PACKS.find((pack) => pack === name);
  if (found !== undefined) return found;
  throw new MyoError("MODEL_MISSING", `There is no model pack "${name}"; known: ${[...PACKS, LIBRARY].join(", ")}.`);
}

function printProgress({ stage, done, total, message }: PullProgress): void {
  const count = total > 0 ? ` ${done}/${total}` : "";
  console.error(`${stage}${count}  ${message}`);
}

async function pullLibrary(json: boolean): Promise<void> {
  const path = await pullLibmujoco({ onProgress: printProgress });
  if (json) printJson(libraryState());
  else console.log(`MuJoCo ${wantedVersion()} for --engine native: ${path}`);
}

interface PullFlags {
  readonly json: boolean;
  readonly force: boolean;
  readonly from?: string;
}

async function makePack(pack: PackName, { force, from }: PullFlags): Promise<void> {
  if (pack === OSTRICH_PACK) {
    if (from === undefined) {
      const sentence = `The model pack ${pack} is made out of a folder that --from names`;
      throw new MyoError("MODEL_MISSING", `${sentence}; run: ${pullCommand(pack)}`);
    }
    await pullOstrich({ from, force, onProgress: printProgress });
    return;
  }
  if (from !== undefined) throw new MyoError("BAD_OPTIONS", `The model pack ${pack} takes no --from; leave it out.`);
  await pullPack(pack, { force, onProgress: printProgress });
}

async function pull(name: string, flags: PullFlags): Promise<void> {
  const { json } = flags;
  if (name === LIBRARY) return pullLibrary(json);
  const pack = packNamed(name);
  await makePack(pack, flags);
  if (json) printJson(stateOf(pack));
  else console.log(`Model pack ${name}: ${stateOf(pack).models} models in ${packPath(pack)}`);
}

interface ExportFlags {
  readonly out: string;
  readonly python?: string;
  readonly asCompiled: boolean;
  readonly json: boolean;
}

async function exportModel(id: string, { json, ...options }: ExportFlags): Promise<void> {
  const { pack, folder } = await exportEnv({ id, ...options, onProgress: (line) => console.error(line) });
  const task = starterTask(pack);
  if (json) {
    printJson({ name: pack.name, folder, models: pack.models, gymnasium: pack.gymnasium, task });
    return;
  }
  const [model] = Object.values(pack.models);
  console.log(
    `Model pack ${pack.name}: nq ${model?.nq ?? 0}, nu ${model?.nu ?? 0}, equal to the live model, in ${folder}`,
  );
  console.log(`\nA task file to start from, beside the folder of the packs (envs/README.md):\n`);
  printJson(task);
}

export function addModelsCommand(root: Command): void {
  const models = root.command("models").description("list and install model packs");
  models.command("list").description("list the model packs").option("--json", "print JSON", false).action(list);
  models
    .command("pull <name>")
    .description("make a model pack in the cache (myosuite needs Python 3.11 to 3.13 and a package registry, once)")
    .option("--from <folder>", "ostrich: your clone of github.com/vittorione94/ostrichrl")
    .option("--force", "make it again although it is installed", false)
    .option("--json", "print JSON", false)
    .action(pull);
  models
    .command("export <id>")
    .description(
      "write a model pack out of any Gymnasium environment that holds a MuJoCo model, and check that it equals the live one",
    )
    .option("--out <folder>", "folder that gets the pack", userPacksDir())
    .option(
      "--python <path>",
      "interpreter in which the environment is installed (default: a private one with Gymnasium's)",
    )
    .option("--as-compiled", "the model as it was before the environment's constructor edited it", false)
    .option("--json", "print JSON", false)
    .action(exportModel);
}
