import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { heldGroup } from "../../gather-group.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { TABLE_TENNIS_DOCS } from "./table-tennis-docs.ts";
import { BALL_TOUCH, BALL_TOUCH_NAMES, BallRules, ballTouches } from "./ball-rules.ts";
import { mixedControl } from "./mixed-control.ts";
import { Serve, serveKwargs, type ServeSettings } from "./serve.ts";
import { TableTennisBody } from "./table-tennis-body.ts";
import { drawKwargs, TableTennisDraws, type DrawSettings } from "./table-tennis-draws.ts";
import type { TouchLabels } from "./touch-labels.ts";
import { episodeLayout } from "../episode-layout.ts";
import { keyframe } from "../initial-qpos.ts";
import { type ActionMap } from "../muscle-map.ts";
import { mapOf, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, norm } from "../vectors.ts";

const FRAME_SKIP = 5;
/** Keyframe of the start pose. */
const START_KEY = 0;
/** The episode ends after this time, s, or with the ball below this height, m. */
const MAX_TIME = 3;
const LEAST_HEIGHT = 0.3;
/** Slopes of the exponential terms. */
const REACH_SLOPE = -1;
const SLOPE = -5;
const BALL_KEYS = ["ball_pos", "ball_vel", "paddle_pos", "paddle_vel", "paddle_ori", "reach_err"];
const WEIGHTS = {
  reach_dist: 1,
  palm_dist: 1,
  paddle_quat: 2,
  act_reg: 0.5,
  torso_up: 2,
  sparse: 100,
  solved: 1000,
  done: -10,
};
const TERMS = ["reach_dist", "palm_dist", "paddle_quat", "torso_up", "act_reg", "sparse", "solved", "done", "dense"];
const SOLVED = TERMS.indexOf("solved");
const DONE = TERMS.indexOf("done");
const DENSE = TERMS.indexOf("dense");

export interface TableTennisSettings extends ServeSettings, DrawSettings {}

/** MyoSuite's TableTennisEnv: return a served ball to the opponent's half. */
export function tableTennis(settings: TableTennisSettings): Recipe {
  return {
    family: "myosuite/table-tennis",
    docs: TABLE_TENNIS_DOCS,
    kwargs: {
      ...serveKwargs(settings),
      ...drawKwargs(settings),
      rally_count: {
        type: "integer",
        minimum: 1,
        default: 1,
        description: "Returned balls that make the task solved; after each of the others the ball is served again.",
      },
    },
    precision: "double",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new TableTennisTask(model, kwargs, episode),
  };
}

class TableTennisTask implements Task {
  readonly layout: TaskLayout;
  readonly #body: TableTennisBody;
  readonly #touches: TouchLabels;
  readonly #rules = new BallRules();
  readonly #serve: Serve;
  readonly #draws: TableTennisDraws;
  readonly #map: ActionMap;
  readonly #init: Float64Array;
  readonly #rallies: number;
  readonly #weights: Float64Array;
  /** Index of the term of each weight. */
  readonly #weighted: Int32Array;
  /** The observed time, s: the end's where the ball has fallen. */
  readonly #time = new Float64Array(1);
  /** Returned balls; counts on after the last, as MyoSuite does. */
  #returned = 0;
  #rng: Rng | null = null;

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    this.#body = new TableTennisBody(model);
    this.#touches = ballTouches(model);
    this.#init = keyframe(model, START_KEY).qpos;
    this.#serve = new Serve(model, this.#init, kwargs);
    this.#draws = new TableTennisDraws(model, kwargs);
    this.#rallies = numberOf(kwargs, "rally_count");
    const weights = (kwargs["weighted_reward_keys"] ?? WEIGHTS) as Readonly<Record<string, number>>;
    this.#weights = Float64Array.from(Object.values(weights));
    this.#weighted = Int32Array.from(Object.keys(weights), (name) => TERMS.indexOf(name));
    const { space, map } = mixedControl(model, episode.normalizeAct);
    this.#map = map;
    const body = this.#body.groups(model);
    const touching = heldGroup("touching_info", "1", BALL_TOUCH_NAMES, this.#touches.flags);
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [heldGroup("time", "s", [], this.#time), ...body, touching],
      defaultObsKeys: ["pelvis_pos", "body_qpos", "body_qvel", ...BALL_KEYS, "touching_info"],
      terms: TERMS,
      weights: WEIGHTS,
      denseWeighs: true,
      hiddenTerms: ["done", "dense"],
      sensors: true,
    });
  }

  reset(p: Physics, rng: Rng, _options: unknown, first: boolean): void {
    this.#draws.editModel(p, rng);
    this.#serve.drawPlace(rng, first);
    this.#draws.drawNoise(rng);
    this.#serve.drawVelocity(rng);
    p.resetData();
    p.qpos.set(this.#init);
    this.#draws.addNoise(p.qpos);
    this.#serve.place(p);
    p.forward();
    this.#returned = 0;
    this.#rules.reset();
    this.#sense(p);
  }

  #sense(p: Physics): void {
    this.#time[0] = p.time;
    this.#touches.update(p);
    this.#rules.next(this.#touches.flags);
  }

  /** A rally draws serves at the end of a step. */
  beforeStep(_p: Physics, rng: Rng): void {
    this.#rng = rng;
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    this.#sense(p);
    const { verdict } = this.#rules;
    terms[0] = Math.exp(REACH_SLOPE * this.#body.reach(p));
    terms[1] = Math.exp(SLOPE * this.#body.palmDistance(p));
    terms[2] = Math.exp(SLOPE * this.#body.paddleError(p));
    terms[3] = Math.exp(SLOPE * this.#body.torsoFlexion(p));
    terms[4] = -norm(p.act) / p.act.length;
    terms[5] = indicator(this.#touches.flags[BALL_TOUCH.paddle] === 1);
    terms[SOLVED] = indicator(verdict === "returned");
    terms[DONE] = indicator(this.#ended(p));
    terms[DENSE] = this.#dense(terms);
    if (verdict === "returned") this.#countReturn(p, terms);
    return terms[DONE] === 1 ? TERMINATED : 0;
  }

  #dense(terms: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < this.#weights.length; i++)
      sum += (this.#weights[i] ?? 0) * (terms[this.#weighted[i] ?? 0] ?? 0);
    return sum;
  }

  #ended(p: Physics): boolean {
    const late = p.time > MAX_TIME;
    const fallen = this.#body.ballHeight(p) < LEAST_HEIGHT;
    if (fallen && !late) this.#time[0] = MAX_TIME;
    return late || fallen || this.#rules.verdict !== "play";
  }

  /** While a rally goes on the return is rewarded, but neither solves the task nor ends the episode. */
  #countReturn(p: Physics, terms: Float64Array): void {
    this.#returned += 1;
    if (this.#returned >= this.#rallies || this.#rng === null) return;
    terms[SOLVED] = 0;
    terms[DONE] = 0;
    p.time = 0;
    this.#rules.reset();
    this.#serve.again(p, this.#rng);
    p.touch();
  }

  save(): Json {
    return { rules: this.#rules.save(), serve: this.#serve.save(), returned: this.#returned };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    this.#rules.load(saved["rules"] ?? null);
    this.#serve.load(saved["serve"] ?? null);
    this.#returned = Number(saved["returned"]);
  }
}
