import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { didYouMean } from "./closest.ts";
import type { Json, JsonObject } from "./env.ts";
import { MyoError, type ErrorCode } from "./errors.ts";
import { DTYPES, elementCount, type NdArray } from "./ndarray.ts";
import { isOperation, OPERATIONS, schemaOf, type OperationName, type Request } from "./schema/operations.ts";

function fitsShape(_schema: unknown, array: NdArray): boolean {
  return array.data.byteLength === elementCount(array.shape) * DTYPES[array.dtype].bytes;
}

function isUint64(_schema: unknown, value: unknown): boolean {
  return typeof value === "bigint"
    ? value >= 0n && value < 2n ** 64n
    : Number.isSafeInteger(value) && Number(value) >= 0;
}

function createAjv(options: Options): Ajv {
  const ajv = new Ajv({ ownProperties: true, verbose: true, ...options });
  ajv.addKeyword({ keyword: "bytes", validate: (_schema: unknown, value: unknown) => value instanceof Uint8Array });
  // Standard keywords run first: an array whose members are ill-typed never gets here.
  ajv.addKeyword({ keyword: "ndarray", type: "object", validate: fitsShape });
  ajv.addKeyword({ keyword: "uint64", validate: isUint64 });
  return ajv;
}

/** The error that says most: the one deepest in the message; a union's own error says least. */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const depth = (error: ErrorObject) => error.instancePath.split("/").length;
  const weight = (error: ErrorObject) => (error.keyword === "anyOf" ? 0 : error.keyword === "type" ? 1 : 2);
  return errors.toSorted((a, b) => depth(b) - depth(a) || weight(b) - weight(a))[0];
}

const LONGEST_SHOWN = 60;

/** A value as an error sentence shows it: short, never the bytes of an array. */
function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value) && value.length > 8) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return "a map";
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? typeof value : text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

const pathOf = (error: ErrorObject): string => error.instancePath.slice(1).replaceAll("/", ".");

function ndarraySentence(array: NdArray): string {
  const wanted = elementCount(array.shape) * DTYPES[array.dtype].bytes;
  return `of dtype ${array.dtype} and shape [${array.shape.join(", ")}] holds ${wanted} bytes, but ${array.data.byteLength} came; send C-order little-endian data`;
}

/** JSON types in words. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "a map",
  array: "a list",
  string: "text",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

/** What a field must be, in words where ajv's own are about our keywords or constants. */
function expectation(error: ErrorObject): string {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "bytes":
      return "must be bytes";
    case "uint64":
      return "must be an unsigned integer of 64 bits";
    case "type":
      return `must be ${TYPE_NAMES[String(params["type"])] ?? `of type ${String(params["type"])}`}`;
    case "enum":
      return `must be one of ${(params["allowedValues"] as unknown[]).map(String).join(", ")}`;
    case "const":
      return `must be ${shown(params["allowedValue"])}`;
    default:
      return error.message ?? "is not valid";
  }
}

function knownKeys(error: ErrorObject): string[] {
  const parent = error.parentSchema?.["properties"] as Record<string, unknown> | undefined;
  return Object.keys(parent ?? {});
}

/** One sentence: rule, value, remedy. */
function sentence(what: string, errors: readonly ErrorObject[], where: string): string {
  const error = mostTelling(errors);
  if (error === undefined) return `${what} is not valid; see ${where}.`;
  const path = pathOf(error);
  const params = error.params as Record<string, string>;
  if (error.keyword === "additionalProperties") {
    const key = params["additionalProperty"] ?? "";
    const keys = knownKeys(error);
    const hint = didYouMean(key, keys) || (keys.length > 0 ? `; known: ${keys.join(", ")}.` : "; it takes none.");
    return `${what} has no key "${path === "" ? key : `${path}.${key}`}"${hint}`;
  }
  if (error.keyword === "required") {
    const key = params["missingProperty"] ?? "";
    return `${what} needs the key "${path === "" ? key : `${path}.${key}`}", which is missing; see ${where}.`;
  }
  if (error.keyword === "ndarray") return `${what}: "${path}" ${ndarraySentence(error.data as NdArray)}.`;
  const subject = path === "" ? what : `${what}: "${path}"`;
  return `${subject} ${expectation(error)}, but ${shown(error.data)} came; see ${where}.`;
}

/** Compiles each schema once, when it is first needed. */
function compiler(options: Options): <K extends string>(key: K, schemaFor: (key: K) => object) => ValidateFunction {
  const ajv = createAjv(options);
  const compiled = new Map<string, ValidateFunction>();
  return (key, schemaFor) => {
    let validate = compiled.get(key);
    if (validate === undefined) {
      validate = ajv.compile(schemaFor(key));
      compiled.set(key, validate);
    }
    return validate;
  };
}

const messageValidator = compiler({ strict: true, strictTypes: false, strictTuples: false });
// Schemas of kwargs and configs are plain JSON Schema from many hands: unknown formats of theirs are no fault of a caller.
const valueValidator = compiler({ strict: false, useDefaults: true });

/** The request id of a decoded map, for the reply to a request that is otherwise wrong. */
export function requestIdOf(message: Readonly<Record<string, unknown>>): number | undefined {
  const { id } = message;
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff ? id : undefined;
}

/**
 * A decoded map as a typed request.
 * @throws MyoError UNKNOWN_TYPE, or BAD_MESSAGE with path, value and remedy.
 */
export function validateRequest(message: Readonly<Record<string, unknown>>): Request {
  const { t } = message;
  if (typeof t !== "string") {
    throw new MyoError("BAD_MESSAGE", `A message names its type in "t", but ${shown(t)} came; see SPEC.md.`);
  }
  if (!isOperation(t)) {
    const hint = didYouMean(t, Object.keys(OPERATIONS)) || "; see the operations in SPEC.md.";
    throw new MyoError("UNKNOWN_TYPE", `There is no message type ${shown(t)}${hint}`);
  }
  const validate = messageValidator(t, (name: OperationName) => OPERATIONS[name].request);
  if (!validate(message)) {
    throw new MyoError("BAD_MESSAGE", sentence(t, validate.errors ?? [], `${t} in SPEC.md`));
  }
  return message as unknown as Request;
}

/**
 * Checks any message of version 1: requests, replies, events, errors. For tests and tools; servers check requests.
 * @throws MyoError UNKNOWN_TYPE or BAD_MESSAGE.
 */
export function validateMessage(message: Readonly<Record<string, unknown>>): void {
  const { t } = message;
  const schema = typeof t === "string" ? schemaOf(t) : undefined;
  if (typeof t !== "string" || schema === undefined) {
    throw new MyoError("UNKNOWN_TYPE", `There is no message type ${shown(t)}; see SPEC.md.`);
  }
  const validate = messageValidator(t, () => schema);
  if (!validate(message)) {
    throw new MyoError("BAD_MESSAGE", sentence(t, validate.errors ?? [], `${t} in SPEC.md`));
  }
}

/** A deep copy that holds nothing but JSON. */
function jsonCopy(value: unknown, what: string): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number")
    return value;
  if (Array.isArray(value)) return value.map((item) => jsonCopy(item, what));
  if (typeof value === "object" && !(value instanceof Uint8Array)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonCopy(item, what)]));
  }
  throw new MyoError(
    "BAD_OPTIONS",
    `${what} holds plain values, lists and maps, but ${shown(value)} came; send lists of numbers.`,
  );
}

/** JSON would turn NaN and infinities into null. @throws MyoError */
function assertFinite(value: unknown, what: string, code: ErrorCode, path = ""): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new MyoError(code, `${what} holds finite numbers, but ${path || "it"} is ${value}; send a finite one.`);
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) assertFinite(item, what, code, path === "" ? key : `${path}.${key}`);
}

/**
 * Keyword arguments, options or a config against their JSON schema.
 * @param what what the sentence of an error calls the value, e.g. `kwargs of myoLegWalk-v0`.
 * @param where what the sentence of an error refers to, e.g. `the format in envs/README.md`.
 * @returns a copy with the schema's defaults filled in; the value itself is not touched.
 * @throws MyoError `code` (BAD_OPTIONS) with path, value and remedy.
 */
export function validateAgainst(
  schema: JsonObject,
  value: unknown,
  what: string,
  code: ErrorCode = "BAD_OPTIONS",
  where = "its schema (env.describe, agent.describe)",
): JsonObject {
  const copy = jsonCopy(value, what);
  assertFinite(value, what, code);
  // Keyed by text: definitions may build an equal schema anew for every session.
  const validate = valueValidator(JSON.stringify(schema), () => schema);
  if (!validate(copy)) throw new MyoError(code, sentence(what, validate.errors ?? [], where));
  if (typeof copy !== "object" || copy === null || Array.isArray(copy)) {
    throw new MyoError(code, `${what} must be a map, but ${shown(copy)} came; send key-value pairs.`);
  }
  return copy;
}
