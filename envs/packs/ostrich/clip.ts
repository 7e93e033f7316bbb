import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CLIP_PARTS, CLIP_WIDTH } from "./models.ts";
import { readNpy } from "./npy.ts";
import type { OstrichSource } from "./source.ts";

/**
 * The parts of a clip side by side, [frames, CLIP_WIDTH].
 * @throws Error where a part is no float64 array of as many frames as the first and of its width.
 */
export function readClip(source: OstrichSource, clip: string): Float64Array {
  let frames = 0;
  let rows = new Float64Array(0);
  let column = 0;
  for (const [part, width] of Object.entries(CLIP_PARTS)) {
    const path = join(source.mocap, part, `${clip}.npy`);
    const { values } = readNpy(readFileSync(path));
    if (column === 0) {
      frames = Math.floor(values.length / width);
      rows = new Float64Array(frames * CLIP_WIDTH);
    }
    if (values.length !== frames * width) {
      throw new Error(`${path} has ${values.length} numbers instead of ${frames} frames of ${width}`);
    }
    for (let k = 0; k < frames; k++) rows.set(values.subarray(k * width, (k + 1) * width), k * CLIP_WIDTH + column);
    column += width;
  }
  return rows;
}
