/** What a stream is seeded with: a non-negative integer, several of them, or null for fresh entropy. */
export type Seed = number | bigint | null | readonly (number | bigint)[];

/** Words in the entropy pool: 128 bits, NumPy's default. */
const POOL_SIZE = 4;

// Constants of O'Neill's seed_seq alternative, as NumPy uses them.
const INIT_A = 0x43b0d7e5;
const MULT_A = 0x931e8875;
const INIT_B = 0x8b51f9dd;
const MULT_B = 0x58f38ded;
const MIX_MULT_L = 0xca01f9dd;
const MIX_MULT_R = 0x4973f715;

/** The next word of a running hash; the multiplier moves on with every call. */
type Hash = (value: number) => number;

function createHash(init: number, multiplier: number): Hash {
  let constant = init;
  return (value) => {
    const keyed = value ^ constant;
    constant = Math.imul(constant, multiplier);
    const product = Math.imul(keyed, constant);
    return (product ^ (product >>> 16)) >>> 0;
  };
}

function mix(x: number, y: number): number {
  const difference = (Math.imul(MIX_MULT_L, x) - Math.imul(MIX_MULT_R, y)) | 0;
  return (difference ^ (difference >>> 16)) >>> 0;
}

/** Little-endian 32-bit words of a non-negative integer; 0 is one word. */
function wordsOf(value: number | bigint): number[] {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`A seed must be an integer below 2^53, got ${value}; pass a bigint for a larger one.`);
  }
  if (value < 0) throw new RangeError(`A seed must not be negative, got ${value.toString()}; use its absolute value.`);
  const words: number[] = [];
  let rest = BigInt(value);
  do {
    words.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return words;
}

/** 128 bits from the platform's secure source, as words that JSON and `SeedSequence` take. */
export function freshEntropy(): number[] {
  return Array.from(globalThis.crypto.getRandomValues(new Uint32Array(POOL_SIZE)));
}

/**
 * Turns seeds of any quality into well-mixed state words, bit-exact to `numpy.random.SeedSequence(entropy, spawn_key=…)`.
 *
 * The spawn key tells streams of the same seed apart: child `i` of NumPy's `spawn` has the key `[...parentKey, i]`.
 * Source: M. E. O'Neill, "Developing a seed_seq Alternative", pcg-random.org, 2015; NumPy's documentation of SeedSequence.
 */
export class SeedSequence {
  readonly #pool = new Uint32Array(POOL_SIZE);

  constructor(entropy: Seed, spawnKey: readonly (number | bigint)[] = []) {
    const given = entropy ?? freshEntropy();
    const words = typeof given === "object" ? given.flatMap(wordsOf) : wordsOf(given);
    if (spawnKey.length > 0) {
      // A short seed is padded, or seed [1] with key [2] would equal seed [1, 2].
      while (words.length < POOL_SIZE) words.push(0);
      words.push(...spawnKey.flatMap(wordsOf));
    }
    this.#absorb(words);
  }

  /** `count` words of 32 bits; equal for equal entropy and key. */
  generateState(count: number): Uint32Array {
    const hash = createHash(INIT_B, MULT_B);
    return Uint32Array.from({ length: count }, (_, i) => hash(this.#pool[i % POOL_SIZE] ?? 0));
  }

  #absorb(words: readonly number[]): void {
    const pool = this.#pool;
    const hash = createHash(INIT_A, MULT_A);
    for (let i = 0; i < POOL_SIZE; i++) pool[i] = hash(words[i] ?? 0);
    for (let from = 0; from < POOL_SIZE; from++) {
      for (let to = 0; to < POOL_SIZE; to++) {
        if (from !== to) pool[to] = mix(pool[to] ?? 0, hash(pool[from] ?? 0));
      }
    }
    for (const word of words.slice(POOL_SIZE)) {
      for (let to = 0; to < POOL_SIZE; to++) pool[to] = mix(pool[to] ?? 0, hash(word));
    }
  }
}
