/** A file of this project by its path from the root, whether this runs from the sources or from `dist`. */
export function projectFile(path: string): URL {
  const root = new URL(import.meta.url.endsWith(".ts") ? "../" : "../../", import.meta.url);
  return new URL(path, root);
}
