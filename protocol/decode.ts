import { Decoder } from "@msgpack/msgpack";
import { MyoError } from "./errors.ts";
import { SERVER_LIMITS, type Limits } from "./limits.ts";

/** Refuses a frame that is larger than the limit before anything reads it. @throws MyoError TOO_LARGE */
export function checkFrameSize(size: number, limits: Limits): void {
  if (size > limits.maxMessage) {
    throw new MyoError(
      "TOO_LARGE",
      `A frame holds at most ${limits.maxMessage} bytes, but ${size} came; split the request.`,
    );
  }
}

export function badFrame(reason: string): MyoError {
  return new MyoError("BAD_FRAME", `The frame is not a decodable message: ${reason}; send one map per frame.`);
}

/** Walks the bytes without building anything: structure, limits, no extension types, string keys only. */
class Scanner {
  readonly #bytes: Uint8Array;
  readonly #limits: Limits;
  #position = 0;
  #values = 0;
  /** The frame holds integers of 64 bits. */
  wide = false;

  constructor(bytes: Uint8Array, limits: Limits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  message(): void {
    const head = this.#bytes[0] ?? 0xc1;
    if ((head & 0xf0) !== 0x80 && head !== 0xde && head !== 0xdf) throw badFrame("it does not start with a map");
    this.#value(0);
    if (this.#position !== this.#bytes.length) throw badFrame("bytes follow the message");
  }

  /** Big-endian unsigned integer of 1, 2 or 4 bytes. */
  #unsigned(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (this.#bytes[this.#position + i] ?? 0);
    this.#skip(width);
    return value;
  }

  #skip(count: number): void {
    this.#position += count;
    if (this.#position > this.#bytes.length) throw badFrame("it ends too early");
  }

  #string(length: number): void {
    if (length > this.#limits.maxString)
      throw badFrame(`a string of ${length} bytes, ${this.#limits.maxString} allowed`);
    this.#skip(length);
  }

  #list(length: number, depth: number): void {
    if (length > this.#limits.maxArray) throw badFrame(`a list of ${length} items, ${this.#limits.maxArray} allowed`);
    this.#enter(depth);
    for (let i = 0; i < length; i++) this.#value(depth + 1);
  }

  #map(length: number, depth: number): void {
    if (length > this.#limits.maxMapKeys) throw badFrame(`a map of ${length} keys, ${this.#limits.maxMapKeys} allowed`);
    this.#enter(depth);
    for (let i = 0; i < length; i++) {
      this.#key();
      this.#value(depth + 1);
    }
  }

  #enter(depth: number): void {
    if (depth >= this.#limits.maxDepth) throw badFrame(`more than ${this.#limits.maxDepth} nested levels`);
  }

  #key(): void {
    const head = this.#bytes[this.#position] ?? 0xc1;
    this.#skip(1);
    if ((head & 0xe0) === 0xa0) this.#string(head & 0x1f);
    else if (head >= 0xd9 && head <= 0xdb) this.#string(this.#unsigned(1 << (head - 0xd9)));
    else throw badFrame("a map key is not a string");
  }

  #value(depth: number): void {
    if (++this.#values > this.#limits.maxValues) throw badFrame(`more than ${this.#limits.maxValues} values`);
    const head = this.#bytes[this.#position] ?? 0xc1;
    this.#skip(1);
    if (head < 0x80 || head >= 0xe0) return;
    if (head < 0x90) this.#map(head & 0x0f, depth);
    else if (head < 0xa0) this.#list(head & 0x0f, depth);
    else if (head < 0xc0) this.#string(head & 0x1f);
    else this.#tagged(head, depth);
  }

  #tagged(head: number, depth: number): void {
    if (head === 0xc0 || head === 0xc2 || head === 0xc3) return;
    if (head >= 0xc4 && head <= 0xc6) this.#skip(this.#unsigned(1 << (head - 0xc4)));
    else if (head === 0xca) this.#skip(4);
    else if (head === 0xcb) this.#skip(8);
    else if (head >= 0xcc && head <= 0xd3) this.#integer(head);
    else if (head >= 0xd9 && head <= 0xdb) this.#string(this.#unsigned(1 << (head - 0xd9)));
    else if (head === 0xdc || head === 0xdd) this.#list(this.#unsigned(head === 0xdc ? 2 : 4), depth);
    else if (head === 0xde || head === 0xdf) this.#map(this.#unsigned(head === 0xde ? 2 : 4), depth);
    else throw badFrame(head === 0xc1 ? "0xc1 is no msgpack type" : "extension types are not accepted");
  }

  #integer(head: number): void {
    const width = 1 << ((head - 0xcc) & 3);
    if (width === 8) this.wide = true;
    this.#skip(width);
  }
}

/** 64-bit integers as number where a number holds them exactly, in place. */
function narrowed(value: unknown): unknown {
  if (typeof value === "bigint") {
    const plain = Number(value);
    return Number.isSafeInteger(plain) ? plain : value;
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const container = value as Record<string, unknown>;
  for (const key of Object.keys(container)) container[key] = narrowed(container[key]);
  return container;
}

/**
 * The map in a msgpack frame. Byte arrays are views into it. Integers beyond 2^53 come as bigint.
 * @throws MyoError TOO_LARGE, or BAD_FRAME for anything that is not one map within the limits.
 */
export function decode(frame: Uint8Array, limits: Limits = SERVER_LIMITS): Record<string, unknown> {
  checkFrameSize(frame.byteLength, limits);
  // Views of a Buffer would be Buffers, whose slice() does not copy.
  const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
  const scanner = new Scanner(bytes, limits);
  scanner.message();
  let message: unknown;
  try {
    message = new Decoder({ useBigInt64: scanner.wide }).decode(bytes);
  } catch (error) {
    throw badFrame(error instanceof Error ? error.message : "unknown cause");
  }
  return (scanner.wide ? narrowed(message) : message) as Record<string, unknown>;
}
