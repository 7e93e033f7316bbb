import type { NumericArray } from "../../protocol/ndarray.ts";
import type { BoxSpace } from "../../protocol/spaces.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import type { Model } from "../engine/physics.ts";
import { DYN_MUSCLE } from "../engine/mujoco-enums.ts";
import { expDouble } from "./numpy-double.ts";
import { expSingle } from "./numpy-single.ts";

/** Writes ctrl [nu] from an action [nu] that lies in its space. */
export type ActionMap = (action: NumericArray, ctrl: Float64Array) => void;

/**
 * Arithmetic of a family's action map. MyoSuite keeps ctrl in the action's float32 in `single` families and widens it to
 * float64 first in `double` ones; the recordings show the difference (1e-7).
 */
export type Precision = "single" | "double";

/** Slope and centre of MyoSuite's muscle sigmoid, excitation = 1 / (1 + exp(-5 (a - 0.5))). */
const SLOPE = -5;
const CENTRE = 0.5;

const f = Math.fround;

/** Muscle excitation of an action in float32. */
function sigmoidSingle(action: number): number {
  return f(1 / f(1 + expSingle(f(SLOPE * f(action - CENTRE)))));
}

/** Muscle excitation of an action in float64. */
function sigmoidDouble(action: number): number {
  return 1 / (1 + expDouble(SLOPE * (action - CENTRE)));
}

/** Actuators with muscle dynamics, ascending. */
export function muscleActuators(model: Model): Int32Array {
  const dyntype = model.intsBorrow("actuator_dyntype");
  const found: number[] = [];
  for (let i = 0; i < model.sizes.nu; i++) if (dyntype[i] === DYN_MUSCLE) found.push(i);
  return Int32Array.from(found);
}

/** Names of the actuators with muscle dynamics. */
export function muscleNames(model: Model): string[] {
  return Array.from(muscleActuators(model), (id) => model.name("actuator", id));
}

/** float32 Box [nu] with one bound everywhere. */
export function actionBox(nu: number, low: number, high: number): BoxSpace {
  return {
    type: "box",
    dtype: "<f4",
    shape: [nu],
    low: toNdArray("<f4", [1], Float32Array.of(low)),
    high: toNdArray("<f4", [1], Float32Array.of(high)),
  };
}

function muscleSigmoid(model: Model, precision: Precision): ActionMap {
  const { nu } = model.sizes;
  const sigmoid = precision === "single" ? sigmoidSingle : sigmoidDouble;
  const isMuscle = new Uint8Array(nu);
  for (const id of muscleActuators(model)) isMuscle[id] = 1;
  return (action, ctrl) => {
    for (let i = 0; i < nu; i++) {
      const a = Number(action[i]);
      // A motor beside muscles (the exoskeleton) takes its action as it is.
      ctrl[i] = isMuscle[i] === 1 ? sigmoid(a) : a;
    }
  };
}

function motorScale(model: Model): ActionMap {
  const { nu } = model.sizes;
  const range = model.floatsBorrow("actuator_ctrlrange");
  const middle = new Float64Array(nu);
  const width = new Float64Array(nu);
  for (let i = 0; i < nu; i++) {
    const low = range[2 * i] ?? 0;
    const high = range[2 * i + 1] ?? 0;
    middle[i] = (low + high) / 2;
    width[i] = high - low;
  }
  return (action, ctrl) => {
    for (let i = 0; i < nu; i++) ctrl[i] = (middle[i] ?? 0) + (Number(action[i]) * (width[i] ?? 0)) / 2;
  };
}

/** Map of actions in [-1, 1]: sigmoid for muscles; in a model without muscles, affine onto the ctrl range. */
export function normalizedMap(model: Model, precision: Precision): ActionMap {
  return model.sizes.na > 0 ? muscleSigmoid(model, precision) : motorScale(model);
}

/** float32 Box [count] of the first actuators' ctrl ranges; absent: of all. */
export function controlBox(model: Model, count = model.sizes.nu): BoxSpace {
  const range = model.floatsBorrow("actuator_ctrlrange");
  const bound = (side: 0 | 1) => Float32Array.from({ length: count }, (_, i) => range[2 * i + side] ?? 0);
  return {
    type: "box",
    dtype: "<f4",
    shape: [count],
    low: toNdArray("<f4", [count], bound(0)),
    high: toNdArray("<f4", [count], bound(1)),
  };
}

/** Space and map of a family with the kwarg `normalize_act`. */
export function actionControl(
  model: Model,
  precision: Precision,
  normalizeAct: boolean,
): { readonly space: BoxSpace; readonly map: ActionMap } {
  if (!normalizeAct) return { space: controlBox(model), map: directMap };
  return { space: actionBox(model.sizes.nu, -1, 1), map: normalizedMap(model, precision) };
}

/** Actions in [0, 1] are the excitations. */
export function directMap(action: NumericArray, ctrl: Float64Array): void {
  for (let i = 0; i < ctrl.length; i++) ctrl[i] = Number(action[i]);
}
