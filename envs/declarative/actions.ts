import { toNdArray, type NumericArray } from "../../protocol/ndarray.ts";
import type { BoxSpace } from "../../protocol/spaces.ts";
import { muscleActuators } from "../myosuite/muscle-map.ts";
import { uniformBox } from "../spec.ts";
import type { Scene } from "./scene.ts";

/** Slope and centre of the muscle sigmoid, 1 / (1 + exp(-slope (a - centre))): MyoSuite's. */
const SLOPE = 5;
const CENTRE = 0.5;

/** Space and map of the actions. */
export interface ActionControl {
  readonly space: BoxSpace;
  /** Writes ctrl [nu] from an action [nu] of the space. */
  map(action: NumericArray, ctrl: Float64Array): void;
}

/** What a task file may say under `action.map`, and how pages say it. */
export const ACTION_MAPS = {
  direct: "An action is ctrl, within the ctrl range of its actuator.",
  normalized: "An action in [−1, 1] is mapped affinely onto the ctrl range of its actuator.",
  muscle_sigmoid:
    "An action a in [−1, 1] gives a muscle the excitation 1 / (1 + exp(−5 (a − 0.5))); for other actuators it is mapped affinely onto the ctrl range.",
} as const;
export type ActionMapName = keyof typeof ACTION_MAPS;

/** Bounds of ctrl, [nu] each; infinite where an actuator has none. */
function controlRange(scene: Scene): { readonly low: Float64Array; readonly high: Float64Array } {
  const { model } = scene;
  const range = model.floatsBorrow("actuator_ctrlrange");
  const limited = model.intsBorrow("actuator_ctrllimited");
  const side = (offset: 0 | 1, unlimited: number) =>
    Float64Array.from({ length: model.sizes.nu }, (_, i) =>
      limited[i] === 1 ? (range[2 * i + offset] ?? 0) : unlimited,
    );
  return { low: side(0, -Infinity), high: side(1, Infinity) };
}

function directControl(scene: Scene): ActionControl {
  const { low, high } = controlRange(scene);
  const shape = [low.length];
  return {
    space: {
      type: "box",
      dtype: "<f4",
      shape,
      low: toNdArray("<f4", shape, Float32Array.from(low)),
      high: toNdArray("<f4", shape, Float32Array.from(high)),
    },
    map: (action, ctrl) => {
      for (let i = 0; i < ctrl.length; i++) ctrl[i] = Number(action[i]);
    },
  };
}

function scaledControl(scene: Scene, sigmoid: boolean): ActionControl {
  const { model } = scene;
  const { low, high } = controlRange(scene);
  const isMuscle = new Uint8Array(low.length);
  if (sigmoid) for (const id of muscleActuators(model)) isMuscle[id] = 1;
  const unbounded = low.findIndex((value, i) => isMuscle[i] === 0 && !Number.isFinite(value));
  if (unbounded >= 0) {
    const name = model.name("actuator", unbounded);
    throw scene.fault(
      `the actuator "${name}" has no ctrlrange to map onto; give it one in the MJCF, or use the action map "direct".`,
    );
  }
  return {
    space: uniformBox(-1, 1, low.length),
    map: (action, ctrl) => {
      for (let i = 0; i < ctrl.length; i++) {
        const a = Number(action[i]);
        const middle = ((low[i] ?? 0) + (high[i] ?? 0)) / 2;
        ctrl[i] =
          isMuscle[i] === 1
            ? 1 / (1 + Math.exp(-SLOPE * (a - CENTRE)))
            : middle + (a * ((high[i] ?? 0) - (low[i] ?? 0))) / 2;
      }
    },
  };
}

/** @throws MyoError BAD_OPTIONS where an actuator has no range to map onto. */
export function actionControl(name: ActionMapName, scene: Scene): ActionControl {
  return name === "direct" ? directControl(scene) : scaledControl(scene, name === "muscle_sigmoid");
}
