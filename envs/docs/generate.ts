/** Writes the page of every id; `--check` only says which are not current. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createWasmEngine } from "../engine/wasm.ts";
import { projectFile } from "../project-file.ts";
import { pages, PAGES_FOLDER, stalePages } from "./pages.ts";

async function main(check: boolean): Promise<number> {
  using engine = await createWasmEngine();
  const texts = pages(engine);
  const { stale, orphaned } = stalePages(texts);
  if (check) {
    for (const path of [...stale, ...orphaned]) console.error(`${path} is not current; run npm run generate.`);
    return stale.length + orphaned.length === 0 ? 0 : 1;
  }
  mkdirSync(projectFile(PAGES_FOLDER), { recursive: true });
  for (const path of stale) {
    writeFileSync(projectFile(path), texts.get(path) ?? "");
    console.log(`wrote ${path}`);
  }
  for (const path of orphaned) {
    rmSync(projectFile(path));
    console.log(`removed ${path}`);
  }
  return 0;
}

process.exitCode = await main(process.argv.includes("--check"));
