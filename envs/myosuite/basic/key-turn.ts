import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { AXES, elementGroup } from "../../gather-group.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { vectorKwarg, vectorOf } from "../vector-kwargs.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { timeGroup } from "../obs-groups.ts";
import { numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, norm } from "../vectors.ts";
import { KEY_TURN_DOCS } from "./key-turn-docs.ts";

/** Distance of a fingertip from the key head's centre while it holds the key, m. */
const GRASP = 0.03;
/** The episode fails when a fingertip is further than this from grasping, m; beyond half of it there is a penalty. */
const FAR = 0.1;
/** Half-width of the box in which the key's place is drawn, m. */
const PLACE_SPREAD = 0.01;
const WEIGHTS = { key_turn: 1, IFtip_approach: 10, THtip_approach: 10, act_reg: 1, bonus: 4, penalty: 25 };
const TERMS = [
  "key_turn",
  "IFtip_approach",
  "THtip_approach",
  "act_reg",
  "bonus",
  "penalty",
  "sparse",
  "solved",
  "done",
];

export interface KeyTurnSettings {
  /** Angle of the key that counts as solved, rad. */
  readonly goal: number;
  /** Range of the key's first angle, rad; where its ends differ the key's place is drawn too. */
  readonly start: readonly [number, number];
}

/** MyoSuite's KeyTurnEnvV0: hold a key between index finger and thumb and turn it. */
export function keyTurn(settings: KeyTurnSettings): Recipe {
  return {
    family: "myosuite/key-turn",
    docs: KEY_TURN_DOCS,
    kwargs: {
      goal_th: numberKwarg(settings.goal, "Angle of the key that counts as solved, rad."),
      key_init_range: vectorKwarg(
        settings.start,
        "Range of the key's first angle, rad; where its ends differ the key's place is drawn too.",
      ),
    },
    precision: "single",
    frameSkip: 10,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new KeyTurnTask(model, kwargs, episode),
  };
}

class KeyTurnTask implements Task {
  readonly layout: TaskLayout;
  readonly #goal: number;
  readonly #start: Float64Array;
  readonly #init: Float64Array;
  /** Element of qpos that is the key's angle: the last one. */
  readonly #key: number;
  readonly #keyBody: number;
  /** Where the key head is without a draw, m: the key's body is fixed to the world and the head is its origin. */
  readonly #place: Float64Array;
  readonly #head: number;
  readonly #index: number;
  readonly #thumb: number;
  readonly #map: ActionMap;

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    const dt = model.timestep * episode.frameSkip;
    this.#goal = numberOf(kwargs, "goal_th");
    this.#start = vectorOf(kwargs, "key_init_range");
    this.#key = model.sizes.nq - 1;
    this.#init = new Float64Array(model.sizes.nq);
    this.#init[this.#key] = model.floatsBorrow("qpos0")[this.#key] ?? 0;
    this.#keyBody = model.id("body", "key");
    this.#place = Float64Array.from(model.floatsBorrow("body_pos").subarray(3 * this.#keyBody, 3 * this.#keyBody + 3));
    this.#head = model.id("site", "keyhead");
    this.#index = model.id("site", "IFtip");
    this.#thumb = model.id("site", "THtip");
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    const approach = (name: string, tip: number) =>
      elementGroup(
        name,
        "m",
        AXES,
        ({ siteXpos }, i) => (siteXpos[3 * this.#head + i] ?? 0) - (siteXpos[3 * tip + i] ?? 0),
      );
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [
        timeGroup(),
        qposGroup(model, "hand_qpos", 0, this.#key),
        stepGroup(model, dt, "hand_qvel", 0, this.#key),
        qposGroup(model, "key_qpos", this.#key, this.#key + 1),
        stepGroup(model, dt, "key_qvel", this.#key, this.#key + 1),
        approach("IFtip_approach", this.#index),
        approach("THtip_approach", this.#thumb),
      ],
      defaultObsKeys: ["hand_qpos", "hand_qvel", "key_qpos", "key_qvel", "IFtip_approach", "THtip_approach"],
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  reset(p: Physics, rng: Rng): void {
    const [low = 0, high = 0] = this.#start;
    p.resetData();
    p.qpos.set(this.#init);
    p.qpos[this.#key] = rng.uniform(low, high);
    if (low !== high) {
      const place = p.edit("body_pos");
      for (let i = 0; i < 3; i++) {
        place[3 * this.#keyBody + i] = (this.#place[i] ?? 0) + rng.uniform(-PLACE_SPREAD, PLACE_SPREAD);
      }
      p.commitEdits();
    }
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  /** How far a fingertip is from where it would hold the key, m. */
  #gap(siteXpos: Float64Array, tip: number): number {
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      const d = (siteXpos[3 * this.#head + i] ?? 0) - (siteXpos[3 * tip + i] ?? 0);
      sum += d * d;
    }
    return Math.abs(Math.sqrt(sum) - GRASP);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const { siteXpos, act } = p;
    const index = this.#gap(siteXpos, this.#index);
    const thumb = this.#gap(siteXpos, this.#thumb);
    const angle = p.qpos[this.#key] ?? 0;
    const failed = indicator(index > FAR || thumb > FAR);
    terms[0] = angle;
    terms[1] = -index;
    terms[2] = -thumb;
    terms[3] = -norm(act) / act.length;
    terms[4] = indicator(angle > Math.PI / 2) + indicator(angle > Math.PI);
    terms[5] = -indicator(index > FAR / 2) - indicator(thumb > FAR / 2);
    terms[6] = angle;
    terms[7] = indicator(angle > this.#goal);
    terms[8] = failed;
    return failed === 1 ? TERMINATED : 0;
  }

  /** The key's place is a model edit; nothing else lasts. */
  save(): Json {
    return null;
  }

  load(): void {
    // Without state of its own.
  }
}
