/*
 * Enough of the Protocol Buffers wire format to write messages: https://protobuf.dev/programming-guides/encoding.
 * A message is the concatenation of its fields, in any order.
 */

/** Wire types. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Seven bits a byte, least significant first. @param value integer of [0, 2^53) */
function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`A varint is in [0, 2^53), got ${value}.`);
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

/** Parts one after the other: a message of its fields. */
export function message(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** int32, int64, uint32, uint64, bool or enum. */
export const integerField = (field: number, value: number): Uint8Array => message(tag(field, VARINT), varint(value));

/** bytes, a string's UTF-8, or an embedded message. */
export const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  message(tag(field, BYTES), varint(bytes.length), bytes);

export const stringField = (field: number, text: string): Uint8Array =>
  bytesField(field, new TextEncoder().encode(text));

/** Packed repeated integers. */
export const integersField = (field: number, values: readonly number[]): Uint8Array =>
  bytesField(field, message(...values.map(varint)));

export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return message(tag(field, FIXED64), bytes);
}

export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return message(tag(field, FIXED32), bytes);
}
