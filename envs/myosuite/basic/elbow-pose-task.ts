import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { elbowPoseTaskDocs } from "./elbow-pose-task-docs.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionBox, directMap, muscleNames } from "../muscle-map.ts";
import { activationGroup, poseErrorGroup } from "../obs-groups.ts";
import { loadNumbers, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { distance, indicator, meanSquare } from "../vectors.ts";

const FRAME_SKIP = 10;
/** Distance that counts as solved, rad. */
const THRESHOLD = 0.35;
const FAR_BONUS = 1.5;
const FAILURE = 2 * Math.PI;
const WEIGHTS = { "pose/pose": 1, "pose/bonus": 1, "pose/penalty": 1, "act_reg/act_reg": 1 };
const TERMS = [
  "pose/pose",
  "pose/bonus",
  "pose/penalty",
  "pose/solved",
  "act_reg/act_reg",
  "act_reg/solved",
  "done",
  "solved",
];

export interface ElbowPoseTaskSettings {
  /** Bounds of the elbow's target angle, rad; equal bounds fix it without a draw. */
  readonly low: number;
  readonly high: number;
}

/** MyoSuite's data-driven ModularTaskEnv with its elbow pose configuration. */
export function elbowPoseTask(settings: ElbowPoseTaskSettings): Recipe {
  return {
    family: "myosuite/elbow-pose-task",
    docs: elbowPoseTaskDocs(settings),
    kwargs: {
      pose_thd: numberKwarg(THRESHOLD, "Distance from the target pose that counts as solved, rad.", {
        exclusiveMinimum: 0,
      }),
    },
    precision: "single",
    frameSkip: FRAME_SKIP,
    edits: "none",
    task: (model, kwargs, episode) => new ElbowPoseTask(model, settings, kwargs, episode),
  };
}

class ElbowPoseTask implements Task {
  readonly layout: TaskLayout;
  readonly #settings: ElbowPoseTaskSettings;
  readonly #threshold: number;
  readonly #target: Float64Array;

  constructor(model: Model, settings: ElbowPoseTaskSettings, kwargs: Kwargs, episode: Episode) {
    this.#settings = settings;
    this.#threshold = numberOf(kwargs, "pose_thd");
    this.#target = Float64Array.of(settings.low);
    const muscles = muscleNames(model);
    this.layout = episodeLayout(model, episode, {
      actionSpace: actionBox(model.sizes.nu, 0, 1),
      groups: [
        qposGroup(model, "joint_pos"),
        stepGroup(model, model.timestep * episode.frameSkip, "joint_vel"),
        activationGroup("muscle_act", muscles),
        poseErrorGroup(model, "pose_error", this.#target),
      ],
      defaultObsKeys: ["joint_pos", "joint_vel", "muscle_act", "pose_error"],
      terms: TERMS,
      weights: WEIGHTS,
      muscles,
      appendsAct: false,
    });
  }

  reset(p: Physics, rng: Rng): void {
    const { low, high } = this.#settings;
    p.resetData();
    p.forward();
    if (low < high) this.#target[0] = rng.uniform(low, high);
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    directMap(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const d = distance(this.#target, p.qpos);
    const solved = indicator(d < this.#threshold);
    const far = indicator(d > FAILURE);
    terms[0] = -d;
    terms[1] = solved + indicator(d < FAR_BONUS * this.#threshold);
    terms[2] = -far;
    terms[3] = solved;
    terms[4] = -meanSquare(p.act);
    terms[5] = 0;
    terms[6] = far;
    terms[7] = solved;
    return far === 1 ? TERMINATED : 0;
  }

  save(): Json {
    return { target: [...this.#target] };
  }

  load(state: Json): void {
    loadNumbers(mapOf(state)["target"], this.#target);
  }
}
