import { readFileSync } from "node:fs";
import { MyoError } from "../../protocol/errors.ts";
import { fromPack } from "../packs/from-pack.ts";
import { CLIP_PARTS, CLIP_WIDTH, clipTable, OSTRICH_PACK, type ClipPart } from "../packs/ostrich/models.ts";
import { packDataPath } from "../packs/pack-source.ts";

/** Where each part begins in a row. */
const OFFSETS: Readonly<Record<ClipPart, number>> = {
  qpos: 0,
  qvel: CLIP_PARTS.qpos,
  xipos: CLIP_PARTS.qpos + CLIP_PARTS.qvel,
  ximat: CLIP_WIDTH - CLIP_PARTS.ximat,
};

/** A recorded motion: joint positions and velocities, positions and orientations of bodies, one frame a control step. */
export class MotionClip {
  readonly frames: number;
  readonly #rows: Float64Array;

  constructor(rows: Float64Array) {
    this.#rows = rows;
    this.frames = rows.length / CLIP_WIDTH;
  }

  /** A part of a frame, a view. */
  part(name: ClipPart, frame: number): Float64Array {
    const at = frame * CLIP_WIDTH + OFFSETS[name];
    return this.#rows.subarray(at, at + CLIP_PARTS[name]);
  }
}

/** @throws MyoError BAD_OPTIONS where the pack has no such clip, MODEL_MISSING where there is no pack. */
export function loadClip(clip: string): MotionClip {
  const table = clipTable(clip);
  const path = fromPack(OSTRICH_PACK, (pack) => {
    if (Object.hasOwn(pack.data, table)) return packDataPath(pack, table);
    const prefix = clipTable("");
    const known = Object.keys(pack.data).filter((key) => key.startsWith(prefix));
    const names = known.map((key) => key.slice(prefix.length)).join(", ") || "none";
    throw new MyoError("BAD_OPTIONS", `The model pack ${pack.name} has no motion clip "${clip}"; it has: ${names}.`);
  });
  const bytes = readFileSync(path);
  return new MotionClip(new Float64Array(new Uint8Array(bytes).buffer));
}
