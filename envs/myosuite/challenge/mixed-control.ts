import type { BoxSpace } from "../../../protocol/spaces.ts";
import type { Model } from "../../engine/physics.ts";
import { actionControl, muscleActuators, type ActionMap } from "../muscle-map.ts";

/** Space and map where muscles go through the sigmoid and every other actuator is scaled onto its ctrl range. */
export function mixedControl(
  model: Model,
  normalizeAct: boolean,
): { readonly space: BoxSpace; readonly map: ActionMap } {
  const control = actionControl(model, "double", normalizeAct);
  if (!normalizeAct) return control;
  const muscles = new Set(muscleActuators(model));
  const motors = Int32Array.from({ length: model.sizes.nu }, (_, i) => i).filter((i) => !muscles.has(i));
  const range = model.floatsBorrow("actuator_ctrlrange");
  const low = (i: number): number => range[2 * i] ?? 0;
  const high = (i: number): number => range[2 * i + 1] ?? 0;
  const middle = Float64Array.from(motors, (i) => (low(i) + high(i)) / 2);
  const width = Float64Array.from(motors, (i) => high(i) - low(i));
  const map: ActionMap = (action, ctrl) => {
    control.map(action, ctrl);
    for (let m = 0; m < motors.length; m++) {
      const i = motors[m] ?? 0;
      ctrl[i] = (middle[m] ?? 0) + (Number(action[i]) * (width[m] ?? 0)) / 2;
    }
  };
  return { space: control.space, map };
}
