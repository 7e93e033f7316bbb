import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MyoError } from "../../protocol/errors.ts";
import type { EnvDocs } from "../docs/task-docs.ts";
import type { ModelSource } from "../engine/physics.ts";
import { openPack, packsRoot, requirePack, type PackManifest } from "../packs/manifest.ts";
import { PackError } from "../packs/pack-error.ts";
import { packModelSource, type ModelVariant } from "../packs/pack-source.ts";
import type { EnvDefinition } from "../task.ts";
import { ACTION_MAPS } from "./actions.ts";
import { DeclarativeTask } from "./declarative-task.ts";
import type { Entry } from "./fields.ts";
import { readMjcf } from "./mjcf-files.ts";
import { FREE_GROUPS, OBSERVATIONS } from "./observations.ts";
import { REWARDS } from "./rewards.ts";
import { startText } from "./start.ts";
import { targetText } from "./targets.ts";
import { kindOf, nameOf, type Item, type TaskFile } from "./task-file.ts";
import { TERMINATIONS } from "./terminations.ts";

/** Family of what users bring. */
export const USER_FAMILY = "user";

/** A checked task file and where it lies. */
export interface UserTask {
  /** Its folder, which holds the models too. */
  readonly folder: string;
  /** Its name inside the folder. */
  readonly file: string;
  readonly task: TaskFile;
}

function textOf(catalogue: Readonly<Record<string, Entry<never, unknown>>>, tag: string, item: Item): string {
  return catalogue[kindOf(item, tag)]?.text(item as never) ?? "";
}

/** Texts of an item by its name. */
function texts(
  items: readonly Item[],
  catalogue: Readonly<Record<string, Entry<never, unknown>>>,
  tag: "group" | "term",
): Record<string, string> {
  return Object.fromEntries(items.map((item) => [nameOf(item, tag), textOf(catalogue, tag, item)]));
}

const FREE_TEXTS = Object.fromEntries(FREE_GROUPS.map((group) => [group, textOf(OBSERVATIONS, "group", { group })]));

function docsOf({ file, task }: UserTask): EnvDocs {
  const { model } = task;
  const ends = task.termination.map((item) => {
    const after = Number(item["after"]);
    return `${textOf(TERMINATIONS, "when", item)}${after > 0 ? ` (later than ${after} s)` : ""}`;
  });
  const targets = Object.entries(task.targets).map(([name, target]) => targetText(name, target));
  return {
    goal: task.description ?? `Described by \`${file}\`.`,
    action: ACTION_MAPS[task.action.map],
    terms: texts(task.reward, REWARDS, "term"),
    start: `${startText(task.reset)}${targets.length === 0 ? "" : ` Then the targets, numbers in [ ] drawn uniformly: ${targets.join("; ")}.`}`,
    end: ends.length === 0 ? "Never." : `${ends.join(", or ")}.`,
    groups: { ...FREE_TEXTS, ...texts(task.observation, OBSERVATIONS, "group") },
    model:
      model.mjcf === undefined ? `\`${model.name ?? ""}\` of the pack \`${model.pack ?? ""}\`` : `\`${model.mjcf}\``,
    licence: task.licence,
  };
}

/** MJCF beside the task file; its key changes with any byte of it. */
function mjcfSource({ folder, file }: UserTask, mjcf: string): ModelSource {
  const { xml, files } = readMjcf(folder, mjcf, file);
  const hash = createHash("sha256").update(xml);
  for (const { name, path } of files) hash.update(name).update(readFileSync(path));
  return { key: `user/${hash.digest("hex")}`, xml, files };
}

const ownPacks = (folder: string): string => join(folder, "packs");

/** A model of a pack. @throws MyoError BAD_OPTIONS where the pack has no such model, PackError. */
function modelOf(pack: PackManifest, root: string, file: string, model: string | undefined, variant: ModelVariant) {
  const known = Object.keys(pack.models);
  const chosen = model ?? (known.length === 1 ? known[0] : undefined);
  if (chosen !== undefined && known.includes(chosen)) return packModelSource(pack, chosen, variant, root);
  const asked = model === undefined ? "names none" : `names "${model}"`;
  throw new MyoError(
    "BAD_OPTIONS",
    `${file} ${asked} of the models of the pack ${pack.name}; choose one of ${known.join(", ")}.`,
  );
}

/** A model of a pack in the user's folder; null where the folder has no such pack. */
function ownSource(user: UserTask, name: string, model: string | undefined, variant: ModelVariant): ModelSource | null {
  const root = ownPacks(user.folder);
  try {
    const pack = openPack(name, root);
    return pack === null ? null : modelOf(pack, root, user.file, model, variant);
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    const sentence = `${user.file}: the model pack ${name} in ${root} is damaged`;
    throw new MyoError("MODEL_MISSING", `${sentence}; write it again with npx myoserve models export.`);
  }
}

/** A model of a pack of the user's folder, else of an installed one. @throws MyoError MODEL_MISSING, BAD_OPTIONS. */
function packSource(user: UserTask, name: string, model: string | undefined, variant: ModelVariant): ModelSource {
  const own = ownSource(user, name, model, variant);
  if (own !== null) return own;
  try {
    return modelOf(requirePack(name), packsRoot(), user.file, model, variant);
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    throw new MyoError("MODEL_MISSING", `${user.file}: ${error.message}`);
  }
}

/** Whether the user's folder has a pack, sound or not. */
const hasOwnPack = (folder: string, name: string): boolean => existsSync(join(ownPacks(folder), name));

/** The environment that a task file describes. */
export function userDefinition(user: UserTask): EnvDefinition {
  const { folder, file, task } = user;
  const { mjcf, pack, name } = task.model;
  const own = pack === undefined || hasOwnPack(folder, pack);
  return {
    id: task.id,
    title: task.title,
    family: USER_FAMILY,
    pack: own ? null : pack,
    docs: docsOf(user),
    kwargsSchema: { properties: {} },
    source: (_kwargs, variant) =>
      mjcf === undefined ? packSource(user, pack ?? "", name, variant) : mjcfSource(user, mjcf),
    task: (model) => new DeclarativeTask(file, task, model),
  };
}
