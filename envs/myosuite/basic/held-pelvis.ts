import type { Json, JsonObject } from "../../../protocol/env.ts";
import type { Physics } from "../../engine/physics.ts";
import type { Kwargs } from "../../task.ts";
import { loadNumbers } from "../recipe.ts";

/** Elements of qpos and qvel of the free root joint, which comes first in the leg model. */
const ROOT_QPOS = 7;
const ROOT_QVEL = 6;

export const HELD_PELVIS_KWARG: JsonObject = {
  type: "boolean",
  default: false,
  description:
    "Hold the pelvis where the episode starts: root position kept and root velocity zero after every simulation step, fall termination off.",
};

/** Keeps the root of the leg where it starts, so that legs can be moved without a balance. */
export class HeldPelvis {
  readonly #qpos = new Float64Array(ROOT_QPOS);

  /** @returns null where the kwarg `hold_pelvis` is false. */
  static where(kwargs: Kwargs): HeldPelvis | null {
    return kwargs["hold_pelvis"] === true ? new HeldPelvis() : null;
  }

  /** Take the present root position as the one to hold; the root comes to rest. */
  hold(p: Physics): void {
    this.#qpos.set(p.qpos.subarray(0, ROOT_QPOS));
    p.qvel.fill(0, 0, ROOT_QVEL);
  }

  /** After a simulation step. */
  restore(p: Physics): void {
    p.qpos.set(this.#qpos);
    p.qvel.fill(0, 0, ROOT_QVEL);
    p.touch();
  }

  save(): Json {
    return [...this.#qpos];
  }

  load(state: Json | undefined): void {
    loadNumbers(state, this.#qpos);
  }
}
