/*
 * The sums of DEP over its window, as two functions of WebAssembly: two float64 a register and no bounds checks are three
 * times as fast as loops of JavaScript. The code is put together here, so that it needs no compiler; what the bytes mean
 * stands in the WebAssembly core specification 2.0, section 5.
 */

type Code = readonly number[];

/** Rows that a pass takes at once: each element of a result is then read and written once for four terms. */
const BLOCK = 4;
/** Bytes of two float64, one step of a loop. */
const PAIR = 16;
const DOUBLE = 8;
const PAGE = 65_536;

const I32 = 0x7f;
const V128 = 0x7b;
const END: Code = [0x0b];
const LOOP: Code = [0x03, 0x40];
/** Again, from the top of the innermost loop, where the number before is not 0. */
const REPEAT_IF: Code = [0x0d, 0];
const I32_LESS: Code = [0x49];
const I32_ADD: Code = [0x6a];
const F64_ADD: Code = [0xa0];

/** Unsigned LEB128. */
const unsigned = (value: number): Code => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]);
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];
const name = (text: string): Code => sized([...new TextEncoder().encode(text)]);

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
/** One of the operations on registers of 128 bits. */
const simd = (operation: number, ...immediates: number[]): Code => [0xfd, ...unsigned(operation), ...immediates];
const PAIR_MUL = simd(242);
const PAIR_ADD = simd(240);
/** Elements need only be aligned to 8 bytes, 2^3. */
const loadPair = (pointer: number): Code => [...get(pointer), ...simd(0, 3, 0)];
/** One element twice. */
const loadTwice = (pointer: number, element: number): Code => [...get(pointer), ...simd(10, 3, DOUBLE * element)];
const advance = (pointer: number): Code => [...get(pointer), 0x41, PAIR, ...I32_ADD, ...set(pointer)];
const lane = (local: number, index: number): Code => [...get(local), ...simd(33, index)];

interface Kernel {
  readonly params: number;
  /** Registers behind them. */
  readonly registers: number;
  readonly body: Code;
}

const ROWS = [0, 1, 2, 3] as const;

/** (row 0 to 3, v, end of v, out): out_k = Σ_j row_kj v_j. */
function innerProductsKernel(): Kernel {
  const [v, end, out, element] = [4, 5, 6, 11];
  const sum = (k: number): number => 7 + k;
  const loop = [
    ...[...loadPair(v), ...set(element)],
    ...ROWS.flatMap((k) => [...get(sum(k)), ...loadPair(k), ...get(element), ...PAIR_MUL, ...PAIR_ADD, ...set(sum(k))]),
    ...[...ROWS, v].flatMap(advance),
    ...[...get(v), ...get(end), ...I32_LESS, ...REPEAT_IF],
  ];
  const store = (k: number): Code => [
    ...[...get(out), ...lane(sum(k), 0), ...lane(sum(k), 1), ...F64_ADD],
    ...[0x39, 3, DOUBLE * k],
  ];
  return { params: 7, registers: 5, body: [...LOOP, ...loop, ...END, ...ROWS.flatMap(store)] };
}

/** (row 0 to 3, w, out, …, end of the first out): out_j += Σ_k w_k row_kj, for as many pairs of w and out as `results`. */
function weightedSumsKernel(results: number): Kernel {
  const end = BLOCK + 2 * results;
  const pairs = Array.from({ length: results }, (_, i) => ({
    w: BLOCK + 2 * i,
    out: BLOCK + 2 * i + 1,
    first: BLOCK * i,
  }));
  const weight = (first: number, k: number): number => end + 1 + first + k;
  const element = (k: number): number => weight(BLOCK * results, k);
  const product = (first: number, k: number): Code => [...get(weight(first, k)), ...get(element(k)), ...PAIR_MUL];
  const both = (first: number, k: number): Code => [...product(first, k), ...product(first, k + 1), ...PAIR_ADD];
  const load = pairs.flatMap(({ w, first }) => ROWS.flatMap((k) => [...loadTwice(w, k), ...set(weight(first, k))]));
  const loop = [
    ...ROWS.flatMap((k) => [...loadPair(k), ...set(element(k))]),
    ...pairs.flatMap(({ out, first }) => [
      ...[...get(out), ...loadPair(out), ...both(first, 0), ...both(first, 2), ...PAIR_ADD, ...PAIR_ADD],
      ...simd(11, 3, 0),
    ]),
    ...[...ROWS, ...pairs.map(({ out }) => out)].flatMap(advance),
    ...[...get(BLOCK + 1), ...get(end), ...I32_LESS, ...REPEAT_IF],
  ];
  return { params: end + 1, registers: BLOCK * (results + 1), body: [...load, ...LOOP, ...loop, ...END] };
}

const KERNELS = { inner: innerProductsKernel(), sum: weightedSumsKernel(1), sums: weightedSumsKernel(2) };

/** The module: each kernel with a type of its own, a memory that comes from outside. */
function assemble(kernels: Readonly<Record<string, Kernel>>): Uint8Array<ArrayBuffer> {
  const all = Object.values(kernels);
  const types = all.map(({ params }) => [0x60, ...vector(Array<Code>(params).fill([I32])), ...vector([])]);
  const memory = [...name("dep"), ...name("memory"), 0x02, 0x00, ...unsigned(1)];
  const exported = Object.keys(kernels).map((key, i) => [...name(key), 0x00, i]);
  const bodies = all.map(({ registers, body }) => sized([...vector([[registers, V128]]), ...body, ...END]));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      all.map((_, i) => unsigned(i)),
    ),
    ...section(7, exported),
    ...section(10, bodies),
  ]);
}

type Call = (...args: number[]) => void;

const even = (length: number): number => length + (length % 2);

/** Length of addresses and weights of m rows; beyond m addresses are any within the memory. */
export const padded = (m: number): number => Math.ceil(m / BLOCK) * BLOCK;

/**
 * Sums over m rows of n float64 that lie in a memory of their own; `at` are their addresses in it, in bytes. n is rounded up to an even number: what is behind an
 * odd row must be finite, and behind an odd vector 0.
 */
export class WindowKernels {
  /** Zeros of the lengths that were asked for. */
  readonly arrays: readonly Float64Array[];
  readonly #inner: Call;
  readonly #sum: Call;
  readonly #sums: Call;
  /** Of one row, n rounded up. */
  readonly #bytes: number;

  /** @param size n @param lengths of the arrays to be kept in the memory; two zeros follow on each */
  constructor(size: number, lengths: readonly number[]) {
    this.#bytes = DOUBLE * even(size);
    const spans = lengths.map((length) => DOUBLE * even(length + 2));
    const total = spans.reduce((sum, span) => sum + span, 0);
    const memory = new WebAssembly.Memory({ initial: Math.ceil(total / PAGE) });
    const starts = spans.map((_, i) => spans.slice(0, i).reduce((sum, span) => sum + span, 0));
    this.arrays = lengths.map((length, i) => new Float64Array(memory.buffer, starts[i], length));
    const module = new WebAssembly.Module(assemble(KERNELS));
    const { exports } = new WebAssembly.Instance(module, { dep: { memory } });
    this.#inner = exports["inner"] as Call;
    this.#sum = exports["sum"] as Call;
    this.#sums = exports["sums"] as Call;
  }

  /** out_i = Σ_j row_ij v_j. @param at [padded(m)] @param count m @param v [n] @param out [padded(m)]; what is beyond m is undefined */
  innerProducts(at: Int32Array, count: number, v: Float64Array, out: Float64Array): void {
    const from = v.byteOffset;
    const end = from + this.#bytes;
    for (let i = 0; i < count; i += BLOCK) {
      this.#inner(at[i] ?? 0, at[i + 1] ?? 0, at[i + 2] ?? 0, at[i + 3] ?? 0, from, end, out.byteOffset + DOUBLE * i);
    }
  }

  /** out_j = Σ_i w_i row_ij. @param w [padded(m)], 0 beyond m @param out [n] */
  weightedSum(at: Int32Array, count: number, w: Float64Array, out: Float64Array): void {
    const end = out.byteOffset + this.#bytes;
    out.fill(0);
    for (let i = 0; i < count; i += BLOCK) {
      const weights = w.byteOffset + DOUBLE * i;
      this.#sum(at[i] ?? 0, at[i + 1] ?? 0, at[i + 2] ?? 0, at[i + 3] ?? 0, weights, out.byteOffset, end);
    }
  }

  /** Two of them at the price of one and a half. */
  weightedSums(
    at: Int32Array,
    count: number,
    w: Float64Array,
    outW: Float64Array,
    v: Float64Array,
    outV: Float64Array,
  ): void {
    const end = outW.byteOffset + this.#bytes;
    outW.fill(0);
    outV.fill(0);
    for (let i = 0; i < count; i += BLOCK) {
      const weightsW = w.byteOffset + DOUBLE * i;
      const weightsV = v.byteOffset + DOUBLE * i;
      const a0 = at[i] ?? 0;
      const a1 = at[i + 1] ?? 0;
      const a2 = at[i + 2] ?? 0;
      const a3 = at[i + 3] ?? 0;
      this.#sums(a0, a1, a2, a3, weightsW, outW.byteOffset, weightsV, outV.byteOffset, end);
    }
  }
}
