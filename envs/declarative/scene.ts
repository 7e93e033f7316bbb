import { didYouMean } from "../../protocol/closest.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { Model, ObjectType, Physics } from "../engine/physics.ts";
import { JOINT_HINGE, JOINT_SLIDE } from "../engine/mujoco-enums.ts";
import type { Targets } from "./targets.ts";

/** A number read off the state. */
export type Measure = (p: Physics) => number;

/** A hinge or slide joint. */
export interface ScalarJoint {
  readonly name: string;
  /** Addresses in qpos and qvel. */
  readonly qpos: number;
  readonly qvel: number;
  /** rad or m; -Infinity and Infinity where it has no limits. */
  readonly low: number;
  readonly high: number;
  readonly unit: "rad" | "m";
}

/** A compiled model as a task file speaks of it: by names. */
export class Scene {
  readonly model: Model;
  readonly targets: Targets;
  /** Every hinge and slide joint, in the model's order. */
  readonly joints: readonly ScalarJoint[];
  /** ctrl of the control step before, [nu]; as the start left it in the first step of an episode. */
  readonly previousCtrl: Float64Array;
  readonly #file: string;

  /** @param file name of the task file, for error sentences. */
  constructor(file: string, model: Model, targets: Targets) {
    this.#file = file;
    this.model = model;
    this.targets = targets;
    this.joints = scalarJoints(model);
    this.previousCtrl = new Float64Array(model.sizes.nu);
  }

  /** @throws MyoError BAD_OPTIONS naming the nearest name. */
  id(type: ObjectType, name: string): number {
    const id = this.model.id(type, name);
    if (id >= 0) return id;
    throw this.unknown(type, name, this.names(type));
  }

  names(type: ObjectType): string[] {
    return Array.from({ length: this.model.count(type) }, (_, i) => this.model.name(type, i)).filter(
      (name) => name !== "",
    );
  }

  /** A hinge or slide joint. @throws MyoError BAD_OPTIONS. */
  joint(name: string): ScalarJoint {
    const found = this.joints.find((joint) => joint.name === name);
    if (found !== undefined) return found;
    throw this.unknown(
      "hinge or slide joint",
      name,
      this.joints.map((joint) => joint.name),
    );
  }

  unknown(kind: string, name: string, known: readonly string[]): MyoError {
    const some = known.slice(0, 8).join(", ");
    const list = known.length === 0 ? "; it has none." : `; it has ${some}${known.length > 8 ? ", …" : ""}.`;
    return this.fault(`the model has no ${kind} "${name}"${didYouMean(name, known) || list}`);
  }

  fault(sentence: string): MyoError {
    return new MyoError("BAD_OPTIONS", `${this.#file}: ${sentence}`);
  }
}

function scalarJoints(model: Model): ScalarJoint[] {
  const types = model.intsBorrow("jnt_type");
  const positions = model.intsBorrow("jnt_qposadr");
  const velocities = model.intsBorrow("jnt_dofadr");
  const limited = model.intsBorrow("jnt_limited");
  const ranges = model.floatsBorrow("jnt_range");
  const joints: ScalarJoint[] = [];
  for (let j = 0; j < model.sizes.njnt; j++) {
    if (types[j] !== JOINT_HINGE && types[j] !== JOINT_SLIDE) continue;
    const bounded = limited[j] === 1;
    joints.push({
      name: model.name("joint", j),
      qpos: positions[j] ?? 0,
      qvel: velocities[j] ?? 0,
      low: bounded ? (ranges[2 * j] ?? 0) : -Infinity,
      high: bounded ? (ranges[2 * j + 1] ?? 0) : Infinity,
      unit: types[j] === JOINT_SLIDE ? "m" : "rad",
    });
  }
  return joints;
}
