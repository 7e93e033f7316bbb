import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { mapOf, numberOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, norm } from "../vectors.ts";
import { CHASE_TAG_DOCS } from "./chase-tag-docs.ts";
import { CHASE_TAG_MAP, type ChaseTagField } from "./chase-tag-field.ts";
import { chaseTagGroups, SENSOR_KEY } from "./chase-tag-groups.ts";
import { chaseTagKwargs, fieldOf, isFlat, opponentSettings, type ChaseTagSettings } from "./chase-tag-kwargs.ts";
import { ChaseTagStart } from "./chase-tag-start.ts";
import { HeightMap } from "./height-map.ts";
import { Opponent } from "./opponent.ts";

/** Simulation time after which a chase is lost and an escape is won, s. */
const TIME_LIMIT = 20;
/** Beyond it on either axis the agent has left the arena, m. */
const ARENA_BOUND = 6.5;
/** On flat ground: pelvis height of a fall and the height above it that counts as upright, m. */
const FALL_HEIGHT = 0.5;
const UPRIGHT_RISE = 0.5;
/** On drawn ground: the same of the head above the feet, m. */
const FALL_CLEARANCE = 0.2;
const UPRIGHT_CLEARANCE_RISE = 0.6;
/** Where the height field lies: at the floor, or out of reach where the ground is flat, m. */
const SHOWN_Z = 0;
const HIDDEN_Z = -10;
const TERMS = ["act_reg", "distance", "distance_abs", "alive", "lose", "sparse", "solved", "done"];

/** A family member: its defaults, and what is no kwarg. */
export interface ChaseTagRecipe extends ChaseTagSettings {
  readonly frameSkip: number;
  readonly normalizeAct: boolean;
  readonly obsKeys: readonly string[];
  readonly weights: Readonly<Record<string, number>>;
}

/** MyoSuite's ChaseTagEnv: tag an opponent, or escape it until the time is up. */
export function chaseTag(settings: ChaseTagRecipe): Recipe {
  return {
    family: "myosuite/chase-tag",
    docs: CHASE_TAG_DOCS,
    kwargs: chaseTagKwargs(settings),
    precision: "single",
    frameSkip: settings.frameSkip,
    normalizeAct: settings.normalizeAct,
    edits: (kwargs) => (isFlat(kwargs) ? "flat" : "field"),
    prepare: (model, kwargs) => {
      const geom = model.id("geom", "terrain");
      model.floatsBorrow("geom_pos").set([0, 0, isFlat(kwargs) ? HIDDEN_Z : SHOWN_Z], 3 * geom);
    },
    task: (model, kwargs, episode) => new ChaseTagTask(model, settings, kwargs, episode),
  };
}

/** The row's own heights, m. */
const heightsBorrow = (p: Physics): Float32Array | Float64Array => p.edit("hfield_data");

class ChaseTagTask implements Task {
  readonly layout: TaskLayout;
  readonly #field: ChaseTagField | null;
  readonly #start: ChaseTagStart;
  readonly #opponent: Opponent;
  readonly #map: ActionMap;
  readonly #choice: Json;
  readonly #winDistance: number;
  readonly #pelvis: number;
  readonly #feet: readonly [number, number];
  readonly #head: number;
  #evades = false;
  /** Distance from the opponent after the last step, m; null before the first. */
  #lastDistance: number | null = null;

  constructor(model: Model, settings: ChaseTagRecipe, kwargs: Kwargs, episode: Episode) {
    const dt = model.timestep * episode.frameSkip;
    this.#pelvis = model.id("body", "pelvis");
    this.#feet = [model.id("body", "talus_l"), model.id("body", "talus_r")];
    this.#head = model.id("site", "head");
    this.#field = fieldOf(kwargs, episode);
    this.#start = new ChaseTagStart(model, kwargs["reset_type"] ?? null);
    this.#opponent = new Opponent(opponentSettings(kwargs), this.#pelvis, dt);
    this.#choice = kwargs["task_choice"] ?? null;
    this.#winDistance = numberOf(kwargs, "win_distance");
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    const keys = (kwargs["obs_keys"] as readonly string[] | undefined) ?? settings.obsKeys;
    const groups = chaseTagGroups(model, dt, this.#opponent, () => this.#evades);
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: this.#field === null ? groups : [...groups, new HeightMap(model, CHASE_TAG_MAP).group()],
      defaultObsKeys: settings.obsKeys,
      terms: TERMS,
      weights: settings.weights,
      sensors: keys.includes(SENSOR_KEY),
      movesBeforeStep: true,
    });
  }

  reset(p: Physics, rng: Rng): void {
    this.#lastDistance = null;
    if (this.#field !== null) {
      this.#field.sample(rng, heightsBorrow(p));
      p.commitEdits();
    }
    this.#evades = this.#choice === "random" ? rng.integers(0, 2) === 1 : this.#choice === "EVADE";
    const { qpos, qvel } = this.#start;
    this.#start.draw(rng);
    p.resetData();
    p.qpos.set(qpos);
    p.qvel.set(qvel);
    // MyoSuite flattens the ground only after this: contacts with the drawn ground enter the warm start.
    p.forward();
    if (this.#field !== null) {
      this.#field.flatten(heightsBorrow(p), qpos[0] ?? 0, qpos[1] ?? 0);
      p.commitEdits();
    }
    this.#opponent.reset(p, rng, this.#evades);
    p.forward();
  }

  beforeStep(p: Physics, rng: Rng): void {
    this.#opponent.move(p, rng);
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  /** Height of the head above the mean of the feet, m. */
  #clearance(p: Physics): number {
    const [left, right] = this.#feet;
    const feet = 0.5 * ((p.xpos[3 * left + 2] ?? 0) + (p.xpos[3 * right + 2] ?? 0));
    return (p.siteXpos[3 * this.#head + 2] ?? 0) - feet;
  }

  /** Height above a fall, as a share of the rise to upright: negative where the agent has fallen, 1 and more upright. */
  #standing(p: Physics): number {
    if (this.#field !== null) return (this.#clearance(p) - FALL_CLEARANCE) / UPRIGHT_CLEARANCE_RISE;
    return ((p.xpos[3 * this.#pelvis + 2] ?? 0) - FALL_HEIGHT) / UPRIGHT_RISE;
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const pose = this.#opponent.poseBorrow(p);
    const x = p.xpos[3 * this.#pelvis] ?? 0;
    const y = p.xpos[3 * this.#pelvis + 1] ?? 0;
    const standing = this.#standing(p);
    const caught = distanceOf(pose, x, y) <= this.#winDistance;
    const late = p.time >= TIME_LIMIT;
    const gone = standing < 0 || Math.abs(x) > ARENA_BOUND || Math.abs(y) > ARENA_BOUND;
    const won = this.#evades ? late : caught;
    const lost = gone || (this.#evades ? caught : late);
    const distance = distanceOf(pose, p.qpos[0] ?? 0, p.qpos[1] ?? 0);
    const change = this.#lastDistance === null ? 0 : distance - this.#lastDistance;
    this.#lastDistance = distance;
    terms[0] = norm(p.act) / p.act.length;
    terms[1] = this.#evades ? -change : change;
    terms[2] = distance;
    terms[3] = Math.min(Math.max(standing, 0), 1);
    terms[4] = indicator(lost);
    terms[5] = won || (this.#evades && lost) ? this.#score(p.time) : 0;
    terms[6] = indicator(won);
    terms[7] = indicator(won || lost);
    return won || lost ? TERMINATED : 0;
  }

  /** Share of the time that is left of a chase or that an escape lasted; MyoSuite rounds the time to 0.01 s. */
  #score(time: number): number {
    const share = Number(time.toFixed(2)) / TIME_LIMIT;
    return this.#evades ? share : 1 - share;
  }

  save(): Json {
    return { evades: this.#evades, lastDistance: this.#lastDistance, opponent: this.#opponent.save() };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    const last = saved["lastDistance"];
    this.#evades = saved["evades"] === true;
    this.#lastDistance = typeof last === "number" ? last : null;
    this.#opponent.load(saved["opponent"]);
  }
}

/** Distance in the plane, m. */
function distanceOf(pose: Float64Array, x: number, y: number): number {
  const dx = x - (pose[0] ?? 0);
  const dy = y - (pose[1] ?? 0);
  return Math.sqrt(dx * dx + dy * dy);
}
