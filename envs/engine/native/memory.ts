import { PRIMITIVE_SIZE, type CField, type CStruct, type Primitive } from "./c-header.ts";
import type { Extent } from "./layout.ts";

/** Memory of the library without copy. */
export type MapMemory = (address: bigint, bytes: number) => ArrayBuffer;
export type NumberArray = Float64Array | Float32Array | BigInt64Array | BigUint64Array | Int32Array | Uint8Array;

/** Arrays start at multiples of so many bytes. */
const ARRAY_ALIGNMENT = 64;
const ARRAY_TYPES = {
  f8: Float64Array,
  f4: Float32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  i4: Int32Array,
  u1: Uint8Array,
} as const satisfies Record<Primitive, unknown>;

/** Live view of one C struct. */
export class StructView {
  readonly #layout: CStruct;
  readonly #memory: ArrayBuffer;
  readonly #from: number;

  /** @param from,to bytes of the struct that are looked at */
  constructor(map: MapMemory, address: bigint, layout: CStruct, from = 0, to = layout.size) {
    this.#layout = layout;
    this.#from = from;
    this.#memory = map(address + BigInt(from), to - from);
  }

  /** A plain member or an inline array of primitives. */
  array(name: string): NumberArray {
    const { offset, type, count, pointer } = this.#field(name);
    if (pointer || type === "struct" || type === "opaque") throw new Error(`${name} is no array of numbers`);
    return new ARRAY_TYPES[type](this.#memory, offset - this.#from, count);
  }

  /** An inline array of structs that hold ints only, as ints. */
  intsOfStructs(name: string, ints: number): Int32Array {
    return new Int32Array(this.#memory, this.#field(name).offset - this.#from, ints);
  }

  number(name: string): number {
    return Number(this.array(name)[0]);
  }

  pointer(name: string): bigint {
    return new BigUint64Array(this.#memory, this.#field(name).offset - this.#from, 1)[0] ?? 0n;
  }

  /** Primitive that a pointer points to. */
  target(name: string): Primitive {
    const { type, pointer } = this.#field(name);
    if (!pointer || type === "struct" || type === "opaque") throw new Error(`${name} is no pointer to numbers`);
    return type;
  }

  #field(name: string): CField {
    const field = this.#layout.fields[name];
    if (field === undefined) throw new Error(`it has no ${name}`);
    return field;
  }
}

/** Number of elements of an array, from the sizes in mjModel. */
export function elementsOf(extent: Extent, size: (name: string) => number): number {
  return extent.reduce<number>((n, factor) => n * (typeof factor === "number" ? factor : size(factor)), 1);
}

/** Arrays that lie in the one buffer of an mjModel or mjData. */
export class BufferView {
  readonly #struct: StructView;
  readonly #extents: Readonly<Record<string, Extent>>;
  readonly #size: (name: string) => number;
  readonly #base: bigint;
  readonly #map: MapMemory;
  readonly #bytes: number;
  /** Mapped by the first array: with a wrong layout there may be nothing at the address. */
  #memory: ArrayBuffer | null = null;

  constructor(
    map: MapMemory,
    struct: StructView,
    extents: Readonly<Record<string, Extent>>,
    size: (name: string) => number,
    bytes: number,
  ) {
    this.#struct = struct;
    this.#extents = extents;
    this.#size = size;
    this.#base = struct.pointer("buffer");
    this.#map = map;
    this.#bytes = bytes;
  }

  array(name: string): NumberArray {
    const length = this.elements(name);
    const start = length === 0 ? 0 : this.start(name);
    this.#memory ??= this.#map(this.#base, this.#bytes);
    return new ARRAY_TYPES[this.#struct.target(name)](this.#memory, start, length);
  }

  elements(name: string): number {
    const extent = this.#extents[name];
    if (extent === undefined) throw new Error(`it has no array ${name}`);
    return elementsOf(extent, this.#size);
  }

  /** Bytes from the start of the buffer. */
  start(name: string): number {
    return Number(this.#struct.pointer(name) - this.#base);
  }

  /**
   * Every array begins where the one before it ends, at the next multiple of 64 bytes. Looks at addresses only.
   * @returns bytes of all arrays, padding left out
   * @throws Error naming the array that does not
   */
  checkOrder(): number {
    let end = 0;
    let bytes = 0;
    for (const name of Object.keys(this.#extents)) {
      const size = this.elements(name) * PRIMITIVE_SIZE[this.#struct.target(name)];
      const start = this.start(name);
      const expected = Math.ceil(end / ARRAY_ALIGNMENT) * ARRAY_ALIGNMENT;
      if (start !== expected) throw new Error(`${name} begins at byte ${start} instead of ${expected}`);
      end = start + size;
      bytes += size;
    }
    const total = this.#bytes;
    if (this.#base === 0n) throw new Error("there is no buffer");
    if (end > total || end + ARRAY_ALIGNMENT < total) throw new Error(`the arrays end at byte ${end} of ${total}`);
    return bytes;
  }
}
