import { arm26Xml } from "../builtin/arm26-model.ts";
import { cataloguePage } from "./catalogue-page.ts";
import { SCHEMA_FILE, taskSchemaText } from "./task-file.ts";

/** Folder of the example files from the project's root. */
export const EXAMPLES = "envs/declarative/examples";

/** Generated files of this folder: path from the project's root, text. */
export function declarativeFiles(): Map<string, string> {
  return new Map([
    [SCHEMA_FILE, taskSchemaText()],
    ["envs/declarative/README.md", cataloguePage()],
    [`${EXAMPLES}/arm26.xml`, arm26Xml(1)],
  ]);
}
