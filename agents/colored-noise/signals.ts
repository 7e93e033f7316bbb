import type { Rng } from "../../protocol/random/generator.ts";
import type { AgentState } from "../core/checkpoint.ts";
import { SpectralSynthesis } from "./synthesis.ts";

/** How long the signals of an actuator are and where they start. */
export interface SignalShape {
  /** Power spectral density 1/f^beta. */
  readonly beta: number;
  /** L, steps; a power of two. */
  readonly chunkSteps: number;
  /** Spread the chunk ends of the actuators over the chunk, so that no single step pays for all their transforms. */
  readonly staggered: boolean;
}

/**
 * Endless signals of a colour and unit variance: chunks of L steps, one after another, each row from its own stream.
 *
 * Axes: N rows, A actuators, P pairs of actuators, L steps of a chunk.
 */
export class ColoredSignals {
  readonly state: AgentState;
  readonly #synthesis: SpectralSynthesis;
  readonly #streams: readonly Rng[];
  readonly #actuators: number;
  readonly #pairs: number;
  readonly #staggered: boolean;
  /** [N, P, 2, L] */
  readonly #signals: Float32Array;
  /** Steps since the row's reset, [N]. */
  readonly #time: Float64Array;

  constructor(streams: readonly Rng[], actuators: number, shape: SignalShape) {
    const { beta, chunkSteps, staggered } = shape;
    // White noise has no past, so that a chunk of one step is as good and costs no memory.
    this.#synthesis = new SpectralSynthesis(beta, beta === 0 ? 1 : chunkSteps);
    this.#streams = streams;
    this.#actuators = actuators;
    this.#pairs = Math.ceil(actuators / 2);
    this.#staggered = staggered;
    this.#signals = new Float32Array(streams.length * this.#pairs * 2 * this.#synthesis.length);
    this.#time = new Float64Array(streams.length);
    this.state = { arrays: { signals: this.#signals, time: this.#time }, streams };
    for (let row = 0; row < streams.length; row++) this.resetRow(row);
  }

  /** New signals from the row's own stream. */
  resetRow(row: number): void {
    this.#time[row] = 0;
    for (let pair = 0; pair < this.#pairs; pair++) this.#draw(row, pair);
  }

  /** The row's next step. @param out [A], written */
  next(row: number, out: Float32Array): void {
    const { length } = this.#synthesis;
    const time = this.#time[row] ?? 0;
    this.#time[row] = time + 1;
    for (let pair = 0; pair < this.#pairs; pair++) {
      const offset = this.#staggered ? Math.floor((pair * length) / this.#pairs) : 0;
      const phase = (time + offset) % length;
      if (phase === 0 && time > 0) this.#draw(row, pair);
      const at = (row * this.#pairs + pair) * 2 * length + phase;
      out[2 * pair] = this.#signals[at] ?? 0;
      if (2 * pair + 1 < this.#actuators) out[2 * pair + 1] = this.#signals[at + length] ?? 0;
    }
  }

  #draw(row: number, pair: number): void {
    const { length } = this.#synthesis;
    const first = (row * this.#pairs + pair) * 2 * length;
    const stream = this.#streams[row];
    if (stream !== undefined) this.#synthesis.drawPair(stream, this.#signals, first, first + length);
  }
}
