import type { Rng } from "../../../protocol/random/generator.ts";

/**
 * Gaussian noise whose power falls with frequency as f^-beta (Timmer and Koenig 1995), unit variance, drawn and scaled as
 * the Python package colorednoise does: spectral components of all series, then of each series a sum of cosines and sines.
 */
export class ColoredNoise {
  /** [series, samples], of the last draw. */
  readonly values: Float64Array;
  readonly #series: number;
  readonly #samples: number;
  /** Standard deviation of each spectral component. */
  readonly #scale: Float64Array;
  /** Standard deviation of the sum. */
  readonly #sigma: number;
  /** [series, frequencies] */
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** cos and sin of 2 pi i / samples. */
  readonly #cosine: Float64Array;
  readonly #sine: Float64Array;

  constructor(beta: number, series: number, samples: number) {
    const frequencies = Math.floor(samples / 2) + 1;
    this.#series = series;
    this.#samples = samples;
    // The constant component counts as the lowest frequency.
    this.#scale = Float64Array.from({ length: frequencies }, (_, k) => (Math.max(k, 1) * (1 / samples)) ** (-beta / 2));
    this.#sigma = deviationOf(this.#scale, samples);
    this.#real = new Float64Array(series * frequencies);
    this.#imaginary = new Float64Array(series * frequencies);
    this.#cosine = Float64Array.from({ length: samples }, (_, i) => Math.cos((2 * Math.PI * i) / samples));
    this.#sine = Float64Array.from({ length: samples }, (_, i) => Math.sin((2 * Math.PI * i) / samples));
    this.values = new Float64Array(series * samples);
  }

  /** 2 x series x (samples / 2 + 1) normal draws. */
  draw(rng: Rng): void {
    const frequencies = this.#scale.length;
    for (const part of [this.#real, this.#imaginary]) {
      for (let i = 0; i < part.length; i++) part[i] = rng.normal(0, this.#scale[i % frequencies]);
    }
    for (let series = 0; series < this.#series; series++) this.#transform(series);
  }

  /** Inverse Fourier transform of one series; its constant and Nyquist components are real. */
  #transform(series: number): void {
    const n = this.#samples;
    const first = series * this.#scale.length;
    const last = this.#scale.length - 1;
    const even = n % 2 === 0;
    for (let t = 0; t < n; t++) {
      let sum = Math.SQRT2 * (this.#real[first] ?? 0);
      for (let k = 1; k <= last; k++) {
        const at = (k * t) % n;
        const re = this.#real[first + k] ?? 0;
        if (even && k === last) sum += Math.SQRT2 * re * (this.#cosine[at] ?? 0);
        else sum += 2 * (re * (this.#cosine[at] ?? 0) - (this.#imaginary[first + k] ?? 0) * (this.#sine[at] ?? 0));
      }
      this.values[series * n + t] = sum / n / this.#sigma;
    }
  }
}

function deviationOf(scale: Float64Array, samples: number): number {
  let sum = 0;
  for (let k = 1; k < scale.length; k++) {
    const share = k === scale.length - 1 ? (1 + (samples % 2)) / 2 : 1;
    sum += (share * (scale[k] ?? 0)) ** 2;
  }
  return (2 * Math.sqrt(sum)) / samples;
}
