import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, stepGroup } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { AXES, elementGroup } from "../../gather-group.ts";
import { TERMINATED, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { timeGroup } from "../obs-groups.ts";
import type { Episode, Recipe } from "../recipe.ts";
import { eulerToQuaternion } from "../rotations.ts";
import { indicator, norm } from "../vectors.ts";
import { penTwirlDocs } from "./pen-twirl-docs.ts";

/** Degrees of freedom of the pen, the last ones of the model: three slides, three hinges. */
const PEN_DOFS = 6;
/** First joint (pronation) of the open hand, palm up, rad. */
const PALM_UP = -1.5;
/** The pen is lost beyond this distance from the middle of the grasp zone, m. */
const DROP = 0.075;
/** Cosines of the angle between pen and target that earn a bonus; the closer one is solved. */
const NEAR = 0.9;
const NEARER = 0.95;
/** Bonus of the closer one. */
const NEARER_BONUS = 5;
const WEIGHTS = { pos_align: 1, rot_align: 1, act_reg: 5, drop: 5, bonus: 10 };
const TERMS = ["pos_align", "rot_align", "act_reg", "drop", "bonus", "sparse", "solved", "done"];

export interface PenTwirlSettings {
  /** Largest rotation of the target about x and y that is drawn each episode, rad; 0: it stays as the model has it. */
  readonly tilt: number;
}

/** MyoSuite's PenTwirl environments: turn a pen in the hand to a wanted direction. */
export function penTwirl(settings: PenTwirlSettings): Recipe {
  return {
    family: "myosuite/pen-twirl",
    docs: penTwirlDocs(settings),
    kwargs: {},
    precision: "single",
    frameSkip: 5,
    normalizeAct: true,
    edits: "none",
    task: (model, _kwargs, episode) => new PenTwirlTask(model, settings, episode),
  };
}

/** Direction from one site to another over their distance in the body, [3]. */
class Direction {
  readonly #top: number;
  readonly #bottom: number;
  readonly #length: number;

  constructor(model: Model, object: "object" | "target") {
    this.#top = model.id("site", `${object}_top`);
    this.#bottom = model.id("site", `${object}_bottom`);
    const pos = model.floatsBorrow("site_pos");
    let sum = 0;
    for (let i = 0; i < 3; i++) sum += ((pos[3 * this.#top + i] ?? 0) - (pos[3 * this.#bottom + i] ?? 0)) ** 2;
    this.#length = Math.sqrt(sum);
  }

  of({ siteXpos }: Physics, i: number): number {
    return ((siteXpos[3 * this.#top + i] ?? 0) - (siteXpos[3 * this.#bottom + i] ?? 0)) / this.#length;
  }
}

class PenTwirlTask implements Task {
  readonly layout: TaskLayout;
  readonly #settings: PenTwirlSettings;
  readonly #init: Float64Array;
  readonly #pen: number;
  readonly #target: number;
  readonly #zone: number;
  readonly #penDirection: Direction;
  readonly #wanted: Direction;
  readonly #map: ActionMap;

  constructor(model: Model, settings: PenTwirlSettings, episode: Episode) {
    const { nq, nv } = model.sizes;
    const hand = nq - PEN_DOFS;
    this.#settings = settings;
    this.#init = Float64Array.from(model.floatsBorrow("qpos0")).fill(0, 0, hand);
    this.#init[0] = PALM_UP;
    this.#pen = model.id("body", "Object");
    this.#target = model.id("body", "target");
    this.#zone = model.id("site", "eps_ball");
    this.#penDirection = new Direction(model, "object");
    this.#wanted = new Direction(model, "target");
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    const vector = (name: string, unit: string, value: (p: Physics, i: number) => number) =>
      elementGroup(name, unit, AXES, value);
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: [
        timeGroup(),
        qposGroup(model, "hand_jnt", 0, hand),
        vector("obj_pos", "m", ({ xpos }, i) => xpos[3 * this.#pen + i] ?? 0),
        vector("obj_des_pos", "m", ({ siteXpos }, i) => siteXpos[3 * this.#zone + i] ?? 0),
        stepGroup(model, model.timestep * episode.frameSkip, "obj_vel", nv - PEN_DOFS, nv),
        vector("obj_rot", "1", (p, i) => this.#penDirection.of(p, i)),
        vector("obj_des_rot", "1", (p, i) => this.#wanted.of(p, i)),
        vector("obj_err_pos", "m", (p, i) => this.#offset(p, i)),
        vector("obj_err_rot", "1", (p, i) => this.#penDirection.of(p, i) - this.#wanted.of(p, i)),
      ],
      defaultObsKeys: ["hand_jnt", "obj_pos", "obj_vel", "obj_rot", "obj_des_rot", "obj_err_pos", "obj_err_rot"],
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  reset(p: Physics, rng: Rng): void {
    const { tilt } = this.#settings;
    p.resetData();
    p.qpos.set(this.#init);
    if (tilt > 0) {
      const x = rng.uniform(-tilt, tilt);
      const y = rng.uniform(-tilt, tilt);
      eulerToQuaternion([x, y, 0], p.edit("body_quat"), 4 * this.#target);
      p.commitEdits();
    }
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  /** Pen minus middle of the grasp zone, m. */
  #offset({ xpos, siteXpos }: Physics, i: number): number {
    return (xpos[3 * this.#pen + i] ?? 0) - (siteXpos[3 * this.#zone + i] ?? 0);
  }

  /** Cosine of the angle between pen and target. */
  #cosine(p: Physics): number {
    let [dot, pen, wanted] = [0, 0, 0];
    for (let i = 0; i < 3; i++) {
      const a = this.#penDirection.of(p, i);
      const b = this.#wanted.of(p, i);
      dot += a * b;
      pen += a * a;
      wanted += b * b;
    }
    return dot / (Math.sqrt(pen) * Math.sqrt(wanted) || 1);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const { act } = p;
    const distance = Math.sqrt(this.#offset(p, 0) ** 2 + this.#offset(p, 1) ** 2 + this.#offset(p, 2) ** 2);
    const cosine = this.#cosine(p);
    const dropped = indicator(distance > DROP);
    const held = indicator(distance < DROP);
    terms[0] = -distance;
    terms[1] = cosine;
    terms[2] = -norm(act) / act.length;
    terms[3] = -dropped;
    terms[4] = indicator(cosine > NEAR) * held + NEARER_BONUS * indicator(cosine > NEARER) * held;
    terms[5] = cosine - distance;
    terms[6] = indicator(cosine > NEARER) * (1 - dropped);
    terms[7] = dropped;
    return dropped === 1 ? TERMINATED : 0;
  }

  /** The target's rotation is a model edit; nothing else lasts. */
  save(): Json {
    return null;
  }

  load(): void {
    // Without state of its own.
  }
}
