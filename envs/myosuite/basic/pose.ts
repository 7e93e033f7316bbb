import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { CarriedWeight, type CarriedWeightSettings } from "./carried-weight.ts";
import { poseDocs } from "./pose-docs.ts";
import { episodeLayout } from "../episode-layout.ts";
import { initialQpos, jointLimits } from "../initial-qpos.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { poseErrorGroup, timeGroup } from "../obs-groups.ts";
import { choiceKwarg, loadNumbers, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { distance, indicator, norm } from "../vectors.ts";

/** Second bonus within this multiple of the threshold. */
const FAR_BONUS = 1.5;
/** The episode fails beyond this distance unless the settings say otherwise, rad. */
const FAILURE = 2 * Math.PI;
const DEFAULT_WEIGHTS = { pose: 1, bonus: 4, act_reg: 1, penalty: 50 };
const TERMS = ["pose", "bonus", "penalty", "act_reg", "sparse", "solved", "done"];

/** Target pose in order of qpos, rad: drawn between bounds each episode, or given (no draw). */
export type PoseTarget = { readonly low: readonly number[]; readonly high: readonly number[] } | readonly number[];

export interface PoseSettings {
  readonly target: PoseTarget;
  /** Distance that counts as solved, rad. */
  readonly threshold: number;
  /** Start from the middle pose or anywhere within the joint ranges. */
  readonly reset: "init" | "random";
  /** Simulation steps a control step. */
  readonly frameSkip?: number;
  /** Distance beyond which the episode fails, rad. */
  readonly failure?: number;
  readonly actWeight?: number;
  /** Weights of further terms. */
  readonly moreWeights?: Readonly<Record<string, number>>;
  readonly carried?: CarriedWeightSettings;
}

/** MyoSuite's PoseEnvV0: bring every joint to a target angle. */
export function pose(settings: PoseSettings): Recipe {
  return {
    family: "myosuite/pose",
    docs: poseDocs(settings),
    kwargs: {
      pose_thd: numberKwarg(settings.threshold, "Distance from the target pose that counts as solved, rad.", {
        exclusiveMinimum: 0,
      }),
      reset_type: choiceKwarg(["init", "random"], settings.reset, "Start pose: fixed, or drawn from the joint ranges."),
    },
    precision: "single",
    frameSkip: settings.frameSkip ?? 10,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new PoseTask(model, settings, kwargs, episode),
  };
}

class PoseTask implements Task {
  readonly layout: TaskLayout;
  readonly #settings: PoseSettings;
  readonly #threshold: number;
  readonly #failure: number;
  readonly #randomStart: boolean;
  readonly #init: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  /** Target pose, rad. */
  readonly #target: Float64Array;
  readonly #map: ActionMap;
  readonly #carried: CarriedWeight | null;

  constructor(model: Model, settings: PoseSettings, kwargs: Kwargs, episode: Episode) {
    this.#settings = settings;
    this.#threshold = numberOf(kwargs, "pose_thd");
    this.#failure = settings.failure ?? FAILURE;
    this.#randomStart = kwargs["reset_type"] === "random";
    this.#init = initialQpos(model, episode.normalizeAct);
    this.#low = jointLimits(model, 0);
    this.#high = jointLimits(model, 1);
    this.#target = Float64Array.from("low" in settings.target ? settings.target.low : settings.target);
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    this.#carried = settings.carried === undefined ? null : new CarriedWeight(model, settings.carried);
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [
        timeGroup(),
        qposGroup(model),
        stepGroup(model, model.timestep * episode.frameSkip),
        poseErrorGroup(model, "pose_err", this.#target),
      ],
      defaultObsKeys: ["qpos", "qvel", "pose_err"],
      terms: TERMS,
      weights: { ...DEFAULT_WEIGHTS, act_reg: settings.actWeight ?? DEFAULT_WEIGHTS.act_reg, ...settings.moreWeights },
    });
  }

  reset(p: Physics, rng: Rng): void {
    this.#carried?.draw(p, rng);
    p.resetData();
    this.#drawTarget(rng);
    const start = p.qpos;
    // MyoSuite visits the target pose here to place visual sites; a forward pass leaves no state behind.
    for (let i = 0; i < start.length; i++) {
      start[i] = this.#randomStart ? rng.uniform(this.#low[i] ?? 0, this.#high[i] ?? 0) : (this.#init[i] ?? 0);
    }
    p.forward();
  }

  #drawTarget(rng: Rng): void {
    const bounds = this.#settings.target;
    if (!("low" in bounds)) return;
    for (let i = 0; i < this.#target.length; i++) {
      this.#target[i] = rng.uniform(bounds.low[i] ?? 0, bounds.high[i] ?? 0);
    }
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const d = distance(this.#target, p.qpos);
    const { act } = p;
    const far = indicator(d > this.#failure);
    terms[0] = -d;
    terms[1] = indicator(d < this.#threshold) + indicator(d < FAR_BONUS * this.#threshold);
    terms[2] = -far;
    terms[3] = act.length === 0 ? 0 : -norm(act) / act.length;
    terms[4] = -d;
    terms[5] = indicator(d < this.#threshold);
    terms[6] = far;
    return far === 1 ? TERMINATED : 0;
  }

  save(): Json {
    return { target: [...this.#target] };
  }

  load(state: Json): void {
    loadNumbers(mapOf(state)["target"], this.#target);
  }
}
