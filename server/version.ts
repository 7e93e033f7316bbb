import { readFileSync } from "node:fs";

/** Project root: the folder of package.json above this file, whether compiled or source. */
export function projectRoot(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "../" : "../../", import.meta.url);
}

/** Version of the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL("package.json", projectRoot()), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
