import type { NumericArray } from "../../protocol/ndarray.ts";
import { qposGroup, qvelGroup } from "../coordinates.ts";
import type { Model } from "../engine/physics.ts";
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

/** `qpos` and `qvel` (rad, rad/s) of a model whose first joints are `count` hinges. */
export function jointGroups(model: Model, count: number): ObsGroupSpec[] {
  return [qposGroup(model, "qpos", 0, count), qvelGroup(model, "qvel", 0, count)];
}
