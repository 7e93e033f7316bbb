import type { Rng } from "../../../protocol/random/generator.ts";
import type { Kwargs } from "../../task.ts";
import { vectorKwarg, vectorOf } from "../vector-kwargs.ts";

/** Kwargs of the start and the goal pillar. */
export const PILLAR_KWARGS = {
  start_center: vectorKwarg([-0.4, -0.25, 1.05], "Centre of the start pillar's positions, m."),
  goal_center: vectorKwarg([0.4, -0.25, 1.05], "Centre of the goal pillar's positions, m."),
  start_shifts: vectorKwarg([0.055, 0.055, 0], "Largest shift of the start pillar from its centre, m."),
  goal_shifts: vectorKwarg([0.098, 0.098, 0], "Largest shift of the goal pillar from its centre, m."),
};

/** A pillar's place, drawn around a centre. */
export class Pillar {
  /** m */
  readonly pos = new Float64Array(3);
  readonly #centre: Float64Array;
  readonly #shifts: Float64Array;

  constructor(kwargs: Kwargs, name: "start" | "goal") {
    this.#centre = vectorOf(kwargs, `${name}_center`);
    this.#shifts = vectorOf(kwargs, `${name}_shifts`);
  }

  draw(rng: Rng): void {
    rng.randomInto(this.pos);
    for (let i = 0; i < 3; i++) {
      this.pos[i] = (this.#centre[i] ?? 0) + (this.#shifts[i] ?? 0) * (2 * (this.pos[i] ?? 0) - 1);
    }
  }
}
