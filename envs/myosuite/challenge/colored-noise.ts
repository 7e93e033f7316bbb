import type { Json } from "../../../protocol/env.ts";
import { createRng, type Rng, type RngState } from "../../../protocol/random/generator.ts";
import { mapOf } from "../recipe.ts";
import { MixedRadixFft } from "./mixed-radix-fft.ts";

/**
 * Two channels of Gaussian noise with power spectral density 1/f^beta and unit variance, as MyoSuite's opponents draw it:
 * a series of `length` steps, and a new one whenever it is used up. A series takes 4 (length / 2 + 1) standard normals:
 * real parts of both channels' Fourier coefficients, then imaginary parts.
 * Source: J. Timmer, M. König, Astronomy and Astrophysics 300, 707–710 (1995), in the normalisation of the Python package
 * colorednoise.
 */
export class ColoredNoise {
  readonly length: number;
  readonly #scale: number;
  readonly #fft: MixedRadixFft;
  /** Standard deviation of the coefficients by frequency, [length / 2 + 1]. */
  readonly #deviations: Float64Array;
  /** 1 / (standard deviation of the series times length). */
  readonly #gain: number;
  /** Coefficients, [2, length / 2 + 1]. */
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  /** Both channels as one complex series: its spectrum and its values, [length]. */
  readonly #spectrumRe: Float64Array;
  readonly #spectrumIm: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  /** Where the stream was before the series was drawn: all that a snapshot needs of it. */
  #origin: RngState | null = null;
  #synthesised = false;
  #next = 0;

  /** @param scale standard deviation of the samples */
  constructor(beta: number, length: number, scale: number) {
    this.length = length;
    this.#scale = scale;
    this.#fft = new MixedRadixFft(length);
    const count = Math.floor(length / 2) + 1;
    const lowest = 1 / length;
    this.#deviations = Float64Array.from({ length: count }, (_, k) => (Math.max(k, 1) * lowest) ** (-beta / 2));
    this.#gain = 1 / (2 * Math.sqrt(this.#power()));
    this.#real = new Float64Array(2 * count);
    this.#imaginary = new Float64Array(2 * count);
    this.#spectrumRe = new Float64Array(length);
    this.#spectrumIm = new Float64Array(length);
    this.#first = new Float64Array(length);
    this.#second = new Float64Array(length);
  }

  /** Sum of the squared deviations but for the mean's; the highest frequency of an even length counts a quarter. */
  #power(): number {
    const last = this.#deviations.length - 1;
    let sum = 0;
    for (let k = 1; k <= last; k++) {
      const weight = k === last ? (1 + (this.length % 2)) / 2 : 1;
      sum += (weight * (this.#deviations[k] ?? 0)) ** 2;
    }
    return sum;
  }

  /** Draw a new series and rewind to its start. */
  draw(rng: Rng): void {
    this.#origin = rng.save();
    this.#next = 0;
    this.#synthesised = false;
    this.#drawPart(rng, this.#real);
    this.#drawPart(rng, this.#imaginary);
  }

  #drawPart(rng: Rng, out: Float64Array): void {
    const count = this.#deviations.length;
    for (let i = 0; i < out.length; i++) out[i] = rng.standardNormal() * (this.#deviations[i % count] ?? 0);
  }

  /** The next values of both channels into `out` [2]; `rng` gives the next series where this one ends. */
  sample(rng: Rng, out: Float64Array): void {
    if (this.#next >= this.length) this.draw(rng);
    if (!this.#synthesised) this.#synthesise();
    out[0] = this.#scale * (this.#first[this.#next] ?? 0);
    out[1] = this.#scale * (this.#second[this.#next] ?? 0);
    this.#next += 1;
  }

  /** Channel 0 is the real, channel 1 the imaginary part of one transform. */
  #synthesise(): void {
    const { length } = this;
    const count = this.#deviations.length;
    for (let k = 0; k < count; k++) {
      const mirror = (length - k) % length;
      // The mean, and the highest frequency of an even length, are real.
      const own = mirror === k;
      const factor = own ? Math.SQRT2 : 1;
      const a = factor * (this.#real[k] ?? 0);
      const b = factor * (this.#real[count + k] ?? 0);
      const c = own ? 0 : (this.#imaginary[k] ?? 0);
      const d = own ? 0 : (this.#imaginary[count + k] ?? 0);
      this.#spectrumRe[k] = a - d;
      this.#spectrumIm[k] = b + c;
      this.#spectrumRe[mirror] = a + d;
      this.#spectrumIm[mirror] = b - c;
    }
    this.#fft.inverse(this.#spectrumRe, this.#spectrumIm, this.#first, this.#second);
    for (let t = 0; t < length; t++) {
      this.#first[t] = (this.#first[t] ?? 0) * this.#gain;
      this.#second[t] = (this.#second[t] ?? 0) * this.#gain;
    }
    this.#synthesised = true;
  }

  save(): Json {
    return { origin: this.#origin, next: this.#next };
  }

  load(state: Json | undefined): void {
    const saved = mapOf(state ?? null);
    const origin = (saved["origin"] ?? null) as RngState | null;
    if (origin !== null && !sameState(origin, this.#origin)) {
      const rng = createRng(0);
      rng.load(origin);
      this.draw(rng);
    }
    this.#next = Number(saved["next"]);
  }
}

const sameState = (a: RngState, b: RngState | null): boolean => JSON.stringify(a) === JSON.stringify(b);
