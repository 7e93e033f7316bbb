import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { keyframe, type Keyframe } from "../initial-qpos.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { choiceKwarg, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, meanSquare } from "../vectors.ts";
import { Goalkeeper } from "./goalkeeper.ts";
import { LimitPain } from "./limit-pain.ts";
import { vectorKwarg, vectorOf } from "../vector-kwargs.ts";
import { soccerDocs } from "./soccer-docs.ts";
import { SoccerBody } from "./soccer-body.ts";

const FRAME_SKIP = 10;
/** Keyframe of the start. */
const START_KEY = 0;
const WEIGHTS = { goal_scored: 1000, time_cost: -0.01, act_reg: -0.1, pain: -10, alive: 0.5 };
const TERMS = ["goal_scored", "time_cost", "act_reg", "pain", "alive", "sparse", "solved", "done"];

export interface SoccerSettings {
  readonly reset: "none" | "random";
  /** Probabilities of a keeper that follows the ball, moves at random, stands. */
  readonly goalkeeper: readonly number[];
}

function kwargsOf({ reset, goalkeeper }: SoccerSettings): Recipe["kwargs"] {
  return {
    reset_type: choiceKwarg(
      ["none", "init", "random"],
      reset,
      "Start: the keyframe (none and init), or the keyframe with drawn noise.",
    ),
    rnd_joint_noise: numberKwarg(0.02, "Largest noise on each joint of a drawn start, rad."),
    rnd_pos_noise: numberKwarg(1, "Largest distance of a drawn start behind and beside the keyframe's, m."),
    goalkeeper_probabilities: vectorKwarg(
      goalkeeper,
      "Probabilities that the goalkeeper follows the ball, moves at random, stands.",
      { minimum: 0, maximum: 1 },
    ),
    random_vel_range: vectorKwarg([1, 5], "Bounds of the goalkeeper's drawn speed, m/s.", { minimum: 0 }),
    max_time_sec: numberKwarg(10, "Simulated time that ends the episode, s.", { exclusiveMinimum: 0 }),
  };
}

/** MyoSuite's SoccerEnv: kick a ball past a goalkeeper. */
export function soccer(settings: SoccerSettings): Recipe {
  return {
    family: "myosuite/soccer",
    docs: soccerDocs(settings),
    kwargs: kwargsOf(settings),
    precision: "single",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new SoccerTask(model, kwargs, episode),
  };
}

class SoccerTask implements Task {
  readonly layout: TaskLayout;
  readonly #start: Keyframe;
  readonly #drawn: boolean;
  readonly #jointNoise: number;
  readonly #placeNoise: number;
  readonly #maxTime: number;
  readonly #body: SoccerBody;
  readonly #keeper: Goalkeeper;
  readonly #pain: LimitPain;
  readonly #map: ActionMap;

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    const dt = model.timestep * episode.frameSkip;
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#start = keyframe(model, START_KEY);
    this.#drawn = kwargs["reset_type"] === "random";
    this.#jointNoise = Math.abs(numberOf(kwargs, "rnd_joint_noise"));
    this.#placeNoise = Math.abs(numberOf(kwargs, "rnd_pos_noise"));
    this.#maxTime = numberOf(kwargs, "max_time_sec");
    this.#body = new SoccerBody(model);
    this.#keeper = new Goalkeeper({
      probabilities: [...vectorOf(kwargs, "goalkeeper_probabilities")],
      speeds: [...vectorOf(kwargs, "random_vel_range")],
      dt,
    });
    this.#pain = new LimitPain(model);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: this.#body.groups(dt),
      defaultObsKeys: SoccerBody.defaultKeys,
      terms: TERMS,
      weights: WEIGHTS,
      sensors: true,
      forces: true,
      movesBeforeStep: true,
    });
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    const { qpos, qvel } = p;
    qpos.set(this.#start.qpos);
    qvel.set(this.#start.qvel);
    if (this.#drawn) this.#scatter(qpos, rng);
    p.forward();
    this.#keeper.reset(p, rng);
    p.forward();
  }

  #scatter(qpos: Float64Array, rng: Rng): void {
    const { joints, root } = this.#body;
    for (const at of joints) qpos[at] = (qpos[at] ?? 0) + rng.uniform(-this.#jointNoise, this.#jointNoise);
    qpos[root] = (qpos[root] ?? 0) + rng.uniform(-this.#placeNoise, 0);
    qpos[root + 1] = (qpos[root + 1] ?? 0) + rng.uniform(-this.#placeNoise, this.#placeNoise);
  }

  beforeStep(p: Physics, rng: Rng): void {
    this.#keeper.advance(p, rng, this.#body.ball(p, 1));
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const scored = this.#body.scored(p);
    const done = scored || p.time >= this.#maxTime || this.#body.fallen(p);
    terms[0] = indicator(scored);
    terms[1] = 1;
    terms[2] = meanSquare(p.act);
    terms[3] = this.#pain.of(p);
    terms[4] = indicator(!done);
    terms[5] = indicator(done);
    terms[6] = indicator(scored);
    terms[7] = indicator(done);
    return done ? TERMINATED : 0;
  }

  save(): Json {
    return this.#keeper.save();
  }

  load(state: Json): void {
    this.#keeper.load(state);
  }
}
