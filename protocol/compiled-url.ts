/**
 * URL of the compiled form of a source file, given either: Node 20 starts no `.ts` worker, so that what runs from its
 * TypeScript source (tests) starts the file under `dist/`.
 */
export function compiledUrl(url: string): string {
  if (!url.endsWith(".ts")) return url;
  const root = new URL("../", import.meta.url).href;
  return new URL(`dist/${url.slice(root.length, -2)}js`, root).href;
}
