import { Packr } from "msgpackr";
import { SERVER_LIMITS } from "./limits.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });

/** msgpackr starts a message only where this many bytes are free, and keeps 10 at the end. */
const HEADROOM = 0x800 + 16;
const UINT32_MAX = 0xffff_ffff;
const INT32_MIN = -0x8000_0000;
/** With the u flag a pair is one character, so only halves match; they have no UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** Whether msgpackr would write an integer as a float. */
function isWideInteger(value: number): boolean {
  return (value > UINT32_MAX || value < INT32_MIN) && Number.isSafeInteger(value);
}

function describe(value: object): string {
  const { constructor } = value;
  return typeof constructor === "function" ? constructor.name : "object";
}

/** Walks a message once before it is packed: refuses what has no form on the wire and bounds the size of the frame. */
class Survey {
  /** Something must be replaced: a wide integer, an undefined, half a surrogate pair. */
  rewrite = false;

  /** Most bytes the value can take. */
  size(value: unknown, depth: number): number {
    switch (typeof value) {
      case "number":
        if (isWideInteger(value)) this.rewrite = true;
        return 9;
      case "string":
        return this.#sizeOfText(value);
      case "boolean":
        return 1;
      case "bigint":
        if (value < INT64_MIN || value > UINT64_MAX) throw new TypeError(`The integer ${value} does not fit 64 bits.`);
        return 9;
      case "object":
        return value === null ? 1 : this.#sizeOfObject(value, depth);
      case "undefined":
        throw new TypeError("A list cannot hold undefined; use null.");
      default:
        throw new TypeError(`A ${typeof value} cannot travel.`);
    }
  }

  #sizeOfText(text: string): number {
    if (LONE_SURROGATE.test(text)) this.rewrite = true;
    return 5 + 3 * text.length;
  }

  #sizeOfObject(value: object, depth: number): number {
    if (value instanceof Uint8Array) return 5 + value.byteLength;
    if (depth >= SERVER_LIMITS.maxDepth) {
      throw new TypeError(`A message nests at most ${SERVER_LIMITS.maxDepth} levels of maps and lists.`);
    }
    let total = 5;
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) total += this.size(item, depth + 1);
      return total;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError(
        `A ${describe(value)} cannot travel: wrap arrays as {dtype, shape, data}, send plain maps and lists.`,
      );
    }
    const map = value as Record<string, unknown>;
    for (const key of Object.keys(map)) {
      const item = map[key];
      if (item === undefined) this.rewrite = true;
      else total += this.#sizeOfText(key) + this.size(item, depth + 1);
    }
    return total;
  }
}

function wellFormed(text: string): string {
  return text.replaceAll(LONE_SURROGATES, "\ufffd");
}

/** A copy with wide integers as bigint, well-formed text and no undefined members. Byte arrays stay borrowed. */
function rewritten(value: unknown): unknown {
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number") return isWideInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(rewritten);
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) copy[wellFormed(key)] = rewritten(item);
  }
  return copy;
}

/** @throws TypeError for what has no form on the wire. */
export function checkEncodable(message: Readonly<Record<string, unknown>>): void {
  new Survey().size(message, 0);
}

function allocateFrame(size: number): Uint8Array {
  return typeof Buffer === "undefined" ? new Uint8Array(size) : Buffer.allocUnsafeSlow(size);
}

/**
 * One msgpack frame. Bytes of arrays are copied into it once; the frame is never touched by a later call.
 * Integers beyond 32 bits travel as int64 or uint64, undefined members are left out.
 * @throws TypeError for what has no form on the wire: typed arrays other than bytes, class instances, functions.
 */
export function encode(message: Readonly<Record<string, unknown>>): Uint8Array {
  const survey = new Survey();
  const bound = survey.size(message, 0);
  // A buffer of our own for each frame: msgpackr's would be kept alive, and grow, with the largest message ever sent.
  packr.useBuffer(allocateFrame(bound + HEADROOM));
  return packr.pack(survey.rewrite ? rewritten(message) : message);
}
