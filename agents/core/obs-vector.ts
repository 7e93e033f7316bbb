import type { Buffers } from "../../protocol/env.ts";
import type { SpaceLayout } from "../../protocol/spaces.ts";

/** A batch of observations as one f32 vector a row: the buffers of the space side by side. */
export class ObsVector {
  readonly size: number;
  readonly #sizes: readonly number[];

  constructor(layout: SpaceLayout) {
    this.#sizes = layout.buffers.map(({ size }) => size);
    this.size = this.#sizes.reduce((sum, size) => sum + size, 0);
  }

  /** @param batch buffers [N, size] that fit the layout @param out [N, O] */
  read(batch: Buffers, out: Float32Array): void {
    const [first] = batch;
    if (batch.length === 1 && first instanceof Float32Array) {
      out.set(first);
      return;
    }
    const rows = out.length / this.size;
    let column = 0;
    batch.forEach((buffer, b) => {
      const size = this.#sizes[b] ?? 0;
      for (let i = 0; i < rows * size; i++) {
        out[Math.floor(i / size) * this.size + column + (i % size)] = Number(buffer[i] ?? 0);
      }
      column += size;
    });
  }
}
