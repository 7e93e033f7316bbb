import type { Rng } from "../../../protocol/random/generator.ts";
import { NOISE_STATE_WORDS, NormalNoise } from "../normal-noise.ts";

/** Standard normals of each row from its own fast generator: five times as fast as the rows' streams, which seed them. */
export class RowNormals {
  /** [N, 8]; live array of a checkpoint. */
  readonly state: Uint32Array;
  readonly #rows: readonly NormalNoise[];

  constructor(streams: readonly Rng[]) {
    const words = NOISE_STATE_WORDS;
    this.state = new Uint32Array(words * streams.length);
    this.#rows = streams.map(
      (stream, row) => new NormalNoise(stream, this.state.subarray(words * row, words * (row + 1))),
    );
  }

  fill(row: number, out: Float32Array): void {
    this.#rows[row]?.fill(out);
  }
}
