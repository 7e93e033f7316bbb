import { inflateRawSync } from "node:zlib";
import { parseNpy, type NpyArray } from "./npy.ts";

/** Signatures and fixed lengths of a zip file's records (APPNOTE 6.3.10, 4.3). */
const END = { signature: 0x06054b50, length: 22 };
const ENTRY = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };
/** Longest comment at the end. */
const COMMENT = 65_535;
const STORED = 0;
const DEFLATED = 8;
/** A size or offset of this value stands in the ZIP64 extra field instead. */
const IN_EXTRA = 0xffff_ffff;
const ZIP64 = 1;
/** Largest array, bytes: 100 times the longest clip of the data set. */
const LARGEST = 2 ** 28;

interface Entry {
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** The numbers of a ZIP64 extra field, in order of those that did not fit. */
function zip64Numbers(view: DataView, at: number, length: number): number[] {
  for (let i = at; i + 4 <= at + length;) {
    const size = view.getUint16(i + 2, true);
    if (view.getUint16(i, true) === ZIP64) {
      return Array.from({ length: Math.floor(size / 8) }, (_, j) => Number(view.getBigUint64(i + 4 + 8 * j, true)));
    }
    i += 4 + size;
  }
  return [];
}

function endOf(view: DataView): number {
  const first = Math.max(0, view.byteLength - END.length - COMMENT);
  for (let at = view.byteLength - END.length; at >= first; at--) {
    if (view.getUint32(at, true) === END.signature) return at;
  }
  throw new Error("it is no zip file");
}

/** The zip's directory by file name. */
function directoryOf(bytes: Uint8Array, view: DataView): Map<string, Entry> {
  const end = endOf(view);
  const entries = new Map<string, Entry>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== ENTRY.signature) throw new Error("its zip directory is broken");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((i) => view.getUint16(at + i, true));
    const nameAt = at + ENTRY.length;
    const extraAt = nameAt + (nameLength ?? 0);
    const wide = zip64Numbers(view, extraAt, extraLength ?? 0);
    const number = (i: number): number => {
      const value = view.getUint32(at + i, true);
      return value === IN_EXTRA ? (wide.shift() ?? value) : value;
    };
    // The extra field holds them in this order.
    const size = number(24);
    const packed = number(20);
    const offset = number(42);
    const name = new TextDecoder().decode(bytes.subarray(nameAt, extraAt));
    entries.set(name, { method: view.getUint16(at + 10, true), packed, size, offset });
    at = extraAt + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return entries;
}

function contentOf(bytes: Uint8Array, view: DataView, { method, packed, size, offset }: Entry): Uint8Array {
  if (size > LARGEST) throw new Error(`it would hold ${size} bytes, more than ${LARGEST}`);
  if (view.getUint32(offset, true) !== LOCAL.signature) throw new Error("its zip entry is broken");
  const start = offset + LOCAL.length + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  const content = bytes.subarray(start, start + packed);
  if (method === STORED) return content;
  if (method !== DEFLATED) throw new Error(`it is packed by method ${method}, but stored or deflated is read`);
  return inflateRawSync(content, { maxOutputLength: Math.max(size, 1) });
}

/** Arrays of a NumPy archive (`np.savez`, `np.savez_compressed`), read one by one; nothing in it is executed. */
export class Npz {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #entries: ReadonlyMap<string, Entry>;

  /** @throws Error with the end of a sentence about the file. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#entries = directoryOf(bytes, this.#view);
  }

  has(name: string): boolean {
    return this.#entries.has(`${name}.npy`);
  }

  /** @throws Error with the end of a sentence about the array. */
  array(name: string): NpyArray {
    const entry = this.#entries.get(`${name}.npy`);
    if (entry === undefined) throw new Error("it is missing");
    return parseNpy(contentOf(this.#bytes, this.#view, entry));
  }
}
