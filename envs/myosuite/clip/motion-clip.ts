import { readFileSync } from "node:fs";
import { MyoError } from "../../../protocol/errors.ts";
import type { Model } from "../../engine/physics.ts";
import { keyframe } from "../initial-qpos.ts";
import { JOINT_BALL, JOINT_FREE } from "../../engine/mujoco-enums.ts";
import { Npz } from "../../numpy/npz.ts";

/** Positions and velocities of a recorded motion. */
export interface MotionClip {
  readonly frames: number;
  /** [frames, nq] m, rad */
  readonly qpos: Float64Array;
  /** [frames, nv] m/s, rad/s */
  readonly qvel: Float64Array;
}

type Field = "qpos" | "qvel";

/** Arrays that may name a field's columns, in order of preference. */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  qpos: ["qpos_names", "qpos_joint_names", "joint_names"],
  qvel: ["qvel_names", "qvel_joint_names", "joint_names"],
};

function refuse(path: string, sentence: string): never {
  throw new MyoError("BAD_OPTIONS", `The motion clip ${path} ${sentence}.`);
}

function openClip(path: string): Npz {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return refuse(path, "cannot be read; give the path of an .npz file on the server's machine");
  }
  try {
    return new Npz(bytes);
  } catch (error) {
    return refuse(path, `is no NumPy archive (${(error as Error).message}); give an .npz file with qpos and qvel`);
  }
}

/** A matrix of the clip: frames and elements row by row. */
function matrix(npz: Npz, path: string, name: Field): { readonly width: number; readonly values: Float64Array } {
  try {
    const { shape, values } = npz.array(name);
    if (!(values instanceof Float64Array)) throw new Error("it holds text");
    const [frames = 0, width = 0] = shape;
    if (shape.length !== 2 || frames === 0) throw new Error(`its shape is [${shape.join(", ")}]`);
    if (!values.every(Number.isFinite)) throw new Error("it holds NaN or infinity");
    return { width, values };
  } catch (error) {
    return refuse(
      path,
      `needs an array "${name}" of shape [frames, ${name === "qpos" ? "nq" : "nv"}], but ${(error as Error).message}`,
    );
  }
}

function columnNames(npz: Npz, path: string, field: Field): readonly string[] | null {
  const key = NAMES[field].find((name) => npz.has(name));
  if (key === undefined) return null;
  try {
    const { values } = npz.array(key);
    return values instanceof Float64Array ? refuse(path, `has numbers in "${key}", which names joints`) : values;
  } catch (error) {
    if (error instanceof MyoError) throw error;
    return refuse(
      path,
      `has joint names in "${key}" that cannot be read (${(error as Error).message}); store them as text`,
    );
  }
}

/** Elements of qpos or qvel that a joint has, in order. */
function jointElements(model: Model, field: Field, joint: number): number[] {
  const type = model.intsBorrow("jnt_type")[joint] ?? -1;
  const first = model.intsBorrow(field === "qpos" ? "jnt_qposadr" : "jnt_dofadr")[joint] ?? 0;
  const sizes = field === "qpos" ? { free: 7, ball: 4 } : { free: 6, ball: 3 };
  const size = type === JOINT_FREE ? sizes.free : type === JOINT_BALL ? sizes.ball : 1;
  return Array.from({ length: size }, (_, i) => first + i);
}

/** Where each column belongs: a joint named once stands for all its elements, one named for each element takes them in turn. */
function columnTargets(model: Model, path: string, field: Field, names: readonly string[], width: number): number[] {
  const elements = new Map<string, number[]>();
  for (const name of names) {
    const joint = model.id("joint", name);
    if (joint < 0) refuse(path, `names the joint "${name}", which the model lacks`);
    if (!elements.has(name)) elements.set(name, jointElements(model, field, joint));
  }
  const targets =
    names.length === width ? names.map((name) => elements.get(name)?.shift() ?? -1) : [...elements.values()].flat();
  const left = names.length === width && [...elements.values()].some((rest) => rest.length > 0);
  const twice = names.length !== width && elements.size < names.length;
  if (left || twice || targets.length !== width || targets.includes(-1)) {
    refuse(path, `has ${width} columns in "${field}", which its ${names.length} joint names do not account for`);
  }
  return targets;
}

function modelOrder(npz: Npz, path: string, model: Model, field: Field): Float64Array {
  const { width, values } = matrix(npz, path, field);
  const want = field === "qpos" ? model.sizes.nq : model.sizes.nv;
  const names = columnNames(npz, path, field);
  if (names === null) {
    if (width !== want) {
      refuse(
        path,
        `has ${width} columns in "${field}", but the model has ${want}; give one for this model or name its joints`,
      );
    }
    return values;
  }
  const targets = columnTargets(model, path, field, names, width);
  // What the clip does not say is as the first keyframe has it, 0 without one.
  const rest = model.sizes.nkey > 0 ? keyframe(model, 0)[field] : new Float64Array(want);
  const frames = values.length / width;
  const out = new Float64Array(frames * want);
  for (let frame = 0; frame < frames; frame++) {
    out.set(rest, frame * want);
    targets.forEach((target, column) => (out[frame * want + target] = values[frame * width + column] ?? 0));
  }
  return out;
}

function clipOf(path: string, qpos: Float64Array, qvel: Float64Array, nq: number, nv: number): MotionClip {
  const frames = qpos.length / nq;
  if (qvel.length / nv !== frames) refuse(path, "has more frames in one of qpos and qvel than in the other");
  return { frames, qpos, qvel };
}

/**
 * A clip of MuscleMimic's data sets, `.npz` with qpos [frames, nq] and qvel [frames, nv], whose columns are taken as they
 * are, whatever they are called: so MyoSuite reads the clip it imitates.
 * @throws MyoError BAD_OPTIONS
 */
export function loadClipColumns(path: string, nq: number, nv: number): MotionClip {
  const npz = openClip(path);
  const read = (field: Field, want: number): Float64Array => {
    const { width, values } = matrix(npz, path, field);
    if (width !== want) refuse(path, `has ${width} columns in "${field}", but the model has ${want}`);
    return values;
  };
  return clipOf(path, read("qpos", nq), read("qvel", nv), nq, nv);
}

/**
 * The same, brought into the model's order where `joint_names`, `qpos_names` or the like name the columns (MyoSuite 3.0.0,
 * `core/trajectory_io.py`).
 * @throws MyoError BAD_OPTIONS
 */
export function loadMotionClip(path: string, model: Model): MotionClip {
  const npz = openClip(path);
  const { nq, nv } = model.sizes;
  return clipOf(path, modelOrder(npz, path, model, "qpos"), modelOrder(npz, path, model, "qvel"), nq, nv);
}
