import type { EnvDefinition } from "../task.ts";
import { ARM26_REACH } from "./arm26-reach.ts";
import { MYOARM9_SHAKE } from "./myoarm9-shake.ts";

/** Environments that need no download. */
export const BUILTIN_ENVS: readonly EnvDefinition[] = [ARM26_REACH, MYOARM9_SHAKE];
