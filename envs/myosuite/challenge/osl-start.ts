import type { Json } from "../../../protocol/env.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { keyframe, type Keyframe } from "../initial-qpos.ts";
import { GaitCycle } from "./gait-cycle.ts";
import type { OslPhase } from "./osl-controller.ts";
import { quaternionToRpy, rpyToQuaternion } from "./roll-pitch-yaw.ts";

const DEGREE = Math.PI / 180;
/** Keyframes of drawn starts (stand, prosthesis behind, prosthesis ahead) and the prosthesis' phase in each. */
const PHASES: readonly OslPhase[] = ["e_stance", "e_swing", "e_stance"];
const STANDING = 0;
/** Share of the track's half-width from which a start is drawn, and how far behind the start line it is, m. */
const SHARE = 0.8;
const BEHIND = 1;
/** Bounds of the drawn heading, rad; -90 degrees runs along the track. */
const HEADING = [-125 * DEGREE, -60 * DEGREE] as const;
/** Address of the root's orientation in qpos. */
const ROOT_QUATERNION = 3;

/** Ways to start: drawn, the standing keyframe as it is, a row of the recorded gait. */
export const STARTS = ["random", "init", "osl_init"] as const;

/** Start states of the running task. */
export class OslStart {
  readonly #keys: readonly Keyframe[];
  readonly #kind: Json;
  readonly #cycle: GaitCycle | null;
  readonly #side: number;
  readonly #line: number;

  /**
   * @param kind one of `STARTS`.
   * @param track half-width and y of the start line, m.
   * @param gait path of the recorded gait.
   */
  constructor(model: Model, kind: Json, track: { readonly width: number; readonly start: number }, gait: () => string) {
    this.#keys = PHASES.map((_, key) => keyframe(model, key));
    this.#kind = kind;
    this.#cycle = kind === "osl_init" ? new GaitCycle(model, gait()) : null;
    this.#side = SHARE * track.width;
    this.#line = track.start + BEHIND;
  }

  /** Whether the body is then set down on the ground. */
  get isLowered(): boolean {
    return this.#kind !== "init";
  }

  /**
   * Write the state of a new episode, without a forward.
   * @returns the prosthesis' phase.
   */
  draw(p: Physics, rng: Rng): OslPhase {
    const drawn = this.#kind === "random";
    const key = drawn ? rng.integers(0, PHASES.length) : STANDING;
    const start = this.#keys[key];
    if (start === undefined) throw new RangeError(`keyframe ${key} is missing`);
    const { qpos, qvel } = p;
    qpos.set(start.qpos);
    qvel.set(start.qvel);
    if (this.#cycle !== null) return this.#cycle.draw(rng, qpos, qvel);
    if (drawn) this.#place(qpos, qvel, rng);
    return PHASES[key] ?? "e_stance";
  }

  #place(qpos: Float64Array, qvel: Float64Array, rng: Rng): void {
    qpos[0] = rng.uniform(-this.#side, this.#side);
    qpos[1] = this.#line;
    const angles = new Float64Array(3);
    quaternionToRpy(qpos, ROOT_QUATERNION, angles);
    const heading = rng.uniform(HEADING[0], HEADING[1]);
    angles[2] = heading;
    rpyToQuaternion(angles, qpos, ROOT_QUATERNION);
    const speed = Math.hypot(qvel[0] ?? 0, qvel[1] ?? 0);
    qvel[0] = Math.cos(heading) * speed;
    qvel[1] = Math.sin(heading) * speed;
  }
}
