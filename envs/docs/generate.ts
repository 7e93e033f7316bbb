/** Writes the page of every id and the files of declarative tasks; `--check` only says which are not current. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { pullCommand } from "../packs/pack-error.ts";
import { declarativeFiles } from "../declarative/generated.ts";
import { projectFile } from "../project-file.ts";
import { isStale, orphanedPages, pages, PAGES_FOLDER } from "./pages.ts";

async function main(check: boolean): Promise<number> {
  const written = await pages();
  for (const pack of written.missingPacks)
    console.error(`pages of the model pack ${pack} are left as they are: ${pullCommand(pack)}`);
  const texts = new Map([...declarativeFiles(), ...written.texts]);
  const stale = [...texts].filter(isStale);
  const orphaned = orphanedPages();
  if (check) {
    for (const path of [...stale.map(([name]) => name), ...orphaned])
      console.error(`${path} is not current; run npm run generate.`);
    return stale.length + orphaned.length === 0 ? 0 : 1;
  }
  mkdirSync(projectFile(PAGES_FOLDER), { recursive: true });
  for (const [path, text] of stale) {
    writeFileSync(projectFile(path), text);
    console.log(`wrote ${path}`);
  }
  for (const path of orphaned) {
    rmSync(projectFile(path));
    console.log(`removed ${path}`);
  }
  return 0;
}

process.exitCode = await main(process.argv.includes("--check"));
