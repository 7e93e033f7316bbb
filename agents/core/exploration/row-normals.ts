import type { Rng } from "../../../protocol/random/generator.ts";
import { NormalNoise } from "../normal-noise.ts";

/** Standard normals of each row from its own fast generator: five times as fast as the rows' streams, which seed them. */
export class RowNormals {
  /** [N, 4]; live array of a checkpoint. */
  readonly state: Uint32Array;
  readonly #rows: readonly NormalNoise[];

  constructor(streams: readonly Rng[]) {
    this.state = new Uint32Array(4 * streams.length);
    this.#rows = streams.map((stream, row) => new NormalNoise(stream, this.state.subarray(4 * row, 4 * row + 4)));
  }

  fill(row: number, out: Float32Array): void {
    this.#rows[row]?.fill(out);
  }
}
