import { Type, type TProperties } from "@sinclair/typebox";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Physics } from "../engine/physics.ts";
import { tagged } from "./fields.ts";

/** A term of a step: of the state, the action and whether the task ends the episode. */
export type TermValue = (p: Physics, action: NumericArray, ended: boolean) => number;

const COMMON = {
  name: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z][A-Za-z0-9_]*$",
      maxLength: 64,
      description: "Name in info; that of the term where absent.",
    }),
  ),
  weight: Type.Number({ description: "The reward is the sum of weight × term; 0: only in info." }),
};

/** Fields of a term beside its name and weight. */
export const termSchema = <P extends TProperties>(tag: string, properties: P, description: string) =>
  tagged("term", tag, { ...COMMON, ...properties }, description);
