import { multiplyHigh } from "./multiply-high.ts";
import type { SeedSequence } from "./seed-sequence.ts";

// The 128-bit multiplier 0x2360ED051FC65DA44385DF649FCCF645 in words, least significant first.
const MULTIPLIER_0 = 0x9fccf645;
const MULTIPLIER_1 = 0x4385df64;
const MULTIPLIER_2 = 0x1fc65da4;
const MULTIPLIER_3 = 0x2360ed05;

const WORD = 2 ** 32;
const INVERSE_WORD = 2 ** -32;
const INVERSE_2_53 = 2 ** -53;

/** A stream frozen between two draws; JSON-safe. The hex strings are NumPy's `bit_generator.state` integers in base 16. */
export type Pcg64State = {
  readonly algorithm: "pcg64";
  /** 128-bit state, 32 lower-case hex digits. */
  readonly state: string;
  /** 128-bit odd increment, 32 lower-case hex digits. */
  readonly increment: string;
  /** Upper half of a 64-bit draw that `next32` has yet to hand out. */
  readonly buffered: number | null;
};

/** Words of a 128-bit integer, least significant first, as signed 32-bit numbers. */
type Words = readonly [number, number, number, number];

function toHex(words: Words): string {
  return words.reduceRight((hex, word) => hex + (word >>> 0).toString(16).padStart(8, "0"), "");
}

function fromHex(name: string, hex: string): Words {
  if (!/^[0-9a-f]{32}$/.test(hex)) {
    throw new RangeError(
      `Rng state: ${name} must be 32 lower-case hex digits, got "${hex}"; pass what save() returned.`,
    );
  }
  const word = (i: number): number => parseInt(hex.slice(24 - 8 * i, 32 - 8 * i), 16) | 0;
  return [word(0), word(1), word(2), word(3)];
}

/**
 * PCG XSL-RR 128/64 in 32-bit arithmetic, bit-exact to `numpy.random.PCG64`.
 *
 * `state = state * multiplier + increment (mod 2^128)`; the output is the xor of the halves of the new state, rotated
 * right by its top six bits. Source: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
 * Algorithms for Random Number Generation", HMC-CS-2014-0905, 2014, section 6.3.
 */
export class Pcg64 {
  /** Upper and lower half of the latest 64-bit draw, signed. */
  high = 0;
  low = 0;
  #state0 = 0;
  #state1 = 0;
  #state2 = 0;
  #state3 = 0;
  #increment0 = 0;
  #increment1 = 0;
  #increment2 = 0;
  #increment3 = 0;
  #half = 0;
  #hasHalf = false;

  constructor(seeds: SeedSequence) {
    // NumPy reads the eight words as four 64-bit integers: state high, state low, sequence high, sequence low.
    const [s2 = 0, s3 = 0, s0 = 0, s1 = 0, i2 = 0, i3 = 0, i0 = 0, i1 = 0] = seeds.generateState(8);
    const increment: Words = [(i0 << 1) | 1, (i1 << 1) | (i0 >>> 31), (i2 << 1) | (i1 >>> 31), (i3 << 1) | (i2 >>> 31)];
    this.#setIncrement(increment);
    // The reference seeding steps once from 0, which leaves the increment, adds the seed and steps again.
    const c0 = s0 + (increment[0] >>> 0);
    const c1 = s1 + (increment[1] >>> 0) + (c0 >= WORD ? 1 : 0);
    const c2 = s2 + (increment[2] >>> 0) + (c1 >= WORD ? 1 : 0);
    const c3 = s3 + (increment[3] >>> 0) + (c2 >= WORD ? 1 : 0);
    this.#setState([c0 | 0, c1 | 0, c2 | 0, c3 | 0]);
    this.#step();
  }

  /** Draw 64 bits into `high` and `low`. */
  next64(): void {
    this.#step();
    const rotation = this.#state3 >>> 26;
    const xorLow = this.#state0 ^ this.#state2;
    const xorHigh = this.#state1 ^ this.#state3;
    const a = rotation & 32 ? xorHigh : xorLow;
    const b = rotation & 32 ? xorLow : xorHigh;
    // Shift counts are taken modulo 32; the left shift is split so that a rotation by 0 clears the other word.
    this.low = (a >>> rotation) | ((b << 1) << ~rotation);
    this.high = (b >>> rotation) | ((a << 1) << ~rotation);
  }

  /** 32 bits, unsigned: the lower half of a 64-bit draw, then its upper half. Other draws leave that half waiting. */
  next32(): number {
    if (this.#hasHalf) {
      this.#hasHalf = false;
      return this.#half >>> 0;
    }
    this.next64();
    this.#hasHalf = true;
    this.#half = this.high;
    return this.low >>> 0;
  }

  /** Uniform on [0, 1) with 53 bits. */
  nextDouble(): number {
    this.next64();
    return ((this.high >>> 0) * 2097152 + (this.low >>> 11)) * INVERSE_2_53;
  }

  save(): Pcg64State {
    return {
      algorithm: "pcg64",
      state: toHex([this.#state0, this.#state1, this.#state2, this.#state3]),
      increment: toHex([this.#increment0, this.#increment1, this.#increment2, this.#increment3]),
      buffered: this.#hasHalf ? this.#half >>> 0 : null,
    };
  }

  /** Continue from a saved state; RangeError, and no change, where it is none. */
  load(saved: Pcg64State): void {
    const state = fromHex("state", saved.state);
    const increment = fromHex("increment", saved.increment);
    const { buffered } = saved;
    if ((increment[0] & 1) === 0) {
      throw new RangeError(`Rng state: increment must be odd, got ${saved.increment}; pass what save() returned.`);
    }
    if (buffered !== null && buffered !== buffered >>> 0) {
      throw new RangeError(
        `Rng state: buffered must be null or below 2^32, got ${buffered}; pass what save() returned.`,
      );
    }
    this.#setState(state);
    this.#setIncrement(increment);
    this.#hasHalf = buffered !== null;
    this.#half = (buffered ?? 0) | 0;
  }

  #setState([s0, s1, s2, s3]: Words): void {
    this.#state0 = s0;
    this.#state1 = s1;
    this.#state2 = s2;
    this.#state3 = s3;
  }

  #setIncrement([i0, i1, i2, i3]: Words): void {
    this.#increment0 = i0;
    this.#increment1 = i1;
    this.#increment2 = i2;
    this.#increment3 = i3;
  }

  /** Schoolbook product, one column a word; a column of up to seven words is exact in a double. */
  #step(): void {
    const s0 = this.#state0;
    const s1 = this.#state1;
    const s2 = this.#state2;
    const column0 = (Math.imul(s0, MULTIPLIER_0) >>> 0) + (this.#increment0 >>> 0);
    const column1 =
      multiplyHigh(s0, MULTIPLIER_0) +
      (Math.imul(s0, MULTIPLIER_1) >>> 0) +
      (Math.imul(s1, MULTIPLIER_0) >>> 0) +
      (this.#increment1 >>> 0) +
      (column0 >= WORD ? 1 : 0);
    const column2 =
      multiplyHigh(s0, MULTIPLIER_1) +
      multiplyHigh(s1, MULTIPLIER_0) +
      (Math.imul(s0, MULTIPLIER_2) >>> 0) +
      (Math.imul(s1, MULTIPLIER_1) >>> 0) +
      (Math.imul(s2, MULTIPLIER_0) >>> 0) +
      (this.#increment2 >>> 0) +
      ((column1 * INVERSE_WORD) | 0);
    const column3 =
      multiplyHigh(s0, MULTIPLIER_2) +
      multiplyHigh(s1, MULTIPLIER_1) +
      multiplyHigh(s2, MULTIPLIER_0) +
      Math.imul(s0, MULTIPLIER_3) +
      Math.imul(s1, MULTIPLIER_2) +
      Math.imul(s2, MULTIPLIER_1) +
      Math.imul(this.#state3, MULTIPLIER_0) +
      this.#increment3 +
      ((column2 * INVERSE_WORD) | 0);
    this.#state0 = column0 | 0;
    this.#state1 = column1 | 0;
    this.#state2 = column2 | 0;
    this.#state3 = column3 | 0;
  }
}
