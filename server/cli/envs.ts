import type { Command } from "commander";
import type { EnvSpec, JsonObject } from "../../protocol/env.ts";
import type { Space } from "../../protocol/spaces.ts";
import { USER_FAMILY } from "../../envs/declarative/definition.ts";
import { writePage } from "../../envs/docs/pages.ts";
import { openEngine } from "../../envs/engine/select.ts";
import type { UserFolder } from "../../envs/declarative/user-folder.ts";
import { catalogWith, registryWith } from "../environments.ts";
import { createLog } from "../log.ts";
import { PackInstaller } from "../packs.ts";
import { printJson, printTable } from "./json.ts";
import { userFolder } from "../user-folder.ts";
import { jsonObject, userDirOption } from "./options.ts";

interface EnvsFlags {
  readonly prefix: string;
  readonly json: boolean;
  readonly userDir: string | null;
}

function listEnvironments({ prefix, json, userDir }: EnvsFlags): void {
  const user = userFolder(userDir);
  for (const { error } of user.faults) console.error(`${error.code}: ${error.message}`);
  const catalog = catalogWith(user);
  const entries = catalog
    .list()
    .filter(({ id }) => id.startsWith(prefix))
    .map((entry) => ({ ...entry, installed: entry.pack === null || catalog.installed(entry.pack) }));
  if (json) {
    printJson({ envs: entries });
    return;
  }
  const rows = entries.map(({ id, family, pack, installed, title }) => [
    id,
    family,
    family === USER_FAMILY && pack === null
      ? "your folder"
      : pack === null
        ? "built in"
        : `${pack}${installed ? "" : " (not installed)"}`,
    title,
  ]);
  printTable([["id", "family", "models", "title"], ...rows]);
}

function spaceText(space: Space): string {
  if (space.type === "box") return `Box ${space.dtype} [${space.shape.join(", ")}]`;
  return space.type;
}

function printSpec(spec: EnvSpec): void {
  printTable([
    ["id", spec.id],
    ["title", spec.title],
    ["observation", spaceText(spec.obs_space)],
    ["action", spaceText(spec.act_space)],
    ["control step", `${spec.dt} s (${spec.frame_skip} sub-steps)`],
    ["time limit", spec.max_episode_steps === null ? "none" : `${spec.max_episode_steps} steps`],
    ["engine", spec.engine],
  ]);
  console.log("\nobservation groups");
  printTable(
    Object.entries(spec.obs_keys).map(([name, { shape, unit }]) => [`  ${name}`, `[${shape.join(", ")}]`, unit]),
  );
  console.log(`  available: ${spec.obs_available.join(", ")}`);
  console.log("\nreward terms");
  printTable(
    spec.info_keys.map((key) => [
      `  ${key}`,
      key in spec.reward_weights ? `weight ${spec.reward_weights[key] ?? 0}` : "",
    ]),
  );
  const properties = (spec.kwargs_schema["properties"] ?? {}) as JsonObject;
  console.log("\nkeyword arguments");
  printTable(Object.entries(properties).map(([name, schema]) => [`  ${name}`, JSON.stringify(schema)]));
}

interface DescribeFlags {
  readonly kwargs: JsonObject;
  readonly json: boolean;
  readonly markdown: boolean;
  readonly userDir: string | null;
}

async function printPage(id: string, kwargs: JsonObject, user: UserFolder): Promise<void> {
  using engine = await openEngine("wasm");
  process.stdout.write(writePage(registryWith(user.tasks).find(id), engine, kwargs));
}

async function describe(id: string, flags: DescribeFlags): Promise<void> {
  const user = userFolder(flags.userDir);
  const catalog = catalogWith(user);
  const kwargs = catalog.kwargs(id, flags.kwargs);
  await new PackInstaller(catalog, createLog("info")).ensure(id);
  if (flags.markdown) return printPage(id, flags.kwargs, user);
  const host = await catalog.openHost("wasm");
  using env = host.create(id, kwargs, 0);
  if (flags.json) printJson(env.spec);
  else printSpec(env.spec);
}

export function addEnvsCommand(root: Command): void {
  root
    .command("envs")
    .description("list the environments")
    .option("--prefix <text>", "only ids that start with it", "")
    .addOption(userDirOption())
    .option("--json", "print JSON", false)
    .action(listEnvironments);
}

export function addDescribeCommand(root: Command): void {
  root
    .command("describe <id>")
    .description("print spaces, units, reward terms and keyword arguments of an environment")
    .option("--kwargs <json>", "keyword arguments as a JSON object", jsonObject, {})
    .addOption(userDirOption())
    .option("--json", "print the spec as JSON", false)
    .option("--markdown", "print its page: reward formula, start, end, units of every element", false)
    .action(describe);
}
