import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Model, Physics } from "../engine/physics.ts";
import type { ObsGroupSpec } from "../task.ts";

/** Excitations in [0, 1] as they are, one a muscle. */
export function excite(action: NumericArray, ctrl: Float64Array): void {
  for (let i = 0; i < ctrl.length; i++) ctrl[i] = Number(action[i]);
}

/** Mean of the squares, 1: the price of activation. */
export function meanSquare(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * (values[i] ?? 0);
  return values.length === 0 ? 0 : sum / values.length;
}

/** The first elements of a vector of physics. */
export function vectorGroup(
  name: string,
  unit: string,
  names: readonly string[],
  of: (p: Physics) => Float64Array,
): ObsGroupSpec {
  return {
    name,
    shape: [names.length],
    unit,
    names,
    write(p, out, offset) {
      const values = of(p);
      for (let i = 0; i < names.length; i++) out[offset + i] = values[i] ?? 0;
    },
  };
}

/** `qpos` and `qvel` (rad, rad/s) of a model whose first joints are `count` hinges. */
export function jointGroups(model: Model, count: number): ObsGroupSpec[] {
  const names = Array.from({ length: count }, (_, j) => model.name("joint", j));
  return [vectorGroup("qpos", "rad", names, (p) => p.qpos), vectorGroup("qvel", "rad/s", names, (p) => p.qvel)];
}
