/** Words of the state. */
const N = 624;
/** Offset of the word that the recurrence mixes in. */
const M = 397;
const MATRIX = 0x9908b0df;
const UPPER = 0x80000000;
const LOWER = 0x7fffffff;
const HEX = 8;

/** A stream of MT19937 frozen between two draws; JSON-safe. */
export type Mt19937State = {
  readonly algorithm: "mt19937";
  /** The 624 words, eight lower-case hex digits each: NumPy's `get_state()["state"]["key"]`. */
  readonly key: string;
  /** Words already handed out, 0 to 624: NumPy's `pos`. */
  readonly position: number;
  /** The second normal of the latest pair where it waits to be drawn: NumPy's `gauss`. */
  readonly gauss: number | null;
};

/**
 * The Mersenne Twister in 32-bit arithmetic, bit-exact to `numpy.random.MT19937` as `RandomState` seeds it.
 *
 * Source: M. Matsumoto and T. Nishimura, "Mersenne Twister: A 623-dimensionally equidistributed uniform pseudorandom
 * number generator", ACM TOMACS 8(1), 1998; seeding by its authors' revision of 2002 (init_genrand, init_by_array).
 */
export class Mt19937 {
  readonly #key = new Uint32Array(N);
  #position = N;

  /** @param seed one 32-bit word, or an array of one or more. */
  constructor(seed: number | readonly number[]) {
    if (typeof seed === "number") this.#fill(seed);
    else this.#mixIn(seed);
  }

  /** 32 bits, unsigned. */
  next32(): number {
    if (this.#position === N) this.#twist();
    let y = this.#key[this.#position++] ?? 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** Uniform on [0, 1) with 53 bits: the upper 27 of one word, the upper 26 of the next. */
  nextDouble(): number {
    const high = this.next32() >>> 5;
    const low = this.next32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  save(): { readonly key: string; readonly position: number } {
    const key = Array.from(this.#key, (word) => word.toString(16).padStart(HEX, "0")).join("");
    return { key, position: this.#position };
  }

  /** Continue from a saved state; RangeError, and no change, where it is none. */
  load({ key, position }: { readonly key: string; readonly position: number }): void {
    if (!/^[0-9a-f]+$/.test(key) || key.length !== HEX * N) {
      throw new RangeError(`Rng state: key must be ${HEX * N} lower-case hex digits; pass what save() returned.`);
    }
    if (!Number.isInteger(position) || position < 0 || position > N) {
      throw new RangeError(`Rng state: position must be 0 to ${N}, got ${position}; pass what save() returned.`);
    }
    for (let i = 0; i < N; i++) this.#key[i] = parseInt(key.slice(HEX * i, HEX * (i + 1)), 16);
    this.#position = position;
  }

  /** init_genrand */
  #fill(seed: number): void {
    const key = this.#key;
    key[0] = seed;
    for (let i = 1; i < N; i++) key[i] = Math.imul(1812433253, mixed(key[i - 1] ?? 0)) + i;
    this.#position = N;
  }

  /** init_by_array */
  #mixIn(words: readonly number[]): void {
    const key = this.#key;
    this.#fill(19650218);
    let i = 1;
    const advance = (): void => {
      i += 1;
      if (i < N) return;
      key[0] = key[N - 1] ?? 0;
      i = 1;
    };
    for (let k = 0; k < Math.max(N, words.length); k++) {
      const j = k % words.length;
      key[i] = ((key[i] ?? 0) ^ Math.imul(mixed(key[i - 1] ?? 0), 1664525)) + (words[j] ?? 0) + j;
      advance();
    }
    for (let k = 0; k < N - 1; k++) {
      key[i] = ((key[i] ?? 0) ^ Math.imul(mixed(key[i - 1] ?? 0), 1566083941)) - i;
      advance();
    }
    key[0] = UPPER;
  }

  /** The next 624 words in place. */
  #twist(): void {
    const key = this.#key;
    for (let i = 0; i < N; i++) {
      const y = ((key[i] ?? 0) & UPPER) | ((key[(i + 1) % N] ?? 0) & LOWER);
      key[i] = (key[(i + M) % N] ?? 0) ^ (y >>> 1) ^ (y & 1 ? MATRIX : 0);
    }
    this.#position = 0;
  }
}

const mixed = (word: number): number => word ^ (word >>> 30);
