import { encode } from "./encode.ts";

/** A reply whose shape never changes; its arrays are views of memory that does. */
export type FixedReply = Readonly<Record<string, unknown>>;

interface Slot {
  readonly source: Uint8Array;
  readonly at: number;
}

const WIDE = 0xffff_ffff;

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  throw new RangeError("The frames do not differ.");
}

/** The byte arrays of a message, in order. */
function bytesOf(value: unknown, found: Uint8Array[]): Uint8Array[] {
  if (value instanceof Uint8Array) found.push(value);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) bytesOf(item, found);
  return found;
}

/** The message with zeros for its byte arrays, ones for that of one place. */
function blank(value: unknown, marked: Uint8Array | null): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value.byteLength).fill(value === marked ? 1 : 0);
  if (Array.isArray(value)) return value.map((item) => blank(item, marked));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, blank(item, marked)]));
}

/**
 * Frames of one reply that differ in `id`, `k` and the bytes of their arrays only: each is one copy of a ready frame, a
 * few writes and one copy of each array. Equal in content to `encode` of the same message.
 */
export class FrameTemplate {
  readonly #frame: Uint8Array;
  readonly #idAt: number;
  readonly #kAt: number;
  readonly #slots: readonly Slot[];

  /** @param reply without `id` and `k`; its byte arrays are read anew for each frame. */
  constructor(reply: FixedReply) {
    const make = (id: number, k: number, marked: Uint8Array | null): Uint8Array =>
      encode({ ...(blank(reply, marked) as FixedReply), k, id });
    // A plain array: slice() of a Buffer does not copy.
    const frame = new Uint8Array(make(WIDE, WIDE, null));
    this.#frame = frame;
    // A u32 in its five-byte form: the frames differ in its last byte.
    this.#idAt = firstDifference(frame, make(WIDE - 1, WIDE, null)) - 3;
    this.#kAt = firstDifference(frame, make(WIDE, WIDE - 1, null)) - 3;
    const filled = bytesOf(reply, []).filter((source) => source.byteLength > 0);
    this.#slots = filled.map((source) => ({ source, at: firstDifference(frame, make(WIDE, WIDE, source)) }));
  }

  /** A frame of its own: a later call never changes it. */
  encode(id: number, k: number): Uint8Array {
    const frame = this.#frame.slice();
    writeU32(frame, this.#idAt, id);
    writeU32(frame, this.#kAt, k);
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = this.#slots[i];
      if (slot !== undefined) frame.set(slot.source, slot.at);
    }
    return frame;
  }
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
