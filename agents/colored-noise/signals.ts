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
  /** [N, L, A]: what a row's next step reads lies together. */
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
    this.#signals = new Float32Array(streams.length * this.#synthesis.length * actuators);
    this.#time = new Float64Array(streams.length);
    // Named otherwise than the [N, P, 2, L] of an earlier version.
    this.state = { arrays: { signals_by_step: this.#signals, time: this.#time }, streams };
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
      const at = (row * length + phase) * this.#actuators + 2 * pair;
      out[2 * pair] = this.#signals[at] ?? 0;
      if (2 * pair + 1 < this.#actuators) out[2 * pair + 1] = this.#signals[at + 1] ?? 0;
    }
  }

  #draw(row: number, pair: number): void {
    const stream = this.#streams[row];
    if (stream === undefined) return;
    const { length, first, second } = this.#synthesis;
    this.#synthesis.draw(stream);
    const lone = 2 * pair + 1 === this.#actuators;
    let at = row * length * this.#actuators + 2 * pair;
    for (let t = 0; t < length; t++, at += this.#actuators) {
      this.#signals[at] = first[t] ?? 0;
      if (!lone) this.#signals[at + 1] = second[t] ?? 0;
    }
  }
}
