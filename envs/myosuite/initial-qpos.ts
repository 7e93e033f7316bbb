import type { Model } from "../engine/physics.ts";
import { JOINT_HINGE, JOINT_SLIDE, TRN_JOINT } from "../engine/mujoco-enums.ts";

/**
 * MyoSuite's start pose of pose and reach tasks [nq]: qpos0, where an actuator acts on a hinge or slide joint directly (the
 * exoskeleton's motor) the middle of that joint's range. Without `normalize_act` it is qpos0.
 */
export function initialQpos(model: Model, normalizeAct: boolean): Float64Array {
  const qpos = Float64Array.from(model.floatsBorrow("qpos0"));
  if (!normalizeAct) return qpos;
  const range = model.floatsBorrow("jnt_range");
  const types = model.intsBorrow("jnt_type");
  const address = model.intsBorrow("jnt_qposadr");
  const transmission = model.intsBorrow("actuator_trntype");
  const target = model.intsBorrow("actuator_trnid");
  for (let i = 0; i < model.sizes.nu; i++) {
    const joint = target[2 * i] ?? -1;
    const linear = types[joint] === JOINT_HINGE || types[joint] === JOINT_SLIDE;
    if (transmission[i] !== TRN_JOINT || !linear) continue;
    qpos[address[joint] ?? 0] = ((range[2 * joint] ?? 0) + (range[2 * joint + 1] ?? 0)) / 2;
  }
  return qpos;
}

/** Column 0 (low) or 1 (high) of jnt_range, [njnt]. */
export function jointLimits(model: Model, side: 0 | 1): Float64Array {
  const range = model.floatsBorrow("jnt_range");
  return Float64Array.from({ length: model.sizes.njnt }, (_, id) => range[2 * id + side] ?? 0);
}

/** Positions [nq] and velocities [nv] of a keyframe. */
export interface Keyframe {
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
}

/** A copy of keyframe `key`. */
export function keyframe(model: Model, key: number): Keyframe {
  const { nq, nv } = model.sizes;
  return {
    qpos: Float64Array.from(model.floatsBorrow("key_qpos").subarray(key * nq, (key + 1) * nq)),
    qvel: Float64Array.from(model.floatsBorrow("key_qvel").subarray(key * nv, (key + 1) * nv)),
  };
}
