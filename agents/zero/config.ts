import { closed } from "../../protocol/schema/common.ts";

/** The zero agent has nothing to set. */
export const ZeroConfigSchema = closed({});
