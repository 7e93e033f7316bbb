/** Prime factors, ascending; none of 1. */
function primeFactors(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (let p = 2; rest > 1; p++) {
    while (rest % p === 0) {
      factors.push(p);
      rest /= p;
    }
  }
  return factors;
}

/** Inverse discrete Fourier transform of any length n, mixed radix, without the factor 1/n; made for small prime factors. */
export class MixedRadixFft {
  readonly size: number;
  readonly #factors: readonly number[];
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** The terms of one butterfly, [largest factor]. */
  readonly #termRe: Float64Array;
  readonly #termIm: Float64Array;

  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`size must be a positive integer, got ${size}.`);
    this.size = size;
    this.#factors = primeFactors(size);
    this.#cos = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float64Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * i) / size));
    const radix = this.#factors.at(-1) ?? 1;
    this.#termRe = new Float64Array(radix);
    this.#termIm = new Float64Array(radix);
  }

  /** x_t = sum over k of X_k exp(2 pi i k t / n). @param re [n] @param im [n] @param outRe [n] @param outIm [n] */
  inverse(re: Float64Array, im: Float64Array, outRe: Float64Array, outIm: Float64Array): void {
    this.#part(re, im, outRe, outIm, 0, 1, 0, this.size, 0);
  }

  /** Transform of the n elements from, from + stride, … at out[to … to + n). */
  #part(
    re: Float64Array,
    im: Float64Array,
    outRe: Float64Array,
    outIm: Float64Array,
    from: number,
    stride: number,
    to: number,
    n: number,
    depth: number,
  ): void {
    const p = this.#factors[depth];
    if (p === undefined) {
      outRe[to] = re[from] ?? 0;
      outIm[to] = im[from] ?? 0;
      return;
    }
    const m = n / p;
    for (let r = 0; r < p; r++) {
      this.#part(re, im, outRe, outIm, from + r * stride, stride * p, to + r * m, m, depth + 1);
    }
    for (let k = 0; k < m; k++) this.#butterfly(outRe, outIm, to + k, m, p, k * stride);
  }

  /** Joins p transforms of length m at one frequency; term r is turned by exp(2 pi i r turn / size). */
  #butterfly(outRe: Float64Array, outIm: Float64Array, at: number, m: number, p: number, turn: number): void {
    const { size } = this;
    for (let r = 0; r < p; r++) {
      const cos = this.#cos[r * turn] ?? 0;
      const sin = this.#sin[r * turn] ?? 0;
      const x = outRe[at + r * m] ?? 0;
      const y = outIm[at + r * m] ?? 0;
      this.#termRe[r] = x * cos - y * sin;
      this.#termIm[r] = x * sin + y * cos;
    }
    const root = size / p;
    for (let q = 0; q < p; q++) {
      let sumRe = 0;
      let sumIm = 0;
      for (let r = 0; r < p; r++) {
        const cos = this.#cos[(r * q * root) % size] ?? 0;
        const sin = this.#sin[(r * q * root) % size] ?? 0;
        const x = this.#termRe[r] ?? 0;
        const y = this.#termIm[r] ?? 0;
        sumRe += x * cos - y * sin;
        sumIm += x * sin + y * cos;
      }
      outRe[at + q * m] = sumRe;
      outIm[at + q * m] = sumIm;
    }
  }
}
