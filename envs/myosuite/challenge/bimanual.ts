import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { AXES, heldGroup } from "../../gather-group.ts";
import { TERMINATED, type Kwargs, type ObsGroupSpec, type Task, type TaskLayout } from "../../task.ts";
import { BIMANUAL_DOCS } from "./bimanual-docs.ts";
import { BimanualBody, OBJECT_BODY, TOUCH, TOUCH_NAMES } from "./bimanual-body.ts";
import { POSTURE_TERMS, postureTerms } from "./bimanual-posture.ts";
import { DRAWN_BOX_KWARGS, DrawnBox } from "./drawn-box.ts";
import { mixedControl } from "./mixed-control.ts";
import { Pillar, PILLAR_KWARGS } from "./pillar.ts";
import { episodeLayout } from "../episode-layout.ts";
import { keyframe } from "../initial-qpos.ts";
import { type ActionMap } from "../muscle-map.ts";
import { loadNumbers, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator } from "../vectors.ts";

const FRAME_SKIP = 5;
/** mjENBL_MULTICCD: the flat model has lost the flag. */
const MULTICCD = 16;
/** Keyframe of the start pose. */
const START_KEY = 2;
/** The object starts this much above the start pillar's reference, m. */
const START_CLEARANCE = 0.1;
/** Height of the pillars' tops, m. */
const PILLAR_HEIGHT = 1.09;
/** The episode ends after this time, s, or with the object below this height, m. */
const MAX_TIME = 10;
const LEAST_HEIGHT = 0.3;
/** Control steps on the goal that make the task solved. */
const GOAL_STEPS = 10;
const OBS_KEYS = ["myohand_qpos", "myohand_qvel", "pros_hand_qpos", "pros_hand_qvel", "object_qpos", "object_qvel"];
const WEIGHTS = { reach_dist: -0.1, act: 0, fin_dis: -0.5, pass_err: -1 };
/** Terms after those of the posture begin here. */
const SPARSE = POSTURE_TERMS.length;
const TERMS = [...POSTURE_TERMS, "sparse", "goal_dist", "solved", "done"];

const KWARGS = {
  proximity_th: numberKwarg(0.17, "Distance of the object from the goal that counts as solved, m.", {
    exclusiveMinimum: 0,
  }),
  ...PILLAR_KWARGS,
  ...DRAWN_BOX_KWARGS,
};

/** MyoSuite's BimanualEnv: hand a box over from a muscle-driven arm to a motor-driven prosthesis. */
export function bimanual(): Recipe {
  return {
    family: "myosuite/bimanual",
    docs: BIMANUAL_DOCS,
    kwargs: KWARGS,
    precision: "double",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "multiccd",
    prepare: (model) => model.setOption("enableflags", model.option("enableflags") | MULTICCD),
    task: (model, kwargs, episode) => new BimanualTask(model, kwargs, episode),
  };
}

class BimanualTask implements Task {
  readonly layout: TaskLayout;
  readonly #body: BimanualBody;
  readonly #box: DrawnBox;
  readonly #map: ActionMap;
  readonly #proximity: number;
  readonly #init: Float64Array;
  readonly #start: Pillar;
  readonly #goal: Pillar;
  /** Heights of object and palm at the start, m. */
  readonly #heights0 = new Float64Array(2);
  /** The observed time, s: the end's where the object has fallen. */
  readonly #time = new Float64Array(1);
  /** Largest force on the object so far, N. */
  readonly #maxForce = new Float64Array(1);
  readonly #sensesForce: boolean;
  #goalSteps = 0;
  #solved = false;

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    this.#body = new BimanualBody(model);
    this.#box = new DrawnBox(model, model.id("body", OBJECT_BODY), kwargs);
    this.#proximity = numberOf(kwargs, "proximity_th");
    this.#init = keyframe(model, START_KEY).qpos;
    this.#start = new Pillar(kwargs, "start");
    this.#goal = new Pillar(kwargs, "goal");
    const { obs_keys: keys } = kwargs;
    // The touch sensor needs contact forces, a solve more a step: only for those who observe it.
    this.#sensesForce = Array.isArray(keys) && keys.includes("max_force");
    const { space, map } = mixedControl(model, episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [...this.#heldGroups(), ...this.#body.groups(model)],
      defaultObsKeys: ["time", ...OBS_KEYS, "touching_body"],
      terms: TERMS,
      weights: WEIGHTS,
      sensors: this.#sensesForce,
    });
  }

  #heldGroups(): ObsGroupSpec[] {
    return [
      heldGroup("time", "s", [], this.#time),
      heldGroup("touching_body", "1", TOUCH_NAMES, this.#body.touching.flags),
      heldGroup("start_pos", "m", AXES, this.#start.pos),
      heldGroup("goal_pos", "m", AXES, this.#goal.pos),
      heldGroup("max_force", "N", [], this.#maxForce),
    ];
  }

  reset(p: Physics, rng: Rng, _options: unknown, first: boolean): void {
    this.#start.draw(rng);
    this.#goal.draw(rng);
    // MyoSuite leaves out the scale in the first episode of an env, which is the first of its random stream.
    this.#box.draw(p, rng, !first);
    this.#goalSteps = 0;
    this.#solved = false;
    this.#maxForce[0] = 0;
    p.resetData();
    const { qpos, mocapPos } = p;
    qpos.set(this.#init);
    mocapPos.set(this.#start.pos, 3 * this.#body.startMocap);
    mocapPos.set(this.#goal.pos, 3 * this.#body.goalMocap);
    qpos.set(this.#start.pos, this.#body.objectQpos);
    qpos[this.#body.objectQpos + 2] = (this.#start.pos[2] ?? 0) + START_CLEARANCE;
    p.forward();
    this.#heights0[0] = this.#body.objectAt(p, 2);
    this.#heights0[1] = this.#body.palmHeight(p);
    this.#sense(p);
  }

  #sense(p: Physics): void {
    this.#time[0] = p.time;
    this.#body.touching.update(p);
    if (this.#sensesForce) this.#maxForce[0] = Math.max(this.#maxForce[0] ?? 0, p.sensordata[0] ?? 0);
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    this.#sense(p);
    if (this.#body.touching.flags[TOUCH.goal] === 1) this.#goalSteps += 1;
    const goalDistance = this.#goalDistance(p);
    // MyoSuite ends the episode one step after it was solved.
    const done = this.#ended(p, this.#solved);
    this.#solved = goalDistance < this.#proximity && this.#goalSteps >= GOAL_STEPS;
    postureTerms(p, this.#body, this.#heights0, terms);
    terms[SPARSE] = 0;
    terms[SPARSE + 1] = goalDistance;
    terms[SPARSE + 2] = indicator(this.#solved);
    terms[SPARSE + 3] = indicator(done);
    return done ? TERMINATED : 0;
  }

  /** Distance of the object from the goal pillar's top, m. */
  #goalDistance(p: Physics): number {
    const x = this.#body.objectAt(p, 0) - (this.#goal.pos[0] ?? 0);
    const y = this.#body.objectAt(p, 1) - (this.#goal.pos[1] ?? 0);
    const z = this.#body.objectAt(p, 2) - PILLAR_HEIGHT;
    return Math.sqrt(x * x + y * y + z * z);
  }

  #ended(p: Physics, solved: boolean): boolean {
    const fallen = this.#body.objectAt(p, 2) < LEAST_HEIGHT;
    const late = p.time > MAX_TIME;
    if (fallen && !late) this.#time[0] = MAX_TIME;
    return late || fallen || solved;
  }

  save(): Json {
    return {
      start: [...this.#start.pos],
      goal: [...this.#goal.pos],
      heights0: [...this.#heights0],
      maxForce: this.#maxForce[0] ?? 0,
      goalSteps: this.#goalSteps,
      solved: this.#solved,
    };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    loadNumbers(saved["start"], this.#start.pos);
    loadNumbers(saved["goal"], this.#goal.pos);
    loadNumbers(saved["heights0"], this.#heights0);
    this.#maxForce[0] = Number(saved["maxForce"]);
    this.#goalSteps = Number(saved["goalSteps"]);
    this.#solved = saved["solved"] === true;
  }
}
