import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type ObsGroupSpec, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { timeGroup } from "../obs-groups.ts";
import { numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { eulerToQuaternion } from "../rotations.ts";
import { indicator, norm } from "../vectors.ts";
import { DIE_REORIENT_DOCS } from "./die-reorient-docs.ts";
import { DrawnDie, drawnDieKwargs, type DieSettings } from "./drawn-die.ts";
import { ObjectGoal } from "./object-goal.ts";
import { checkedRange, vectorKwarg, vectorOf, type Range } from "../vector-kwargs.ts";

const FRAME_SKIP = 5;
/** Palm up: start angle of the forearm, the first joint, rad. */
const PRONATION = -1.5;
/** Coordinates of the die, last in qpos and qvel: three slides, three hinges. */
const OBJECT_JOINTS = 6;
/** MyoSuite's first observation group leaves out one joint more. */
const MD5_JOINTS = 7;
/** Weight of the distance in the term `sparse`, 1/m. */
const SPARSE_DISTANCE = 10;
const WEIGHTS = { pos_dist: 100, rot_dist: 1, bonus: 0, act_reg: 0, penalty: 0 };
const TERMS = ["pos_dist", "rot_dist", "bonus", "act_reg", "penalty", "sparse", "solved", "done"];
const OBS_KEYS = ["hand_qpos_noMD5", "hand_qvel", "obj_pos", "goal_pos", "pos_err", "obj_rot", "goal_rot", "rot_err"];

export interface DieReorientSettings extends DieSettings {
  /** Bounds of every coordinate of the goal's shift, m. */
  readonly goalPos: readonly [number, number];
  /** Bounds of every Euler angle of the goal, rad. */
  readonly goalRot: readonly [number, number];
  /** Distance that counts as solved, m; null: any. */
  readonly positionThreshold: number | null;
}

/** MyoChallenge 2022's ReorientEnv: turn a die in the hand into a drawn pose. */
export function dieReorient(settings: DieReorientSettings): Recipe {
  return {
    family: "myosuite/die-reorient",
    docs: DIE_REORIENT_DOCS,
    kwargs: {
      goal_pos: vectorKwarg(settings.goalPos, "Bounds of every coordinate of the goal's shift, m."),
      goal_rot: vectorKwarg(settings.goalRot, "Bounds of every Euler angle of the goal, rad."),
      ...drawnDieKwargs(settings),
      pos_th: {
        type: ["number", "null"],
        default: settings.positionThreshold,
        description: "Distance that counts as solved, m; null: any.",
      },
      rot_th: numberKwarg(0.262, "Rotation error that counts as solved, rad."),
      drop_th: numberKwarg(0.2, "Distance from the goal at which the die counts as dropped, m."),
    },
    precision: "double",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new DieReorientTask(model, kwargs, episode),
  };
}

class DieReorientTask implements Task {
  readonly layout: TaskLayout;
  readonly #die: DrawnDie;
  readonly #goal: ObjectGoal;
  readonly #goalBody: number;
  /** Place of the goal in the model, m. */
  readonly #goalStart: Float64Array;
  readonly #shift: Range;
  readonly #rotation: Range;
  readonly #positionThreshold: number;
  readonly #rotationThreshold: number;
  readonly #drop: number;
  readonly #map: ActionMap;
  readonly #drawn = new Float64Array(3);

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    this.#die = new DrawnDie(model, kwargs);
    this.#goalBody = model.id("body", "target");
    const place = (body: number): Float64Array =>
      Float64Array.from(model.floatsBorrow("body_pos").subarray(3 * body, 3 * body + 3));
    this.#goalStart = place(this.#goalBody);
    const start = place(model.id("body", "Object"));
    // Die and goal start in place: what parts them then is no error.
    this.#goal = new ObjectGoal(
      model,
      this.#goalStart.map((value, i) => value - (start[i] ?? 0)),
    );
    this.#shift = everyAxis("goal_pos", kwargs);
    this.#rotation = everyAxis("goal_rot", kwargs);
    this.#positionThreshold = kwargs["pos_th"] === null ? Infinity : numberOf(kwargs, "pos_th");
    this.#rotationThreshold = numberOf(kwargs, "rot_th");
    this.#drop = numberOf(kwargs, "drop_th");
    const { space, map } = actionControl(model, "double", episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [...handGroups(model, model.timestep * episode.frameSkip), ...this.#goal.groups()],
      defaultObsKeys: OBS_KEYS,
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  reset(p: Physics, rng: Rng): void {
    rng.uniformInto(this.#shift.low, this.#shift.high, this.#drawn);
    const places = p.edit("body_pos");
    for (let i = 0; i < 3; i++) places[3 * this.#goalBody + i] = (this.#goalStart[i] ?? 0) + (this.#drawn[i] ?? 0);
    rng.uniformInto(this.#rotation.low, this.#rotation.high, this.#drawn);
    eulerToQuaternion(this.#drawn, p.edit("body_quat"), 4 * this.#goalBody);
    this.#die.draw(p, rng);
    p.resetData();
    p.qpos.fill(0, 0, -OBJECT_JOINTS);
    p.qpos[0] = PRONATION;
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const distance = this.#goal.distance(p);
    const rotation = this.#goal.rotation(p);
    const near = this.#positionThreshold;
    const dropped = distance > this.#drop;
    const { act } = p;
    terms[0] = -distance;
    terms[1] = -rotation;
    terms[2] = indicator(distance < 2 * near) + indicator(distance < near);
    terms[3] = act.length === 0 ? 0 : -norm(act) / act.length;
    terms[4] = -indicator(dropped);
    terms[5] = -rotation - SPARSE_DISTANCE * distance;
    terms[6] = indicator(distance < near && rotation < this.#rotationThreshold && !dropped);
    terms[7] = indicator(dropped);
    return dropped ? TERMINATED : 0;
  }

  save(): Json {
    return null;
  }

  load(): void {
    // All that an episode draws are edits of the model.
  }
}

/** Bounds of a kwarg for each of three components. */
function everyAxis(name: string, kwargs: Kwargs): Range {
  const [low = NaN, high = NaN] = vectorOf(kwargs, name);
  return checkedRange(name, new Float64Array(3).fill(low), new Float64Array(3).fill(high));
}

function handGroups(model: Model, dt: number): ObsGroupSpec[] {
  const { nq, nv } = model.sizes;
  return [
    timeGroup(),
    qposGroup(model, "hand_qpos_noMD5", 0, nq - MD5_JOINTS),
    qposGroup(model, "hand_qpos", 0, nq - OBJECT_JOINTS),
    stepGroup(model, dt, "hand_qvel", 0, nv - OBJECT_JOINTS),
  ];
}
