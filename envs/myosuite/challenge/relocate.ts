import type { Json, JsonObject } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { difference, gatherGroup, offsetGroup, sitePosition, type Gather } from "../../gather-group.ts";
import { TERMINATED, type Kwargs, type ObsGroupSpec, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { keyframe, type Keyframe } from "../initial-qpos.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { timeGroup } from "../obs-groups.ts";
import { numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { eulerToQuaternion } from "../rotations.ts";
import { indicator, norm } from "../vectors.ts";
import { RELOCATE_DOCS } from "./relocate-docs.ts";
import { DrawnObject, drawnObjectKwargs, type ObjectSettings } from "./drawn-object.ts";
import { ObjectGoal } from "./object-goal.ts";
import { rangeOf, type Range } from "../vector-kwargs.ts";

const FRAME_SKIP = 5;
/** Coordinates of the object, last in qpos and qvel: three slides, three hinges. */
const OBJECT_JOINTS = 6;
/** Start poses: the object in the model's place, or in a drawn one. */
const KEYS = { given: 0, drawn: 1 } as const;
/** Most further draws of a start in which something touches. */
const REDRAWS = 200;
/** Weight of the distance in the term `sparse`, 1/m. */
const SPARSE_DISTANCE = 10;
const WEIGHTS = { pos_dist: 100, rot_dist: 1 };
const TERMS = ["pos_dist", "rot_dist", "act_reg", "sparse", "solved", "done"];
const OBS_KEYS = ["hand_qpos", "hand_qvel", "obj_pos", "goal_pos", "pos_err", "obj_rot", "goal_rot", "rot_err"];

export interface RelocateSettings extends ObjectSettings {
  /** Bounds of the place (m) and of the Euler angles (rad) of the bin to put the object into. */
  readonly target: { readonly low: readonly number[]; readonly high: readonly number[] };
  readonly targetRotation: { readonly low: readonly number[]; readonly high: readonly number[] };
  /** Largest shift of every joint's start, rad; null: none is drawn. */
  readonly noise: number | null;
}

const range = (
  { low, high }: { readonly low: readonly number[]; readonly high: readonly number[] },
  of: string,
): JsonObject => {
  const bound = { type: "array", items: { type: "number" }, minItems: 3, maxItems: 3 };
  return {
    type: "object",
    properties: { low: bound, high: bound },
    required: ["low", "high"],
    additionalProperties: false,
    default: { low: [...low], high: [...high] },
    description: `Bounds of the bin's ${of}.`,
  };
};

const optional = (value: number | null, bounds: JsonObject, description: string): JsonObject => ({
  type: ["number", "null"],
  default: value,
  description,
  ...bounds,
});

/** MyoChallenge 2023's RelocateEnv: carry an object into a bin. */
export function relocate(settings: RelocateSettings): Recipe {
  return {
    family: "myosuite/relocate",
    docs: RELOCATE_DOCS,
    kwargs: {
      target_xyz_range: range(settings.target, "place, m"),
      target_rxryrz_range: range(settings.targetRotation, "Euler angles, rad"),
      ...drawnObjectKwargs(settings),
      qpos_noise_range: optional(
        settings.noise,
        { minimum: 0 },
        "Largest shift of every joint's start, rad; null: none is drawn.",
      ),
      pos_th: numberKwarg(0.1, "Distance that counts as solved, m."),
      rot_th: optional(null, {}, "Rotation error that counts as solved, rad; null: any."),
      drop_th: numberKwarg(0.5, "Distance of palm and object at which it counts as dropped, m."),
    },
    precision: "double",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new RelocateTask(model, kwargs, episode),
  };
}

class RelocateTask implements Task {
  readonly layout: TaskLayout;
  readonly #object: DrawnObject;
  readonly #goal: ObjectGoal;
  readonly #palm: Gather;
  /** Of the bin, which is no part of the simulated tree. */
  readonly #mocap: number;
  readonly #target: Range;
  readonly #rotation: Range;
  readonly #noise: number | null;
  readonly #start: Keyframe;
  readonly #near: number;
  readonly #turned: number;
  readonly #drop: number;
  readonly #map: ActionMap;
  readonly #drawn = new Float64Array(3);

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    this.#object = new DrawnObject(model, "Object", kwargs);
    this.#goal = new ObjectGoal(model);
    this.#palm = sitePosition(model, "S_grasp_r");
    this.#mocap = model.intsBorrow("body_mocapid")[model.id("body", "target")] ?? 0;
    this.#target = rangeOf(kwargs, "target_xyz_range") ?? NOWHERE;
    this.#rotation = rangeOf(kwargs, "target_rxryrz_range") ?? NOWHERE;
    this.#noise = kwargs["qpos_noise_range"] === null ? null : numberOf(kwargs, "qpos_noise_range");
    this.#start = keyframe(model, this.#object.placed ? KEYS.drawn : KEYS.given);
    this.#near = numberOf(kwargs, "pos_th");
    this.#turned = kwargs["rot_th"] === null ? Infinity : numberOf(kwargs, "rot_th");
    this.#drop = numberOf(kwargs, "drop_th");
    const { space, map } = actionControl(model, "double", episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [...this.#groups(model, model.timestep * episode.frameSkip), ...this.#goal.groups()],
      defaultObsKeys: OBS_KEYS,
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  #groups(model: Model, dt: number): ObsGroupSpec[] {
    const { nq, nv } = model.sizes;
    return [
      timeGroup(),
      qposGroup(model, "hand_qpos", 0, nq - OBJECT_JOINTS),
      qposGroup(model, "hand_qpos_corrected", 0, nq - OBJECT_JOINTS),
      stepGroup(model, dt, "hand_qvel", 0, nv - OBJECT_JOINTS),
      gatherGroup("palm_pos", this.#palm),
      offsetGroup("reach_err", this.#palm, this.#goal.object),
    ];
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    for (let draws = 0; draws <= REDRAWS; draws++) {
      this.#draw(p, rng);
      if (p.ncon === 0) return;
    }
  }

  #draw(p: Physics, rng: Rng): void {
    rng.uniformInto(this.#target.low, this.#target.high, this.#drawn);
    p.mocapPos.set(this.#drawn, 3 * this.#mocap);
    rng.uniformInto(this.#rotation.low, this.#rotation.high, this.#drawn);
    eulerToQuaternion(this.#drawn, p.mocapQuat, 4 * this.#mocap);
    this.#object.draw(p, rng);
    const { qpos } = p;
    qpos.set(this.#start.qpos);
    if (this.#noise !== null) {
      const joints = qpos.length - OBJECT_JOINTS;
      for (let i = 0; i < joints; i++) qpos[i] = (qpos[i] ?? 0) + rng.uniform(-this.#noise, this.#noise);
    }
    p.qvel.set(this.#start.qvel);
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const distance = this.#goal.distance(p);
    const rotation = this.#goal.rotation(p);
    difference(p, this.#palm, this.#goal.object, this.#drawn);
    const dropped = norm(this.#drawn) > this.#drop;
    const { act } = p;
    terms[0] = -distance;
    terms[1] = -rotation;
    terms[2] = act.length === 0 ? 0 : -norm(act) / act.length;
    terms[3] = -rotation - SPARSE_DISTANCE * distance;
    terms[4] = indicator(distance < this.#near && rotation < this.#turned && !dropped);
    terms[5] = indicator(dropped);
    return dropped ? TERMINATED : 0;
  }

  save(): Json {
    return null;
  }

  load(): void {
    // All that an episode draws is in mjData or an edit of the model.
  }
}

const NOWHERE: Range = { low: new Float64Array(3), high: new Float64Array(3) };
