import type { Model, Physics } from "../../engine/physics.ts";

/** Which kinds of things touch one body. */
export class TouchLabels {
  /** 1 where something with the label touches the body, in order of the labels. */
  readonly flags: Uint8Array;
  /** Of each geom, 1 where it is the body's. */
  readonly #own: Uint8Array;
  /** Label of each geom. */
  readonly #labels: Uint8Array;

  /** @param labelOf label, below `count`, of what touches: a geom and its body. */
  constructor(model: Model, body: number, count: number, labelOf: (geom: number, body: number) => number) {
    const bodies = model.intsBorrow("geom_bodyid");
    this.flags = new Uint8Array(count);
    this.#own = Uint8Array.from(bodies, (owner) => (owner === body ? 1 : 0));
    this.#labels = Uint8Array.from(bodies, (owner, geom) => labelOf(geom, owner));
  }

  /** Reads the contacts of the last position stage. */
  update(p: Physics): void {
    const geoms = p.contactGeomsBorrow();
    this.flags.fill(0);
    for (let i = 0; i < geoms.length; i += 2) {
      const first = geoms[i] ?? 0;
      const second = geoms[i + 1] ?? 0;
      if (this.#own[first] === 1) this.flags[this.#labels[second] ?? 0] = 1;
      else if (this.#own[second] === 1) this.flags[this.#labels[first] ?? 0] = 1;
    }
  }
}
