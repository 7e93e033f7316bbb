import type { Rng } from "../../protocol/random/generator.ts";
import { InverseFft } from "./fft.ts";

/**
 * Gaussian noise with power spectral density 1/f^beta and unit variance, by spectral synthesis
 * (Timmer & König 1995, eq. 9-10): independent Gaussian Fourier coefficients of standard deviation f^(-beta/2).
 *
 * The coefficients are drawn for positive and negative frequencies alike, without Hermitian symmetry: real and imaginary
 * part of the transform are then two independent signals of that spectrum, and one transform serves two actuators.
 */
export class SpectralSynthesis {
  readonly length: number;
  /** Two independent signals, those of the last draw; [L] */
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly #fft: InverseFft;
  /** Standard deviation of each coefficient, [L]; the mean has the power of the lowest frequency. */
  readonly #deviations: Float64Array;

  /** @param length L, steps; a power of two. */
  constructor(beta: number, length: number) {
    this.length = length;
    this.#fft = new InverseFft(length);
    const powers = Float64Array.from({ length }, (_, i) => Math.max(Math.min(i, length - i), 1) ** -beta);
    const variance = powers.reduce((sum, power) => sum + power, 0);
    this.#deviations = powers.map((power) => Math.sqrt(power / variance));
    this.first = new Float64Array(length);
    this.second = new Float64Array(length);
  }

  /** New signals. */
  draw(rng: Rng): void {
    for (let i = 0; i < this.length; i++) {
      const deviation = this.#deviations[i] ?? 0;
      this.first[i] = deviation * rng.standardNormal();
      this.second[i] = deviation * rng.standardNormal();
    }
    this.#fft.transform(this.first, this.second);
  }
}
