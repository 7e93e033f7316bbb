import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

/** Numbers of an array and its shape, written as f8 in C order; or texts. */
export type NpzArray = { readonly shape: readonly number[]; readonly values: ArrayLike<number> } | readonly string[];

/** UTF-32 of texts, each padded to `length` characters. */
function textBytes(texts: readonly string[], length: number): Buffer {
  const codes = texts.flatMap((text) => Array.from({ length }, (_, i) => text.codePointAt(i) ?? 0));
  return Buffer.from(Uint32Array.from(codes).buffer);
}

function npy(array: NpzArray): Buffer {
  if (!("shape" in array)) {
    const length = Math.max(...array.map((text) => text.length));
    return npyFile(`<U${length}`, [array.length], textBytes(array, length));
  }
  return npyFile("<f8", array.shape, Buffer.from(Float64Array.from(array.values).buffer));
}

function npyFile(descr: string, shape: readonly number[], content: Buffer): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  // Magic, version and length take 10 bytes; NumPy pads the whole to a multiple of 64.
  const text = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  return Buffer.concat([head, Buffer.from(text, "latin1"), content]);
}

/** The fields that a local header and a directory entry share. */
function entryFields(name: string, content: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

/** A NumPy archive as `np.savez` writes it: stored, not packed. */
export function writeNpz(path: string, arrays: Readonly<Record<string, NpzArray>>): void {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [key, array] of Object.entries(arrays)) {
    const name = `${key}.npy`;
    const content = npy(array);
    const fields = entryFields(name, content);
    const file = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), content]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), fields, tail, Buffer.from(name));
    files.push(file);
    offset += file.length;
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  writeFileSync(path, Buffer.concat([...files, ...directory, end]));
}
