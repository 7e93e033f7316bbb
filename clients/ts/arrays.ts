import type { Buffers } from "../../protocol/env.ts";
import { fromNdArray, toNdArray, type Dtype, type NdArray } from "../../protocol/ndarray.ts";
import type { BufferLayout } from "../../protocol/spaces.ts";
import { MyoError } from "../../protocol/errors.ts";

/** One ndarray where a space has one dtype, else a list. */
export type WireBuffers = NdArray | NdArray[];

export function fromWire(buffers: WireBuffers): Buffers {
  return Array.isArray(buffers) ? buffers.map((buffer) => fromNdArray(buffer)) : [fromNdArray(buffers)];
}

/** @throws MyoError BAD_ACTION where buffers do not fit the layout of `rows` rows. */
export function toWire(layout: readonly BufferLayout[], rows: number, buffers: Buffers, what: string): WireBuffers {
  const wire = layout.map(({ dtype, size }, index) => {
    const buffer = buffers[index];
    if (buffer?.length !== rows * size) {
      const came = buffer === undefined ? "nothing" : `${buffer.length}`;
      throw new MyoError(
        "BAD_ACTION",
        `Buffer ${index} of ${what} holds ${rows} x ${size} elements, but ${came} came.`,
      );
    }
    return toNdArray(dtype, [rows, size], buffer);
  });
  const [first] = wire;
  return wire.length === 1 && first !== undefined ? first : wire;
}

/** Reads an array that must have a dtype. @throws MyoError BAD_MESSAGE */
export function typed<D extends Dtype>(array: NdArray, dtype: D): ReturnType<typeof fromNdArray<D>> {
  if (array.dtype !== dtype) {
    throw new MyoError(
      "BAD_MESSAGE",
      `The server sent dtype ${array.dtype} where ${dtype} belongs; update one of the two.`,
    );
  }
  return fromNdArray(array as NdArray & { dtype: D });
}

/** Positions that a mask names, looked up in `rows`. */
export function maskedRows(mask: Uint8Array, rows: Uint32Array): Uint32Array {
  return rows.filter((_row, index) => mask[index] === 1);
}

export function allRows(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

/** Error sentences by number. */
export function rowErrors(errors: Readonly<Record<string, string>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(errors).map(([row, sentence]) => [Number(row), sentence]));
}
