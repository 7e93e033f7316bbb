import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../protocol/env.ts";
import { MYOSUITE_CLIP_ENVS } from "../../envs/myosuite/index.ts";
import { writeCircleClip } from "./standing-clip.ts";

const FRAMES = 60;
/** m/s */
const SPEED = 0.7;

/** Kwargs without which an id refuses to be made: files that a user has. */
export interface SampleKwargs extends Disposable {
  of(id: string): JsonObject;
}

/** Sample files of this machine; removed when disposed. */
export function sampleKwargs(): SampleKwargs {
  const folder = mkdtempSync(join(tmpdir(), "myoserve-samples-"));
  const clip = join(folder, "walk.npz");
  writeCircleClip(clip, FRAMES, SPEED);
  return {
    of: (id) => (MYOSUITE_CLIP_ENVS.some((definition) => definition.id === id) ? { clip } : {}),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
