import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { HELD_PELVIS_KWARG, HeldPelvis } from "./held-pelvis.ts";
import { legStandDocs } from "./leg-stand-docs.ts";
import { episodeLayout } from "../episode-layout.ts";
import { jointLimits, keyframe, type Keyframe } from "../initial-qpos.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { ReachSites, timeGroup } from "../obs-groups.ts";
import { loadNumbers, mapOf, numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { hideTerrain } from "./terrain.ts";
import { indicator, norm } from "../vectors.ts";

const FRAME_SKIP = 10;
/** Keyframe of the start pose. */
const START_KEY = 0;
/** Distance from the target that counts as solved, m. */
const NEAR = 0.05;
/** Reward of standing still on the target. */
const STANDING = 10;
/** Weight of the norm of qvel dt. */
const SPEED_COST = 10;
const EFFORT_COST = 100;
/** Control steps before the failure distance counts. */
const GRACE_STEPS = 2;
const WEIGHTS = { reach: 1, bonus: 4, penalty: 50, act_reg: 1 };
const TERMS = ["reach", "bonus", "act_reg", "penalty", "sparse", "solved", "done"];

export interface LegStandSettings {
  /** Uniform noise on the joints of the start pose, rad. */
  readonly jointNoise: readonly [number, number];
  /** Half-width of the box around the pelvis from which its target is drawn, m. */
  readonly targetSpread: readonly [number, number, number];
  /** Distance beyond which the episode fails, m. */
  readonly farThreshold: number;
}

/** MyoSuite's LegReachEnvV0: stand with the pelvis on a target near its start. */
export function legStand(settings: LegStandSettings): Recipe {
  return {
    family: "myosuite/leg-stand",
    docs: legStandDocs(settings),
    kwargs: {
      far_th: numberKwarg(settings.farThreshold, "Distance of the pelvis beyond which the episode fails, m.", {
        exclusiveMinimum: 0,
      }),
      hold_pelvis: HELD_PELVIS_KWARG,
    },
    precision: "double",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "flat",
    prepare: hideTerrain,
    task: (model, kwargs, episode) => new LegStandTask(model, settings, kwargs, episode),
  };
}

class LegStandTask implements Task {
  readonly layout: TaskLayout;
  readonly afterSubstep?: (p: Physics) => void;
  readonly #settings: LegStandSettings;
  readonly #start: Keyframe;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #address: Int32Array;
  readonly #noise: Float64Array;
  readonly #pelvis: ReachSites;
  readonly #held: HeldPelvis | null;
  readonly #far: number;
  readonly #grace: number;
  readonly #dt: number;
  readonly #map: ActionMap;

  constructor(model: Model, settings: LegStandSettings, kwargs: Kwargs, episode: Episode) {
    this.#settings = settings;
    this.#dt = model.timestep * episode.frameSkip;
    this.#start = keyframe(model, START_KEY);
    this.#low = jointLimits(model, 0);
    this.#high = jointLimits(model, 1);
    this.#address = Int32Array.from(model.intsBorrow("jnt_qposadr"));
    this.#noise = new Float64Array(model.sizes.nq);
    this.#pelvis = new ReachSites(model, ["pelvis"]);
    this.#held = HeldPelvis.where(kwargs);
    if (this.#held !== null) this.afterSubstep = (p) => this.#held?.restore(p);
    this.#far = this.#held === null ? numberOf(kwargs, "far_th") : Infinity;
    this.#grace = GRACE_STEPS * this.#dt;
    const { space, map } = actionControl(model, "double", episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [timeGroup(), qposGroup(model), stepGroup(model, this.#dt), ...this.#pelvis.groups()],
      defaultObsKeys: ["qpos", "qvel", "tip_pos", "reach_err"],
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    p.qpos.set(this.#start.qpos);
    p.qvel.set(this.#start.qvel);
    this.#drawPose(p.qpos, rng);
    this.#held?.hold(p);
    p.forward();
    const { target } = this.#pelvis;
    const { siteXpos } = p;
    for (let i = 0; i < target.length; i++) {
      const spread = this.#settings.targetSpread[i] ?? 0;
      target[i] = this.#pelvis.tip(siteXpos, i) + rng.uniform(-spread, spread);
    }
  }

  /** One number for each element of qpos is drawn, those at joint addresses are used: MyoSuite's stream. */
  #drawPose(qpos: Float64Array, rng: Rng): void {
    const [low, high] = this.#settings.jointNoise;
    for (let i = 0; i < this.#noise.length; i++) this.#noise[i] = rng.uniform(low, high);
    for (let joint = 0; joint < this.#address.length; joint++) {
      const at = this.#address[joint] ?? 0;
      const drawn = (qpos[at] ?? 0) + (this.#noise[at] ?? 0);
      // The root's range reads [0, 0]: its x is pinned to 0, as in MyoSuite.
      qpos[at] = Math.min(Math.max(drawn, this.#low[joint] ?? 0), this.#high[joint] ?? 0);
    }
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const d = this.#pelvis.distance(p);
    const failed = indicator(p.time > this.#grace && d > this.#far);
    terms[0] = STANDING - d - SPEED_COST * norm(p.qvel) * this.#dt;
    terms[1] = indicator(d < 2 * NEAR) + indicator(d < NEAR);
    terms[2] = (-EFFORT_COST * norm(p.act)) / p.act.length;
    terms[3] = -failed;
    terms[4] = -d;
    terms[5] = indicator(d < NEAR);
    terms[6] = failed;
    return failed === 1 ? TERMINATED : 0;
  }

  save(): Json {
    return { target: [...this.#pelvis.target], held: this.#held?.save() ?? null };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    loadNumbers(saved["target"], this.#pelvis.target);
    this.#held?.load(saved["held"]);
  }
}
