import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, qvelGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { elementGroup } from "../../gather-group.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { HELD_PELVIS_KWARG, HeldPelvis } from "./held-pelvis.ts";
import { episodeLayout } from "../episode-layout.ts";
import { vectorKwarg, vectorOf } from "../vector-kwargs.ts";
import { actionBox, directMap, muscleNames } from "../muscle-map.ts";
import { activationGroup } from "../obs-groups.ts";
import { loadNumbers, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, meanSquare } from "../vectors.ts";
import { LEG_DIRECTIONAL_DOCS } from "./leg-directional-docs.ts";

const FRAME_SKIP = 5;
/** Keyframe of the start pose. */
const START_KEY = 0;
/** Element of qpos that is the pelvis's height. */
const HEIGHT = 2;
/** Height of the pelvis below which the body has fallen, m. */
const FALL_HEIGHT = 0.7;
const FALL_PENALTY = 1;
/** Velocity error that counts as solved, m/s. */
const SOLVED_SPEED = 0.5;
const TERMS = ["heading/heading_tracking", "heading/solved", "act_reg/act_reg", "act_reg/solved", "done", "solved"];

export interface LegDirectionalSettings {
  /** Direction to walk in, world coordinates; drawn anew each episode where `drawn` is set. */
  readonly heading: readonly [number, number];
  readonly drawn: boolean;
  /** Speed to walk at, m/s. */
  readonly speed: number;
}

/** MyoSuite's data-driven ModularTaskEnv with its leg directional configuration: walk at a velocity. */
export function legDirectional(settings: LegDirectionalSettings): Recipe {
  return {
    family: "myosuite/leg-directional",
    docs: LEG_DIRECTIONAL_DOCS,
    kwargs: {
      heading_dir: vectorKwarg(settings.heading, "Direction to walk in, world x and y, a unit vector."),
      randomize_heading: {
        type: "boolean",
        default: settings.drawn,
        description: "Draw the direction anew each episode instead.",
      },
      target_speed: numberKwarg(settings.speed, "Speed to walk at, m/s."),
      fall_height: numberKwarg(FALL_HEIGHT, "Height of the pelvis below which the episode ends, m."),
      fall_penalty: numberKwarg(FALL_PENALTY, "Reward a fall costs."),
      hold_pelvis: HELD_PELVIS_KWARG,
    },
    precision: "single",
    frameSkip: FRAME_SKIP,
    edits: "none",
    task: (model, kwargs, episode) => new LegDirectionalTask(model, kwargs, episode),
  };
}

class LegDirectionalTask implements Task {
  readonly layout: TaskLayout;
  readonly afterSubstep?: (p: Physics) => void;
  readonly #held: HeldPelvis | null;
  readonly #drawn: boolean;
  readonly #speed: number;
  readonly #fallHeight: number;
  /** Direction of this episode. */
  readonly #heading: Float64Array;

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    this.#held = HeldPelvis.where(kwargs);
    if (this.#held !== null) this.afterSubstep = (p) => this.#held?.restore(p);
    this.#drawn = kwargs["randomize_heading"] === true;
    this.#speed = numberOf(kwargs, "target_speed");
    this.#fallHeight = this.#held === null ? numberOf(kwargs, "fall_height") : -Infinity;
    this.#heading = vectorOf(kwargs, "heading_dir");
    const muscles = muscleNames(model);
    this.layout = episodeLayout(model, episode, {
      actionSpace: actionBox(model.sizes.nu, 0, 1),
      groups: [
        qposGroup(model, "joint_pos"),
        stepGroup(model, model.timestep * episode.frameSkip, "joint_vel"),
        activationGroup("muscle_act", muscles),
        { ...qvelGroup(model, "root_planar_vel", 0, 2), unit: "m/s" },
        elementGroup("heading_cmd", "1", ["x", "y"], (_, i) => this.#heading[i] ?? 0),
      ],
      defaultObsKeys: ["joint_pos", "joint_vel", "muscle_act", "root_planar_vel", "heading_cmd"],
      terms: TERMS,
      // A fall is subtracted within MyoSuite's heading term, whose own weight is 1.
      weights: { "heading/heading_tracking": 1, done: -numberOf(kwargs, "fall_penalty"), "act_reg/act_reg": 0.1 },
      muscles,
      appendsAct: false,
    });
  }

  reset(p: Physics, rng: Rng): void {
    p.resetKeyframe(START_KEY);
    this.#held?.hold(p);
    p.forward();
    if (!this.#drawn) return;
    const angle = rng.uniform(0, 2 * Math.PI);
    this.#heading[0] = Math.cos(angle);
    this.#heading[1] = Math.sin(angle);
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    directMap(action, ctrl);
  }

  /** Squared distance of the pelvis's planar velocity from the wanted one, which MyoSuite holds in float32; m²/s². */
  #velocityError({ qvel }: Physics): number {
    const f = Math.fround;
    const x = f(f(this.#speed) * f(this.#heading[0] ?? 0)) - (qvel[0] ?? 0);
    const y = f(f(this.#speed) * f(this.#heading[1] ?? 0)) - (qvel[1] ?? 0);
    return x * x + y * y;
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const error = this.#velocityError(p);
    const fallen = indicator((p.qpos[HEIGHT] ?? 0) < this.#fallHeight);
    const solved = indicator(Math.sqrt(error) < SOLVED_SPEED) * (1 - fallen);
    terms[0] = Math.exp(-error);
    terms[1] = solved;
    terms[2] = -meanSquare(p.act);
    terms[3] = 0;
    terms[4] = fallen;
    terms[5] = solved;
    return fallen === 1 ? TERMINATED : 0;
  }

  save(): Json {
    return { heading: [...this.#heading], held: this.#held?.save() ?? null };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    loadNumbers(saved["heading"], this.#heading);
    this.#held?.load(saved["held"]);
  }
}
