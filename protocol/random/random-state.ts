import { Stream, type DrawSource, type Rng, type RngState } from "./generator.ts";
import { Mt19937, type Mt19937State } from "./mt19937.ts";

const WORD = 2 ** 32;

/** NumPy's legacy distributions over MT19937. */
class RandomStateSource implements DrawSource<Mt19937State> {
  readonly #bits: Mt19937;
  #gauss: number | null = null;

  constructor(bits: Mt19937) {
    this.#bits = bits;
  }

  nextDouble(): number {
    return this.#bits.nextDouble();
  }

  /** Draws of as many bits as count - 1 has until one lies below the count; a single choice draws nothing. */
  boundedInteger(count: number): number {
    const last = count - 1;
    if (last === 0) return 0;
    const bits = this.#bits;
    if (last < WORD) {
      const mask = maskOf(last);
      for (;;) {
        const value = (bits.next32() & mask) >>> 0;
        if (value <= last) return value;
      }
    }
    const mask = maskOf(Math.floor(last / WORD));
    for (;;) {
      const high = (bits.next32() & mask) >>> 0;
      const value = high * WORD + bits.next32();
      if (value <= last) return value;
    }
  }

  /** Polar method (G. Marsaglia and T. A. Bray, SIAM Review 6(3), 1964): normals come in pairs, the second one waits. */
  standardNormal(): number {
    const waiting = this.#gauss;
    this.#gauss = null;
    if (waiting !== null) return waiting;
    for (;;) {
      const x = 2 * this.nextDouble() - 1;
      const y = 2 * this.nextDouble() - 1;
      const r2 = x * x + y * y;
      if (r2 >= 1 || r2 === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(r2)) / r2);
      this.#gauss = scale * x;
      return scale * y;
    }
  }

  save(): Mt19937State {
    return { algorithm: "mt19937", ...this.#bits.save(), gauss: this.#gauss };
  }

  load(state: RngState): void {
    if (state.algorithm !== "mt19937") {
      throw new RangeError(
        `Rng state: the algorithm must be mt19937, got ${state.algorithm}; pass what save() returned.`,
      );
    }
    const { gauss } = state;
    if (gauss !== null && !Number.isFinite(gauss)) {
      throw new RangeError(`Rng state: gauss must be null or a number, got ${gauss}; pass what save() returned.`);
    }
    this.#bits.load(state);
    this.#gauss = gauss;
  }
}

/** Ones in every bit that `value` (below 2^32) needs. */
const maskOf = (value: number): number => (value === 0 ? 0 : 0xffffffff >>> Math.clz32(value));

/** Words of a seed: one below 2^32, else two, the lower first. */
function wordsOf(seed: number): number | readonly number[] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`A seed must be an integer from 0 to 2^53 - 1, got ${seed}; pass one.`);
  }
  return seed < WORD ? seed : [seed % WORD, Math.floor(seed / WORD)];
}

/**
 * The stream of `numpy.random.RandomState(seed)`: `random`, `uniform`, `normal`, `standardNormal`, `choice` and `integers`
 * (NumPy's `randint`) draw what its methods of that name draw. dm_control's tasks use it.
 * @param seed 0 to 2^53 - 1; NumPy refuses one above 2^32 - 1, which is here the array of its two words, lower first.
 */
export function createRandomState(seed: number): Rng {
  return new Stream(new RandomStateSource(new Mt19937(wordsOf(seed))));
}
