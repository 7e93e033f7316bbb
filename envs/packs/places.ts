export { cacheDir, stateDir } from "../../protocol/places.ts";
