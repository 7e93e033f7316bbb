import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { JsonObject } from "../../protocol/env.ts";
import type { Engine } from "../engine/physics.ts";
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

/**
 * Every page: path from the project's root, text.
 * @throws MyoError INTERNAL for a family without docs, MODEL_MISSING without its model pack.
 */
export function pages(engine: Engine): Map<string, string> {
  const bases = listEnvs().filter(({ docs }) => docs?.variant === undefined);
  const texts = bases.map((definition): [string, string] => [
    pageFile(definition),
    NOTE + writePage(definition, engine),
  ]);
  return new Map([[INDEX, indexPage(bases)], ...texts]);
}

/** Whether a committed file differs from what is generated. */
export function isStale([path, text]: readonly [path: string, text: string]): boolean {
  const file = projectFile(path);
  return !existsSync(file) || readFileSync(file, "utf8") !== text;
}

/** Committed pages that no id has any more. */
export function orphanedPages(texts: ReadonlyMap<string, string>): string[] {
  const folder = projectFile(PAGES_FOLDER);
  const found = existsSync(folder) ? readdirSync(folder).map((name) => `${PAGES_FOLDER}/${name}`) : [];
  return found.filter((path) => !texts.has(path));
}
