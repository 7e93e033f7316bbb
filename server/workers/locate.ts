import { compiledUrl } from "../../protocol/compiled-url.ts";

/** URL of a worker's entry. @param name file name without extension, e.g. `physics-worker`. */
export const workerUrl = (name: string): URL => new URL(`./${name}.js`, compiledUrl(import.meta.url));
