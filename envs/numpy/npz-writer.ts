import { writeFileSync } from "node:fs";
import { MyoError } from "../../protocol/errors.ts";

/** Numbers in C order with their shape: `<f8`, or the type of an Int32Array or Uint8Array. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** An array of an archive; texts are `<U`, one text an array without axes. */
export type NpzArray = NumberArray | readonly string[] | string;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy aligns the elements to this. */
const ALIGNMENT = 64;
/** Sizes and offsets have 32 bits where the archive is no ZIP64. */
const LARGEST = 2 ** 32 - 1;
/** Reversed polynomial of CRC-32 (ISO 3309). */
const POLYNOMIAL = 0xedb88320;

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? POLYNOMIAL ^ (crc >>> 1) : crc >>> 1;
    return crc;
  });
}

function crc32(bytes: Uint8Array, table: Uint32Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (table[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** UTF-32 of texts, each padded to `length` characters. */
function textBytes(texts: readonly string[], length: number): Uint8Array {
  const codes = new Uint32Array(texts.length * length);
  texts.forEach((text, row) => {
    Array.from(text).forEach((character, i) => (codes[row * length + i] = character.codePointAt(0) ?? 0));
  });
  return new Uint8Array(codes.buffer);
}

function textFile(texts: readonly string[], shape: readonly number[]): Buffer {
  const length = Math.max(1, ...texts.map((text) => Array.from(text).length));
  return npyFile(`<U${length}`, shape, textBytes(texts, length));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function numberFile({ shape, values }: NumberArray): Buffer {
  if (values instanceof Uint8Array) return npyFile("|u1", shape, values);
  if (values instanceof Int32Array) return npyFile("<i4", shape, bytesOf(values));
  return npyFile("<f8", shape, bytesOf(values instanceof Float64Array ? values : Float64Array.from(values)));
}

function npyFile(descr: string, shape: readonly number[], content: Uint8Array): Buffer {
  const axes = shape.map((length) => `${length},`).join(" ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  // Magic, version, length and the line's end take 11 bytes.
  const text = `${header.padEnd(Math.ceil((header.length + 11) / ALIGNMENT) * ALIGNMENT - 11)}\n`;
  const head = Buffer.from([...MAGIC, 1, 0, text.length & 255, text.length >> 8]);
  return Buffer.concat([head, Buffer.from(text, "latin1"), content]);
}

function npy(array: NpzArray): Buffer {
  if (typeof array === "string") return textFile([array], []);
  return "shape" in array ? numberFile(array) : textFile(array, [array.length]);
}

/** The fields that a local header and a directory entry share (APPNOTE 4.3.7). */
function entryFields(name: string, content: Buffer, table: Uint32Array): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  // 1980-01-01, the first day of zip files: equal arrays make equal files.
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc32(content, table), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

/**
 * A NumPy archive as `np.savez` writes it: stored, not packed.
 * @throws MyoError CAPACITY beyond 4 GB.
 */
export function writeNpz(path: string, arrays: Readonly<Record<string, NpzArray>>): void {
  const table = crcTable();
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [key, array] of Object.entries(arrays)) {
    const name = `${key}.npy`;
    const content = npy(array);
    if (offset + content.length > LARGEST) {
      throw new MyoError("CAPACITY", `${path} would exceed 4 GB; write fewer rows into one file.`);
    }
    const fields = entryFields(name, content, table);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), fields, tail, Buffer.from(name));
    const head = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name)]);
    files.push(head, content);
    offset += head.length + content.length;
  }
  const entries = Object.keys(arrays).length;
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  writeFileSync(path, Buffer.concat([...files, ...directory, end]));
}
