import { InvalidArgumentError, Option } from "commander";
import { defaultUserDir } from "../user-folder.ts";
import { isJsonObject } from "./json.ts";
import type { JsonObject } from "../../protocol/env.ts";

/** A whole number of a range, for commander. */
export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It is an integer from ${low} to ${high}.`);
  };
}

/** `--user-dir`, read by every command that knows environments. */
export function userDirOption(): Option {
  const option = new Option("--user-dir <folder>", "folder of your own tasks and model packs");
  return option.default(defaultUserDir(), "$MYOSERVE_HOME/envs, where it exists");
}

/** A JSON object, for commander. */
export function jsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is a JSON object, e.g. {"muscles": 60}.');
  }
  if (isJsonObject(value)) return value;
  throw new InvalidArgumentError('It is a JSON object, e.g. {"muscles": 60}.');
}
