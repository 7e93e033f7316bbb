import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { AXES, elementGroup } from "../../gather-group.ts";
import { TERMINATED, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { timeGroup } from "../obs-groups.ts";
import type { Episode, Recipe } from "../recipe.ts";
import { indicator, norm } from "../vectors.ts";
import { objHoldDocs } from "./obj-hold-docs.ts";

/** Elements of qpos and qvel of the free object, the last ones of the model. */
const OBJECT_QPOS = 7;
const OBJECT_QVEL = 6;
/** First joint (pronation) of the open hand, palm up, rad. */
const PALM_UP = -1.5;
/** Distance from the goal that counts as solved, m. */
const NEAR = 0.01;
/** Distance from the goal at which the object is lost, m. */
const DROP = 0.3;
/** Half-width of the box around the object in which its goal is drawn, m. */
const GOAL_SPREAD = 0.03;
/** Range of the half-axes of a drawn ellipsoid, m. */
const SIZE = [0.02, 0.03] as const;
const WEIGHTS = { goal_dist: 100, bonus: 4, penalty: 10 };
const TERMS = ["goal_dist", "bonus", "act_reg", "penalty", "sparse", "solved", "done"];

export interface ObjHoldSettings {
  /** Goal and size of the object are drawn each episode. */
  readonly drawn: boolean;
}

/** MyoSuite's ObjHold environments: hold an object at a place above the open hand. */
export function objHold(settings: ObjHoldSettings): Recipe {
  return {
    family: "myosuite/obj-hold",
    docs: objHoldDocs(settings),
    kwargs: {},
    precision: "single",
    frameSkip: 10,
    normalizeAct: true,
    edits: "none",
    task: (model, _kwargs, episode) => new ObjHoldTask(model, settings, episode),
  };
}

class ObjHoldTask implements Task {
  readonly layout: TaskLayout;
  readonly #settings: ObjHoldSettings;
  readonly #init: Float64Array;
  /** Where the object starts, m. */
  readonly #place: Float64Array;
  readonly #site: number;
  readonly #goal: number;
  readonly #geom: number;
  readonly #body: number;
  readonly #map: ActionMap;

  constructor(model: Model, settings: ObjHoldSettings, episode: Episode) {
    const { nq, nv } = model.sizes;
    const hand = nq - OBJECT_QPOS;
    this.#settings = settings;
    this.#init = Float64Array.from(model.floatsBorrow("qpos0")).fill(0, 0, hand);
    this.#init[0] = PALM_UP;
    this.#place = this.#init.slice(hand, hand + 3);
    this.#site = model.id("site", "object");
    this.#goal = model.id("site", "goal");
    this.#geom = model.id("geom", "object");
    this.#body = model.id("body", "object");
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [
        timeGroup(),
        qposGroup(model, "hand_qpos", 0, hand),
        stepGroup(model, model.timestep * episode.frameSkip, "hand_qvel", 0, nv - OBJECT_QVEL),
        elementGroup("obj_pos", "m", AXES, ({ siteXpos }, i) => siteXpos[3 * this.#site + i] ?? 0),
        elementGroup("obj_err", "m", AXES, ({ siteXpos }, i) => this.#error(siteXpos, i)),
      ],
      defaultObsKeys: ["hand_qpos", "hand_qvel", "obj_pos", "obj_err"],
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  reset(p: Physics, rng: Rng): void {
    if (this.#settings.drawn) this.#draw(p, rng);
    p.resetData();
    p.qpos.set(this.#init);
    p.forward();
  }

  /** The goal's place, then the object's half-axes, which the goal shows too. */
  #draw(p: Physics, rng: Rng): void {
    const goal = p.edit("site_pos");
    for (let i = 0; i < 3; i++)
      goal[3 * this.#goal + i] = (this.#place[i] ?? 0) + rng.uniform(-GOAL_SPREAD, GOAL_SPREAD);
    const size = p.edit("geom_size");
    const shown = p.edit("site_size");
    for (let i = 0; i < 3; i++) {
      const halfAxis = rng.uniform(SIZE[0], SIZE[1]);
      size[3 * this.#geom + i] = halfAxis;
      shown[3 * this.#goal + i] = halfAxis;
    }
    p.refreshBodies([{ body: this.#body }]);
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  /** Goal minus object, m. */
  #error(siteXpos: Float64Array, i: number): number {
    return (siteXpos[3 * this.#goal + i] ?? 0) - (siteXpos[3 * this.#site + i] ?? 0);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const { siteXpos, act } = p;
    let sum = 0;
    for (let i = 0; i < 3; i++) sum += this.#error(siteXpos, i) ** 2;
    const distance = Math.sqrt(sum);
    const dropped = indicator(distance > DROP);
    terms[0] = -distance;
    terms[1] = indicator(distance < 2 * NEAR) + indicator(distance < NEAR);
    terms[2] = -norm(act) / act.length;
    terms[3] = -dropped;
    terms[4] = -distance;
    terms[5] = indicator(distance < NEAR);
    terms[6] = dropped;
    return dropped === 1 ? TERMINATED : 0;
  }

  /** Goal and size are model edits; nothing else lasts. */
  save(): Json {
    return null;
  }

  load(): void {
    // Without state of its own.
  }
}
