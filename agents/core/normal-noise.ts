import type { Rng } from "../../protocol/random/generator.ts";

/*
 * Marsaglia and Tsang's 256 layers of equal area under exp(-x^2 / 2) ("The Ziggurat Method for Generating Random
 * Variables", J. Stat. Software 5(8), 2000). One 32-bit draw is cut into 8 bits of layer and a signed abscissa of 24, which share
 * none (Doornik 2005).
 */
const LAYERS = 256;
const LAYER_MASK = LAYERS - 1;
/** Where the tail starts. */
const TAIL = 3.6541528853610088;
/** Area of a layer; the lowest one includes the tail. */
const AREA = 4.92867323399e-3;
/** A signed word shifted by so much is the abscissa. */
const ABSCISSA_SHIFT = 8;
const ABSCISSA_STEP = 2 ** -23;
const WORD_STEP = 2 ** -32;

interface Ziggurat {
  /** Width of a layer by step of the abscissa, [256] */
  readonly scale: Float64Array;
  /** Abscissas nearer to 0 lie under the density for sure, [256] */
  readonly accept: Int32Array;
  /** Density at the outer rim of a layer, [257] */
  readonly density: Float64Array;
}

/** Layer 0 is the lowest, with the tail; the others get narrower. */
function createZiggurat(): Ziggurat {
  const rims = new Float64Array(LAYERS + 1);
  const density = (x: number): number => Math.exp(-0.5 * x * x);
  rims[0] = AREA / density(TAIL);
  rims[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    const outer = rims[i - 1] ?? 0;
    rims[i] = Math.sqrt(-2 * Math.log(AREA / outer + density(outer)));
  }
  const scale = new Float64Array(LAYERS);
  const accept = new Int32Array(LAYERS);
  for (let i = 0; i < LAYERS; i++) {
    const width = rims[i] ?? 0;
    scale[i] = width * ABSCISSA_STEP;
    accept[i] = Math.floor((rims[i + 1] ?? 0) / width / ABSCISSA_STEP);
  }
  return { scale, accept, density: rims.map(density) };
}

const ZIGGURAT = createZiggurat();

/** Words of the state: two generators that take turns, so that neither waits for its own last step. */
export const NOISE_STATE_WORDS = 8;
/** Elements drawn before those at the rim of a layer are redone. */
const BLOCK = 2048;

/**
 * Standard normal f32 by the hundred thousand: xoshiro128++ (Blackman and Vigna 2021) under a ziggurat, many times as fast
 * as `Rng.standardNormal`, which follows NumPy bit for bit. The numbers depend on the lengths that are asked for.
 */
export class NormalNoise {
  /** Live state: a checkpoint copies it, a restore writes into it. */
  readonly state: Uint32Array;
  /** Places and draws of a block that are not surely under the density. */
  readonly #places = new Int32Array(BLOCK + 1);
  readonly #words = new Int32Array(BLOCK + 1);

  /** @param rng seeds the state. @param state [8] to keep it in, such as a part of a larger array */
  constructor(rng: Rng, state: Uint32Array = new Uint32Array(NOISE_STATE_WORDS)) {
    this.state = state;
    for (let i = 0; i < NOISE_STATE_WORDS; i++) state[i] = rng.integers(0, 2 ** 32);
    // All zeros is the one state that xoshiro never leaves.
    for (const first of [0, 4]) state[first] = (state[first] ?? 0) | 1;
  }

  /** Fill with independent standard normals. */
  fill(out: Float32Array): void {
    for (let from = 0; from < out.length; from += BLOCK) {
      const rims = this.#draw(out, from, Math.min(from + BLOCK, out.length));
      for (let i = 0; i < rims; i++) out[this.#places[i] ?? 0] = this.#atRim(this.#words[i] ?? 0);
    }
  }

  /** One draw of each generator in turn, wherever it falls. @returns how many fell at a rim */
  #draw(out: Float32Array, from: number, to: number): number {
    const { scale, accept } = ZIGGURAT;
    const [places, words] = [this.#places, this.#words];
    let { 0: a0 = 0, 1: a1 = 0, 2: a2 = 0, 3: a3 = 0, 4: b0 = 0, 5: b1 = 0, 6: b2 = 0, 7: b3 = 0 } = this.state;
    let rims = 0;
    for (let i = from; i < to; i += 2) {
      const sumA = (a0 + a3) | 0;
      const sumB = (b0 + b3) | 0;
      const wordA = (((sumA << 7) | (sumA >>> 25)) + a0) | 0;
      const wordB = (((sumB << 7) | (sumB >>> 25)) + b0) | 0;
      const shiftedA = a1 << 9;
      const shiftedB = b1 << 9;
      a2 ^= a0;
      b2 ^= b0;
      a3 ^= a1;
      b3 ^= b1;
      a1 ^= a2;
      b1 ^= b2;
      a0 ^= a3;
      b0 ^= b3;
      a2 ^= shiftedA;
      b2 ^= shiftedB;
      a3 = (a3 << 11) | (a3 >>> 21);
      b3 = (b3 << 11) | (b3 >>> 21);
      const abscissaA = wordA >> ABSCISSA_SHIFT;
      const abscissaB = wordB >> ABSCISSA_SHIFT;
      out[i] = (abscissaA + 0.5) * (scale[wordA & LAYER_MASK] ?? 0);
      if (Math.abs(abscissaA) >= (accept[wordA & LAYER_MASK] ?? 0)) {
        places[rims] = i;
        words[rims++] = wordA;
      }
      if (i + 1 === to) break;
      out[i + 1] = (abscissaB + 0.5) * (scale[wordB & LAYER_MASK] ?? 0);
      if (Math.abs(abscissaB) >= (accept[wordB & LAYER_MASK] ?? 0)) {
        places[rims] = i + 1;
        words[rims++] = wordB;
      }
    }
    this.state.set([a0, a1, a2, a3, b0, b1, b2, b3]);
    return rims;
  }

  #next(): number {
    const { 0: s0 = 0, 1: s1 = 0, 2: s2 = 0, 3: s3 = 0 } = this.state;
    const sum = (s0 + s3) | 0;
    const a = s2 ^ s0;
    const b = s3 ^ s1;
    this.state[1] = s1 ^ a;
    this.state[0] = s0 ^ b;
    this.state[2] = a ^ (s1 << 9);
    this.state[3] = (b << 11) | (b >>> 21);
    return (((sum << 7) | (sum >>> 25)) + s0) >>> 0;
  }

  /** Uniform on (0, 1). */
  #uniform(): number {
    return (this.#next() + 0.5) * WORD_STEP;
  }

  /** A draw that is not surely under the density; 1 in 140 gets here. */
  #atRim(first: number): number {
    const { scale, accept, density } = ZIGGURAT;
    for (let word = first; ; word = this.#next()) {
      const layer = word & LAYER_MASK;
      const abscissa = word >> ABSCISSA_SHIFT;
      const x = (abscissa + 0.5) * (scale[layer] ?? 0);
      if (Math.abs(abscissa) < (accept[layer] ?? 0)) return x;
      if (layer === 0) return x < 0 ? -this.#tail() : this.#tail();
      const outer = density[layer] ?? 0;
      const inner = density[layer + 1] ?? 0;
      if (outer + this.#uniform() * (inner - outer) < Math.exp(-0.5 * x * x)) return x;
    }
  }

  /** Beyond the last layer (Marsaglia 1964). */
  #tail(): number {
    for (;;) {
      const x = -Math.log(this.#uniform()) / TAIL;
      const y = -Math.log(this.#uniform());
      if (y + y >= x * x) return TAIL + x;
    }
  }
}
