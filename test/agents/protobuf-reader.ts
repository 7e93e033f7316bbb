/** A field of a message: an integer, or the bytes of a fixed-width number, string or embedded message. */
export interface Field {
  readonly field: number;
  readonly value: number | Uint8Array;
}

function varint(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let i = at, scale = 1; ; i++, scale *= 128) {
    const byte = bytes[i];
    if (byte === undefined) throw new RangeError("The message ends within a number.");
    value += (byte % 128) * scale;
    if (byte < 128) return [value, i + 1];
  }
}

/** Take a message apart by the wire format alone. */
export function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [key, afterKey] = varint(bytes, at);
    const [field, wireType] = [Math.floor(key / 8), key % 8];
    if (wireType === 0) {
      const [value, end] = varint(bytes, afterKey);
      fields.push({ field, value });
      at = end;
      continue;
    }
    const [length, start] = wireType === 2 ? varint(bytes, afterKey) : [{ 1: 8, 5: 4 }[wireType] ?? NaN, afterKey];
    at = start + length;
    if (!(at <= bytes.length)) throw new RangeError(`Field ${field} of wire type ${wireType} does not fit.`);
    fields.push({ field, value: bytes.slice(start, at) });
  }
  return fields;
}

export const all = (bytes: Uint8Array, field: number): (number | Uint8Array)[] =>
  fieldsOf(bytes).flatMap((entry) => (entry.field === field ? [entry.value] : []));

export const messages = (bytes: Uint8Array, field: number): Uint8Array[] =>
  all(bytes, field).filter((value) => value instanceof Uint8Array);

export function only(bytes: Uint8Array, field: number): Uint8Array {
  const [value, ...more] = messages(bytes, field);
  if (value === undefined || more.length > 0) throw new RangeError(`Field ${field} is there ${more.length + 1} times.`);
  return value;
}

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const floatsOf = (bytes: Uint8Array): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);
export const doubleOf = (bytes: Uint8Array): number => new DataView(new Uint8Array(bytes).buffer).getFloat64(0, true);
