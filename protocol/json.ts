import type { TSchema } from "@sinclair/typebox";
import { badFrame, checkFrameSize } from "./decode.ts";
import { checkEncodable } from "./encode.ts";
import { SERVER_LIMITS, type Limits } from "./limits.ts";
import { DTYPES } from "./ndarray.ts";
import { schemaOf } from "./schema/operations.ts";

/** Strings are cut for `String.fromCharCode`, whose arguments live on the stack. */
const CHUNK = 0x8000;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !BASE64.test(text)) throw badFrame("bytes are not base64");
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const plain = Number(value);
  return Number.isSafeInteger(plain) ? plain : value.toString();
}

/** Byte arrays as base64 strings; before JSON.stringify, which would ask a Buffer for its own form. */
function withText(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map(withText);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withText(item)]));
}

/**
 * The JSON twin of a frame: bytes as base64, integers beyond 2^53 as decimal strings, bare NaN and infinities as null.
 * @throws TypeError for what `encode` refuses.
 */
export function encodeJson(message: Readonly<Record<string, unknown>>): string {
  checkEncodable(message);
  return JSON.stringify(withText(message), replacer);
}

/** Counts before parsing: a value costs one byte of text and many of memory. */
function checkStructure(text: string, limits: Limits): void {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2c || code === 0x5b || code === 0x7b) count++;
  }
  if (count > limits.maxValues) throw badFrame(`more than ${limits.maxValues} values`);
}

function isArrayTwin(map: Readonly<Record<string, unknown>>): boolean {
  const { dtype, shape, data } = map;
  return typeof dtype === "string" && dtype in DTYPES && Array.isArray(shape) && typeof data === "string";
}

/** Turns parsed JSON into what the binary decoder would have given. */
class Reviver {
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  value(value: unknown, schema: TSchema | undefined, depth: number): unknown {
    if (typeof value === "string") return this.#string(value, schema);
    if (typeof value !== "object" || value === null) return value;
    if (depth >= this.#limits.maxDepth) throw badFrame(`more than ${this.#limits.maxDepth} nested levels`);
    return Array.isArray(value)
      ? this.#list(value, schema, depth)
      : this.#map(value as Record<string, unknown>, schema, depth);
  }

  #string(text: string, schema: TSchema | undefined): unknown {
    if (schema?.["bytes"] === true) return fromBase64(text);
    if (schema?.["uint64"] === true && /^\d{1,20}$/.test(text)) return BigInt(text);
    if (text.length > this.#limits.maxString) throw badFrame(`a string of ${text.length} characters`);
    return text;
  }

  #list(list: unknown[], schema: TSchema | undefined, depth: number): unknown[] {
    if (list.length > this.#limits.maxArray) throw badFrame(`a list of ${list.length} items`);
    const items = schema?.["items"] as TSchema | undefined;
    return list.map((item) => this.value(item, items, depth + 1));
  }

  #map(map: Record<string, unknown>, schema: TSchema | undefined, depth: number): Record<string, unknown> {
    const keys = Object.keys(map);
    if (keys.length > this.#limits.maxMapKeys) throw badFrame(`a map of ${keys.length} keys`);
    const properties = schema?.["properties"] as Record<string, TSchema> | undefined;
    const twin = isArrayTwin(map);
    for (const key of keys) {
      if (key === "__proto__") throw badFrame("the key __proto__ is not allowed");
      const isData = twin && key === "data";
      map[key] = isData ? fromBase64(map[key] as string) : this.value(map[key], properties?.[key], depth + 1);
    }
    return map;
  }
}

/**
 * The message in a frame of `myoserve.v1.json`. Text becomes bytes where the schema of the message says so, and in every
 * map {dtype, shape, data}.
 * @throws MyoError TOO_LARGE, or BAD_FRAME for anything that is not one map within the limits.
 */
export function decodeJson(text: string, limits: Limits = SERVER_LIMITS): Record<string, unknown> {
  checkFrameSize(text.length, limits);
  checkStructure(text, limits);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw badFrame("it is not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw badFrame("it is not a map");
  const { t } = parsed as { t?: unknown };
  const schema = typeof t === "string" ? schemaOf(t) : undefined;
  return new Reviver(limits).value(parsed, schema, 0) as Record<string, unknown>;
}
