import { qposNames, qvelNames } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import {
  AXES,
  elementGroup,
  gatherGroup,
  offsetGroup,
  sitePosition,
  span,
  vectorGroup,
  type Gather,
} from "../../gather-group.ts";
import type { ObsGroupSpec } from "../../task.ts";
import { matrixToEuler } from "../rotations.ts";
import { TouchLabels } from "./touch-labels.ts";

/** What may touch the object, in order of the observation group `touching_body`. */
export const TOUCH = { muscleArm: 0, prosthesis: 1, start: 2, goal: 3, other: 4 } as const;
export const TOUCH_NAMES = ["myo", "prosthesis", "start", "goal", "other"];

export const OBJECT_BODY = "manip_object";
const OBJECT_JOINT = "manip_object/freejoint";
const PILLARS = ["start", "goal"] as const;
const FINGERTIPS = ["THtip", "IFtip", "MFtip", "RFtip", "LFtip"];
/** Euler angles of the prosthesis' palm when it faces the object, rad. */
const PALM_FACING = [Math.PI, 0, Math.PI] as const;

const isProsthesis = (name: string): boolean => name.startsWith("prosthesis");

/** Lowest and highest id of the bodies that `accept` takes. */
function bodyRange(model: Model, accept: (name: string) => boolean): readonly [number, number] {
  const ids = Array.from({ length: model.sizes.nbody }, (_, id) => id).filter((id) => accept(model.name("body", id)));
  return [ids[0] ?? -1, ids.at(-1) ?? -1];
}

/** MyoSuite tells the arms apart by the range of their body ids, the muscle arm's first. */
function touchLabels(model: Model): TouchLabels {
  const others = ["world", OBJECT_BODY, ...PILLARS];
  const muscleArm = bodyRange(model, (name) => !isProsthesis(name) && !others.includes(name));
  const prosthesis = bodyRange(model, isProsthesis);
  const [start, goal] = PILLARS.map((name) => model.id("body", name));
  return new TouchLabels(model, model.id("body", OBJECT_BODY), TOUCH_NAMES.length, (_, body) => {
    if (body >= muscleArm[0] && body <= muscleArm[1]) return TOUCH.muscleArm;
    if (body >= prosthesis[0] && body <= prosthesis[1]) return TOUCH.prosthesis;
    if (body === start) return TOUCH.start;
    return body === goal ? TOUCH.goal : TOUCH.other;
  });
}

/** Indices of the joints' elements in qpos (`jnt_qposadr`) or qvel, one each. */
function jointSlice(model: Model, accept: (name: string) => boolean): { readonly qpos: Int32Array; qvel: Int32Array } {
  const joints = Int32Array.from({ length: model.sizes.njnt }, (_, id) => id).filter((id) => {
    const name = model.name("joint", id);
    return name !== OBJECT_JOINT && accept(name);
  });
  const qpos = model.intsBorrow("jnt_qposadr");
  const qvel = model.intsBorrow("jnt_dofadr");
  return { qpos: joints.map((id) => qpos[id] ?? 0), qvel: joints.map((id) => qvel[id] ?? 0) };
}

/** The muscle arm, the prosthesis and the box between them. */
export class BimanualBody {
  readonly touching: TouchLabels;
  readonly palm: Gather;
  readonly object: Gather;
  readonly fingertips: readonly Gather[];
  /** Address of the object's position in qpos. */
  readonly objectQpos: number;
  /** Rows of the pillars in mocap_pos. */
  readonly startMocap: number;
  readonly goalMocap: number;
  readonly #elbow: number;
  readonly #thumbSide: Gather;
  readonly #littleSide: Gather;
  readonly #thumbSite: number;
  readonly #objectQvel: number;

  constructor(model: Model) {
    this.touching = touchLabels(model);
    this.palm = sitePosition(model, "S_grasp");
    this.object = sitePosition(model, "touch_site");
    this.fingertips = FINGERTIPS.map((name) => sitePosition(model, name));
    const joint = model.id("joint", OBJECT_JOINT);
    this.objectQpos = model.intsBorrow("jnt_qposadr")[joint] ?? 0;
    this.#objectQvel = model.intsBorrow("jnt_dofadr")[joint] ?? 0;
    const mocap = model.intsBorrow("body_mocapid");
    this.startMocap = mocap[model.id("body", PILLARS[0])] ?? 0;
    this.goalMocap = mocap[model.id("body", PILLARS[1])] ?? 0;
    this.#elbow = model.intsBorrow("jnt_qposadr")[model.id("joint", "elbow_flexion")] ?? 0;
    this.#thumbSide = sitePosition(model, "prosthesis/palm_thumb");
    this.#littleSide = sitePosition(model, "prosthesis/palm_pinky");
    this.#thumbSite = model.id("site", "prosthesis/palm_thumb");
  }

  /** Coordinate 0 to 2 of the object, m. */
  objectAt(p: Physics, axis: number): number {
    return p.siteXpos[this.object.at[axis] ?? 0] ?? 0;
  }

  palmHeight(p: Physics): number {
    return p.siteXpos[this.palm.at[2] ?? 0] ?? 0;
  }

  /** rad */
  elbowFlexion(p: Physics): number {
    return p.qpos[this.#elbow] ?? 0;
  }

  /** Coordinate of the middle of the prosthesis' palm, m. */
  prosthesisAt(p: Physics, axis: number): number {
    const { siteXpos } = p;
    return ((siteXpos[this.#thumbSide.at[axis] ?? 0] ?? 0) + (siteXpos[this.#littleSide.at[axis] ?? 0] ?? 0)) / 2;
  }

  /** Distance of the object from the prosthesis' palm, m. */
  passDistance(p: Physics): number {
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      const d = this.prosthesisAt(p, i) - this.objectAt(p, i);
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  /** Groups that follow from the state alone. */
  groups(model: Model): ObsGroupSpec[] {
    return [...this.#jointGroups(model), ...this.#siteGroups()];
  }

  #jointGroups(model: Model): ObsGroupSpec[] {
    const names = { qpos: qposNames(model), qvel: qvelNames(model) };
    const arm = jointSlice(model, (name) => !isProsthesis(name));
    const prosthesis = jointSlice(model, isProsthesis);
    const elements = (all: readonly string[], at: Int32Array): string[] => Array.from(at, (i) => all[i] ?? "");
    const positions = (name: string, at: Int32Array): ObsGroupSpec =>
      gatherGroup(name, { unit: "rad", names: elements(names.qpos, at), source: (p) => p.qpos, at });
    const velocities = (name: string, at: Int32Array): ObsGroupSpec =>
      gatherGroup(name, { unit: "rad/s", names: elements(names.qvel, at), source: (p) => p.qvel, at });
    return [
      positions("qp", span(0, model.sizes.nq)),
      velocities("qv", span(0, model.sizes.nv)),
      positions("myohand_qpos", arm.qpos),
      velocities("myohand_qvel", arm.qvel),
      positions("pros_hand_qpos", prosthesis.qpos),
      velocities("pros_hand_qvel", prosthesis.qvel),
      positions("object_qpos", span(this.objectQpos, 7)),
      velocities("object_qvel", span(this.#objectQvel, 6)),
      positions("elbow_fle", Int32Array.of(this.#elbow)),
    ];
  }

  #siteGroups(): ObsGroupSpec[] {
    return [
      gatherGroup("palm_pos", this.palm),
      ...this.fingertips.map((tip, i) => gatherGroup(`fin${i}`, tip)),
      elementGroup("rpalm_pos", "m", AXES, (p, axis) => this.prosthesisAt(p, axis)),
      this.#orientationGroup("mpl_ori", [0, 0, 0]),
      this.#orientationGroup("mpl_ori_err", PALM_FACING),
      gatherGroup("obj_pos", this.object),
      offsetGroup("reach_err", this.palm, this.object),
      elementGroup("pass_err", "m", AXES, (p, axis) => this.prosthesisAt(p, axis) - this.objectAt(p, axis)),
    ];
  }

  #orientationGroup(name: string, from: readonly number[]): ObsGroupSpec {
    return vectorGroup(name, "rad", AXES, (p, out) => {
      matrixToEuler(p.siteXmat, 9 * this.#thumbSite, out);
      for (let i = 0; i < 3; i++) out[i] = (out[i] ?? 0) - (from[i] ?? 0);
    });
  }
}
