/**
 * URL of a worker's entry: the compiled file beside the caller, or under `dist/` when the caller runs from its
 * TypeScript source (tests), because Node 20 starts no `.ts` worker.
 * @param name file name without extension, e.g. `physics-worker`.
 */
export function workerUrl(name: string): URL {
  const here = import.meta.url;
  if (here.endsWith(".js")) return new URL(`./${name}.js`, here);
  return new URL(`../../dist/server/workers/${name}.js`, here);
}

/** URL of the compiled form of a source file, given either. */
export function compiledUrl(url: string): string {
  if (!url.endsWith(".ts")) return url;
  const root = new URL("../../", import.meta.url).href;
  return new URL(`dist/${url.slice(root.length, -2)}js`, root).href;
}
