import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { AXES, gatherGroup, span, vectorGroup } from "../../gather-group.ts";
import { TERMINATED, type Kwargs, type ObsGroupSpec, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { timeGroup } from "../obs-groups.ts";
import { numberKwarg, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, norm } from "../vectors.ts";
import { BAODING_DOCS } from "./baoding-docs.ts";
import { BaodingOrbit, orbitKwargs, type OrbitSettings } from "./baoding-orbit.ts";
import { DrawnBalls, drawnBallKwargs, type BallSettings } from "./drawn-balls.ts";

const FRAME_SKIP = 10;
/** Palm up: start angle of the forearm, the first joint, rad. */
const PRONATION = -1.57;
/** Coordinates and velocities of the two free balls, last in qpos and qvel. */
const BALL_COORDINATES = 14;
const BALL_VELOCITIES = [12, 6] as const;
const BALLS = ["ball1", "ball2"] as const;
const WEIGHTS = { pos_dist_1: 5, pos_dist_2: 5 };
const TERMS = ["pos_dist_1", "pos_dist_2", "act_reg", "sparse", "solved", "done"];
const OBS_KEYS = [
  "hand_pos",
  "object1_pos",
  "object1_velp",
  "object2_pos",
  "object2_velp",
  "target1_pos",
  "target2_pos",
  "target1_err",
  "target2_err",
];

/** MyoChallenge 2022's BaodingEnv: turn two balls around each other in the hand. */
export function baoding(settings: OrbitSettings & BallSettings): Recipe {
  return {
    family: "myosuite/baoding",
    docs: BAODING_DOCS,
    kwargs: {
      drop_th: numberKwarg(1.25, "Height below which a ball counts as dropped, m."),
      proximity_th: numberKwarg(0.015, "Distance of each ball from its target that counts as solved, m."),
      ...orbitKwargs(settings),
      ...drawnBallKwargs(settings),
    },
    precision: "single",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "none",
    task: (model, kwargs, episode) => new BaodingTask(model, kwargs, episode),
  };
}

class BaodingTask implements Task {
  readonly layout: TaskLayout;
  readonly #orbit: BaodingOrbit;
  readonly #balls: DrawnBalls;
  readonly #drop: number;
  readonly #near: number;
  readonly #map: ActionMap;
  /** Sites of the balls and of their targets on the palm. */
  readonly #ballSites: readonly number[];
  readonly #targetSites: readonly number[];
  readonly #palm: number;
  /** Height of the targets in the palm's frame, m. */
  readonly #heights: readonly number[];
  readonly #error = new Float64Array(3);

  constructor(model: Model, kwargs: Kwargs, episode: Episode) {
    const dt = model.timestep * episode.frameSkip;
    this.#orbit = new BaodingOrbit(kwargs, dt);
    this.#balls = new DrawnBalls(model, BALLS, kwargs);
    this.#drop = numberOf(kwargs, "drop_th");
    this.#near = numberOf(kwargs, "proximity_th");
    this.#ballSites = BALLS.map((name) => model.id("site", `${name}_site`));
    this.#targetSites = ["target1_site", "target2_site"].map((name) => model.id("site", name));
    this.#palm = model.intsBorrow("site_bodyid")[this.#targetSites[0] ?? 0] ?? 0;
    const places = model.floatsBorrow("site_pos");
    this.#heights = this.#targetSites.map((site) => places[3 * site + 2] ?? 0);
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: this.#groups(model, dt),
      defaultObsKeys: OBS_KEYS,
      terms: TERMS,
      weights: WEIGHTS,
      // Only sites that nothing depends on.
      movesBeforeStep: false,
    });
  }

  #groups(model: Model, dt: number): ObsGroupSpec[] {
    const ofBall = (ball: number): ObsGroupSpec[] => {
      const site = 3 * (this.#ballSites[ball] ?? 0);
      const velocity = model.sizes.nv - (BALL_VELOCITIES[ball] ?? 0);
      const number = ball + 1;
      const position = { unit: "m", names: AXES };
      return [
        gatherGroup(`object${number}_pos`, { ...position, source: (p) => p.siteXpos, at: span(site, 3) }),
        gatherGroup(`object${number}_velp`, {
          ...position,
          source: (p) => p.qvel,
          at: span(velocity, 3),
          value: (x) => x * dt,
        }),
        vectorGroup(`target${number}_pos`, "m", AXES, (p, out) => this.#target(p, ball, out)),
        vectorGroup(`target${number}_err`, "m", AXES, (p, out) => this.#toTarget(p, ball, out)),
      ];
    };
    return [
      timeGroup(),
      qposGroup(model, "hand_pos", 0, model.sizes.nq - BALL_COORDINATES),
      ...ofBall(0),
      ...ofBall(1),
    ];
  }

  /** Target of a ball, world coordinates, m. */
  #target(p: Physics, ball: number, out: Float64Array): void {
    const { xpos, xmat } = p;
    const { targets } = this.#orbit;
    const [x, y, z] = [targets[2 * ball] ?? 0, targets[2 * ball + 1] ?? 0, this.#heights[ball] ?? 0];
    for (let i = 0; i < 3; i++) {
      const at = 9 * this.#palm + 3 * i;
      const turned = (xmat[at] ?? 0) * x + (xmat[at + 1] ?? 0) * y + (xmat[at + 2] ?? 0) * z;
      out[i] = turned + (xpos[3 * this.#palm + i] ?? 0);
    }
  }

  /** Target - ball, m. */
  #toTarget(p: Physics, ball: number, out: Float64Array): void {
    this.#target(p, ball, out);
    const site = 3 * (this.#ballSites[ball] ?? 0);
    const { siteXpos } = p;
    for (let i = 0; i < 3; i++) out[i] = (out[i] ?? 0) - (siteXpos[site + i] ?? 0);
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    p.qpos.fill(0, 0, -BALL_COORDINATES);
    p.qpos[0] = PRONATION;
    this.#orbit.draw(rng);
    this.#balls.draw(p, rng);
    this.#showTargets(p);
    p.forward();
  }

  /** For viewers: the sites enter no computation here, so that they need no commit, which would cost a step its take-over. */
  #showTargets(p: Physics): void {
    const places = p.edit("site_pos");
    const { targets } = this.#orbit;
    for (let ball = 0; ball < 2; ball++)
      places.set(targets.subarray(2 * ball, 2 * ball + 2), 3 * (this.#targetSites[ball] ?? 0));
  }

  beforeStep(p: Physics): void {
    this.#orbit.advance();
    this.#showTargets(p);
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    this.#toTarget(p, 0, this.#error);
    const first = norm(this.#error);
    this.#toTarget(p, 1, this.#error);
    const second = norm(this.#error);
    const { siteXpos, act } = p;
    const fallen = this.#ballSites.some((site) => (siteXpos[3 * site + 2] ?? 0) < this.#drop);
    terms[0] = -first;
    terms[1] = -second;
    terms[2] = act.length === 0 ? 0 : -norm(act) / act.length;
    terms[3] = -(first + second);
    terms[4] = indicator(first < this.#near && second < this.#near && !fallen);
    terms[5] = indicator(fallen);
    return fallen ? TERMINATED : 0;
  }

  save(): Json {
    return this.#orbit.save();
  }

  load(state: Json): void {
    this.#orbit.load(state);
  }
}
