import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { Engine } from "../engine/physics.ts";
import { createWasmEngine } from "../engine/wasm.ts";
import { projectFile } from "../project-file.ts";
import { createEnv, listEnvs, validateKwargs } from "../registry.ts";
import type { EnvDefinition } from "../task.ts";
import { code, table } from "./markdown.ts";
import { pageOf } from "./page.ts";

/** Folder of the committed pages, from the project's root. */
export const PAGES_FOLDER = "envs/pages";
const INDEX = `${PAGES_FOLDER}/README.md`;
const NOTE =
  "<!-- Written by `npm run generate` from the registry; change the family's docs in its code instead. -->\n\n";

/** File of an id's page, from the project's root; variants share that of their base. */
export function pageFile({ id, docs }: EnvDefinition): string {
  return `${PAGES_FOLDER}/${docs?.variant?.of ?? id}.md`;
}

/** The page of one id as it is with the kwargs. */
export function writePage(definition: EnvDefinition, engine: Engine, kwargs: JsonObject = {}): string {
  const variants = listEnvs().filter(({ docs }) => docs?.variant?.of === definition.id);
  using env = createEnv(definition, validateKwargs(definition, kwargs), engine);
  return pageOf({ definition, env, variants });
}

function indexPage(bases: readonly EnvDefinition[]): string {
  const all = listEnvs();
  const families = [...new Set(bases.map(({ family }) => family))];
  const parts = families.map((family) => {
    const rows = bases
      .filter((definition) => definition.family === family)
      .map(({ id, title }) => {
        const variants = all.filter(({ docs }) => docs?.variant?.of === id).map((variant) => code(variant.id));
        return [`[${id}](${id}.md)`, title, variants.join(", ")];
      });
    return `## ${family}\n\n${table(["id", "", "variants, on the same page"], rows)}\n`;
  });
  return `# Environments\n\n${NOTE}${parts.join("\n")}`;
}

/** Pages, and the model packs that are not here, so that those of their ids could not be written. */
export interface Pages {
  /** Path from the project's root, text. */
  readonly texts: ReadonlyMap<string, string>;
  readonly missingPacks: readonly string[];
}

function assertDocs(bases: readonly EnvDefinition[]): void {
  const without = new Set(bases.filter(({ docs }) => docs === undefined).map(({ family }) => family));
  if (without.size === 0) return;
  const families = [...without].join(", ");
  throw new MyoError("INTERNAL", `These families state no docs: ${families}; see envs/docs/task-docs.ts.`);
}

/** Whether an id's model is here. */
function isInstalled(definition: EnvDefinition): boolean {
  try {
    definition.source(validateKwargs(definition, {}), "light");
    return true;
  } catch (error) {
    if (error instanceof MyoError && error.code === "MODEL_MISSING") return false;
    throw error;
  }
}

/**
 * Every page whose model is here.
 * @throws MyoError INTERNAL naming the families without docs.
 */
export async function pages(): Promise<Pages> {
  const bases = listEnvs().filter(({ docs }) => docs?.variant === undefined);
  assertDocs(bases);
  const texts = new Map([[INDEX, indexPage(bases)]]);
  const missingPacks = new Set<string>();
  for (const pack of new Set(bases.map((definition) => definition.pack))) {
    // An engine a pack: a wasm module never gives memory back.
    using engine = await createWasmEngine();
    for (const definition of bases.filter((each) => each.pack === pack)) {
      if (isInstalled(definition)) texts.set(pageFile(definition), NOTE + writePage(definition, engine));
      else missingPacks.add(pack ?? "");
    }
  }
  return { texts, missingPacks: [...missingPacks] };
}

/** Whether a committed file differs from what is generated. */
export function isStale([path, text]: readonly [path: string, text: string]): boolean {
  const file = projectFile(path);
  return !existsSync(file) || readFileSync(file, "utf8") !== text;
}

/** Committed pages that no id has any more. */
export function orphanedPages(): string[] {
  const folder = projectFile(PAGES_FOLDER);
  const known = new Set([INDEX, ...listEnvs().map(pageFile)]);
  const found = existsSync(folder) ? readdirSync(folder).map((name) => `${PAGES_FOLDER}/${name}`) : [];
  return found.filter((path) => !known.has(path));
}
