import type { Model } from "../../engine/physics.ts";
import { loadMotionClip, type MotionClip } from "./motion-clip.ts";

/** Directions for which a frame is chosen, degrees apart. */
const SECTOR = 5;
const CIRCLE = 360;
/** Slower frames have no direction, m/s. */
const LEAST_SPEED = 0.35;
const DEGREES = 180 / Math.PI;

interface Choice {
  readonly clip: number;
  readonly frame: number;
}

/** Angle between two directions, degrees. */
function apart(a: number, b: number): number {
  const turned = (a - b + 180) % CIRCLE;
  return Math.abs((turned < 0 ? turned + CIRCLE : turned) - 180);
}

/** Of each clip the frame that moves most nearly in a direction, of these the best; the first of equals. */
function nearest(clips: readonly MotionClip[], nv: number, direction: number): Choice {
  let best: Choice = { clip: 0, frame: 0 };
  let least = Infinity;
  clips.forEach(({ frames, qvel }, clip) => {
    for (let frame = 0; frame < frames; frame++) {
      const x = qvel[frame * nv] ?? 0;
      const y = qvel[frame * nv + 1] ?? 0;
      if (Math.sqrt(x * x + y * y) < LEAST_SPEED) continue;
      const distance = apart(Math.atan2(y, x) * DEGREES, direction);
      if (distance >= least) continue;
      least = distance;
      best = { clip, frame };
    }
  });
  return best;
}

/** Frames of walking clips by the direction in which the body moves in them: where an episode may start. */
export class StartFrames {
  readonly #clips: readonly MotionClip[];
  readonly #nq: number;
  readonly #nv: number;
  readonly #choices: readonly Choice[];

  /** @throws MyoError BAD_OPTIONS where a clip cannot be read. */
  constructor(paths: readonly string[], model: Model) {
    this.#nq = model.sizes.nq;
    this.#nv = model.sizes.nv;
    this.#clips = paths.map((path) => loadMotionClip(path, model));
    this.#choices = Array.from({ length: CIRCLE / SECTOR }, (_, i) => nearest(this.#clips, this.#nv, i * SECTOR));
  }

  /** qpos and qvel `shift` frames from the one that moves in a direction (rad). */
  write(direction: number, shift: number, qpos: Float64Array, qvel: Float64Array): void {
    const degrees = roundHalfEven(direction * DEGREES) % CIRCLE;
    const sector = Math.floor((degrees < 0 ? degrees + CIRCLE : degrees) / SECTOR);
    const { clip, frame } = this.#choices[sector] ?? { clip: 0, frame: 0 };
    const chosen = this.#clips[clip];
    if (chosen === undefined) return;
    const { frames } = chosen;
    const at = (((frame + shift) % frames) + frames) % frames;
    qpos.set(chosen.qpos.subarray(at * this.#nq, (at + 1) * this.#nq));
    qvel.set(chosen.qvel.subarray(at * this.#nv, (at + 1) * this.#nv));
  }
}

/** Python's `round`. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return rest < 0.5 ? floor : floor + 1;
}
