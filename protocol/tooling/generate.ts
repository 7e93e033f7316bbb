import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { goldenFiles } from "./golden-vectors.ts";
import { schemaBundle } from "./json-schema.ts";
import { pythonTypes } from "./python-types.ts";
import { specMarkdown } from "./spec-markdown.ts";

/** The folder that holds package.json, whether this runs from the sources or from dist. */
function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Every generated file: path from the project's root, text. */
function generatedFiles(root: string): ReadonlyMap<string, string> {
  const template = readFileSync(join(root, "protocol/tooling/spec.template.md"), "utf8");
  return new Map([
    ["protocol/schema/v1.json", schemaBundle()],
    ["protocol/SPEC.md", specMarkdown(template)],
    ["clients/python/src/myoserve/_messages.py", pythonTypes()],
    ...goldenFiles(),
  ]);
}

/** Paths whose text on disk differs from what the schema gives. */
export function staleFiles(root: string): string[] {
  const isStale = ([path, text]: [string, string]): boolean => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, "utf8") !== text;
  };
  return [...generatedFiles(root)].filter(isStale).map(([path]) => path);
}

function main(check: boolean): number {
  const root = projectRoot();
  const stale = staleFiles(root);
  if (check) {
    for (const path of stale)
      console.error(`${path} differs from the schema; run node dist/protocol/tooling/generate.js.`);
    return stale.length === 0 ? 0 : 1;
  }
  const files = generatedFiles(root);
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path) ?? "");
    console.log(`wrote ${path}`);
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.includes("--check"));
