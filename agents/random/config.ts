import { closed } from "../../protocol/schema/common.ts";

/** The random agent has nothing to set: the action space says it all. */
export const RandomConfigSchema = closed({});
