/** Inverse discrete Fourier transform of a power of two, radix 2, in place, without the factor 1/n. */
export class InverseFft {
  readonly size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;

  constructor(size: number) {
    if (size < 1 || !Number.isInteger(Math.log2(size)))
      throw new RangeError(`size must be a power of two, got ${size}.`);
    this.size = size;
    this.#cos = Float64Array.from({ length: size >> 1 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float64Array.from({ length: size >> 1 }, (_, i) => Math.sin((2 * Math.PI * i) / size));
    this.#reversed = new Uint32Array(size);
    for (let i = 1; i < size; i++) {
      this.#reversed[i] = ((this.#reversed[i >> 1] ?? 0) >> 1) | (i & 1 ? size >> 1 : 0);
    }
  }

  /** x_t = sum over f of X_f exp(2 pi i f t / n). @param re [n] @param im [n] */
  transform(re: Float64Array, im: Float64Array): void {
    this.#permute(re, im);
    const n = this.size;
    for (let half = 1; half < n; half <<= 1) {
      const stride = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half) {
        for (let i = 0; i < half; i++) this.#butterfly(re, im, start + i, start + i + half, i * stride);
      }
    }
  }

  #permute(re: Float64Array, im: Float64Array): void {
    for (let i = 0; i < this.size; i++) {
      const j = this.#reversed[i] ?? 0;
      if (j <= i) continue;
      const real = re[i] ?? 0;
      const imaginary = im[i] ?? 0;
      re[i] = re[j] ?? 0;
      im[i] = im[j] ?? 0;
      re[j] = real;
      im[j] = imaginary;
    }
  }

  #butterfly(re: Float64Array, im: Float64Array, a: number, b: number, twiddle: number): void {
    const cos = this.#cos[twiddle] ?? 0;
    const sin = this.#sin[twiddle] ?? 0;
    const real = (re[b] ?? 0) * cos - (im[b] ?? 0) * sin;
    const imaginary = (re[b] ?? 0) * sin + (im[b] ?? 0) * cos;
    re[b] = (re[a] ?? 0) - real;
    im[b] = (im[a] ?? 0) - imaginary;
    re[a] = (re[a] ?? 0) + real;
    im[a] = (im[a] ?? 0) + imaginary;
  }
}
