import { qposNames } from "../coordinates.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { AXES, elementGroup } from "../gather-group.ts";
import type { ObsGroupSpec } from "../task.ts";

/** Simulation time, s. */
export function timeGroup(name = "time"): ObsGroupSpec {
  return {
    name,
    shape: [1],
    unit: "s",
    names: [],
    write: (p, out, offset) => {
      out[offset] = p.time;
    },
  };
}

/** Muscle activations under MyoSuite's name of the family. */
export function activationGroup(name: string, muscles: readonly string[]): ObsGroupSpec {
  return {
    name,
    shape: [muscles.length],
    unit: "1",
    names: muscles,
    write: (p, out, offset) => {
      out.set(p.act, offset);
    },
  };
}

/** target - qpos over the leading elements, rad. */
export function poseErrorGroup(model: Model, name: string, target: Float64Array): ObsGroupSpec {
  const names = qposNames(model).slice(0, target.length);
  return elementGroup(name, "rad", names, ({ qpos }, i) => (target[i] ?? 0) - (qpos[i] ?? 0));
}

/** Sites whose position counts and the targets they are to reach, world coordinates in m. */
export class ReachSites {
  readonly names: readonly string[];
  /** [3 k] */
  readonly target: Float64Array;
  /** Where in siteXpos each coordinate of the tips is. */
  readonly #coordinates: Int32Array;

  constructor(model: Model, names: readonly string[]) {
    this.names = names;
    const sites = names.map((name) => model.id("site", name));
    this.#coordinates = Int32Array.from(sites.flatMap((site) => [3 * site, 3 * site + 1, 3 * site + 2]));
    this.target = new Float64Array(3 * names.length);
  }

  get count(): number {
    return this.names.length;
  }

  /** Coordinate j (0 to 3 k - 1) of the tips, from `Physics.siteXpos`. */
  tip(siteXpos: Float64Array, j: number): number {
    return siteXpos[this.#coordinates[j] ?? 0] ?? 0;
  }

  /** Distance of all tips from their targets as one vector, m. */
  distance(p: Physics): number {
    const { siteXpos } = p;
    let sum = 0;
    for (let j = 0; j < this.target.length; j++) {
      const d = (this.target[j] ?? 0) - this.tip(siteXpos, j);
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  /** `tip_pos`, `target_pos` and `reach_err` = target - tip. */
  groups(): ObsGroupSpec[] {
    const names = this.names.flatMap((name) => AXES.map((axis) => `${name}.${axis}`));
    const group = (name: string, value: (siteXpos: Float64Array, j: number) => number): ObsGroupSpec =>
      elementGroup(name, "m", names, ({ siteXpos }, j) => value(siteXpos, j));
    return [
      group("tip_pos", (siteXpos, j) => this.tip(siteXpos, j)),
      group("target_pos", (_, j) => this.target[j] ?? 0),
      group("reach_err", (siteXpos, j) => (this.target[j] ?? 0) - this.tip(siteXpos, j)),
    ];
  }
}
