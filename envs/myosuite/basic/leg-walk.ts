import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { HELD_PELVIS_KWARG, HeldPelvis } from "./held-pelvis.ts";
import { legWalkDocs } from "./leg-walk-docs.ts";
import { episodeLayout } from "../episode-layout.ts";
import { keyframe, type Keyframe } from "../initial-qpos.ts";
import { LegBody } from "./leg-body.ts";
import { actionBox, controlBox, directMap } from "../muscle-map.ts";
import { cosSingle } from "../numpy-single.ts";
import { choiceKwarg, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { hideTerrain, roughHeights, showTerrain, type Terrain } from "./terrain.ts";
import { indicator, norm } from "../vectors.ts";

const FRAME_SKIP = 10;
/** Keyframes: reference of the pelvis rotation, right and left stance. */
const REFERENCE_KEY = 0;
const STANCE_KEYS = [2, 3] as const;
/** Standard deviation of the noise on a drawn start pose, rad. */
const START_NOISE = 0.02;
/** Elements of qpos that a drawn start pose leaves alone: root height and rotation. */
const ROOT_FIXED = [2, 7] as const;
/** Scales of the reward terms. */
const ROTATION_SCALE = 5;
const JOINT_SCALE = 5;
/** Amplitude of the hip flexion to follow, rad. */
const HIP_AMPLITUDE = 0.8;
/** Velocity error that counts as solved, m/s. */
const SOLVED_SPEED = 0.5;
/** On terrain the episode ends when the centre of mass comes this near to the feet, m. */
const LEAST_CLEARANCE = 0.61;
const WEIGHTS = { vel_reward: 5, done: -100, cyclic_hip: -10, ref_rot: 10, joint_angle_rew: 5 };
const TERMS = ["vel_reward", "cyclic_hip", "ref_rot", "joint_angle_rew", "act_mag", "sparse", "solved", "done"];

const KWARGS = {
  target_x_vel: numberKwarg(0, "Wanted velocity of the centre of mass along x, m/s."),
  target_y_vel: numberKwarg(1.2, "Wanted velocity of the centre of mass against y, the walking direction, m/s."),
  min_height: numberKwarg(0.8, "Height of the centre of mass below which the episode ends, m."),
  max_rot: numberKwarg(0.8, "Largest |R[0,0]| of the root rotation R before the episode ends."),
  hip_period: numberKwarg(100, "Control steps of one gait cycle of the cyclic hip term.", { exclusiveMinimum: 0 }),
  reset_type: choiceKwarg(
    ["init", "random", "none"],
    "init",
    "Start: right stance, either stance with noise, or the reference pose at rest.",
  ),
  hold_pelvis: HELD_PELVIS_KWARG,
};

/** MyoSuite's LegWalkEnvV0, on terrain LegTerrainEnvV0: walk at a speed with a cyclic hip. */
export function legWalk(terrain: Terrain | "flat"): Recipe {
  return {
    family: terrain === "flat" ? "myosuite/leg-walk" : "myosuite/terrain-walk",
    docs: legWalkDocs(terrain),
    kwargs: KWARGS,
    precision: "double",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: terrain,
    prepare: terrain === "flat" ? hideTerrain : (model) => showTerrain(model, terrain),
    task: (model, kwargs, episode) => new LegWalkTask(model, terrain, kwargs, episode),
  };
}

class LegWalkTask implements Task {
  readonly layout: TaskLayout;
  readonly afterSubstep?: (p: Physics) => void;
  readonly #terrain: Terrain | "flat";
  readonly #body: LegBody;
  readonly #held: HeldPelvis | null;
  readonly #stances: readonly [Keyframe, Keyframe];
  readonly #reference: Keyframe;
  readonly #start: Json;
  readonly #targetX: number;
  readonly #targetY: number;
  readonly #minHeight: number;
  readonly #maxRotation: number;
  readonly #period: number;
  #steps = 0;

  constructor(model: Model, terrain: Terrain | "flat", kwargs: Kwargs, episode: Episode) {
    this.#terrain = terrain;
    this.#body = new LegBody(model, model.timestep * episode.frameSkip);
    this.#held = HeldPelvis.where(kwargs);
    if (this.#held !== null) this.afterSubstep = (p) => this.#held?.restore(p);
    this.#stances = [keyframe(model, STANCE_KEYS[0]), keyframe(model, STANCE_KEYS[1])];
    this.#reference = keyframe(model, REFERENCE_KEY);
    this.#start = kwargs["reset_type"] ?? null;
    this.#targetX = numberOf(kwargs, "target_x_vel");
    this.#targetY = numberOf(kwargs, "target_y_vel");
    this.#minHeight = numberOf(kwargs, "min_height");
    this.#maxRotation = numberOf(kwargs, "max_rot");
    this.#period = numberOf(kwargs, "hip_period");
    this.layout = episodeLayout(model, episode, {
      actionSpace: episode.normalizeAct ? actionBox(model.sizes.nu, 0, 1) : controlBox(model),
      groups: this.#body.groups(() => this.#phase()),
      defaultObsKeys: LegBody.defaultKeys,
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  reset(p: Physics, rng: Rng): void {
    this.#steps = 0;
    if (this.#terrain === "rough") {
      roughHeights(rng, p.edit("hfield_data"));
      p.commitEdits();
    }
    p.resetData();
    this.#startPose(p, rng);
    this.#held?.hold(p);
    p.forward();
  }

  #startPose(p: Physics, rng: Rng): void {
    const { qpos, qvel } = p;
    if (this.#start === "none") {
      qpos.set(this.#reference.qpos);
      return;
    }
    const drawn = this.#start === "random";
    const stance = drawn && rng.uniform(0, 1) >= 0.5 ? this.#stances[1] : this.#stances[0];
    qpos.set(stance.qpos);
    qvel.set(stance.qvel);
    if (!drawn) return;
    for (let i = 0; i < qpos.length; i++) {
      const noise = rng.normal(0, START_NOISE);
      if (i < ROOT_FIXED[0] || i >= ROOT_FIXED[1]) qpos[i] = (qpos[i] ?? 0) + noise;
    }
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#steps += 1;
    directMap(action, ctrl);
  }

  /** Phase of the gait cycle in [0, 1). */
  #phase(): number {
    return (this.#steps / this.#period) % 1;
  }

  /** Distance of the hip flexions from their cycle; MyoSuite computes the wanted angles in float32. */
  #hipError(p: Physics): number {
    const f = Math.fround;
    const angle = f(f(f(this.#phase()) * 2) * f(Math.PI));
    const left = f(f(HIP_AMPLITUDE) * cosSingle(f(angle + f(Math.PI))));
    const right = f(f(HIP_AMPLITUDE) * cosSingle(angle));
    const { left: hipLeft, right: hipRight } = this.#body.hipFlexion(p);
    return Math.sqrt((left - hipLeft) ** 2 + (right - hipRight) ** 2);
  }

  #rotationError(p: Physics): number {
    let sum = 0;
    for (let i = 3; i < 7; i++) sum += (ROTATION_SCALE * ((p.qpos[i] ?? 0) - (this.#reference.qpos[i] ?? 0))) ** 2;
    return Math.sqrt(sum);
  }

  #fallen(p: Physics): boolean {
    if (this.#held !== null) return false;
    const height = this.#body.height(p);
    if (height < this.#minHeight || Math.abs(this.#body.rootForward(p)) > this.#maxRotation) return true;
    return this.#terrain !== "flat" && height - this.#body.meanFootHeight(p) < LEAST_CLEARANCE;
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const errorX = this.#targetX - this.#body.velocity(p, 0);
    const errorY = this.#targetY - this.#body.velocity(p, 1);
    const fallen = this.#fallen(p);
    const speed = Math.exp(-(errorY * errorY)) + Math.exp(-(errorX * errorX));
    terms[0] = speed;
    terms[1] = this.#hipError(p);
    terms[2] = Math.exp(-this.#rotationError(p));
    terms[3] = Math.exp(-JOINT_SCALE * this.#body.hipDeviation(p));
    terms[4] = norm(p.act) / p.act.length;
    terms[5] = speed;
    terms[6] = indicator(Math.hypot(errorX, errorY) < SOLVED_SPEED && !fallen);
    terms[7] = indicator(fallen);
    return fallen ? TERMINATED : 0;
  }

  save(): Json {
    return { steps: this.#steps, held: this.#held?.save() ?? null };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    this.#steps = Number(saved["steps"]);
    this.#held?.load(saved["held"]);
  }
}
