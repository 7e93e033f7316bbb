import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import { qposGroup, qvelNames } from "../../coordinates.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import {
  AXES,
  bodyPosition,
  difference,
  gatherGroup,
  geomPosition,
  leading,
  offsetGroup,
  sitePosition,
  span,
  vectorGroup,
  type Gather,
} from "../../gather-group.ts";
import { TERMINATED, type ObsGroupSpec, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionControl, type ActionMap } from "../muscle-map.ts";
import { mapOf, type Episode, type Recipe } from "../recipe.ts";
import { indicator, norm } from "../vectors.ts";
import { reorientSarDocs } from "./reorient-sar-docs.ts";
import { SarShapes, type SarSettings } from "./sar-shapes.ts";

const FRAME_SKIP = 5;
/** Palm up: start angle of the forearm, rad. */
const PRONATION = -1.5;
/** Coordinates of the object, last in qpos and qvel: three slides, three hinges. */
const OBJECT_JOINTS = 6;
/** The object counts as dropped this far from its place over the palm, m. */
const DROP = 0.075;
/** Cosines between object and target that give the bonuses. */
const NEAR = 0.9;
const ALIGNED = 0.95;
const WEIGHTS = { pos_align: 1, rot_align: 1, act_reg: 5, drop: 5, bonus: 10 };
const TERMS = ["pos_align", "rot_align", "act_reg", "drop", "bonus", "sparse", "solved", "done"];
const OBS_KEYS = ["hand_jnt", "obj_pos", "obj_vel", "obj_rot", "obj_des_rot", "obj_err_pos", "obj_err_rot"];
const MUSCLE_KEYS = ["mlen", "mvel", "mforce"];

/** MyoSuite's ReorientSAREnvV0 and its subclasses: turn an object of a drawn shape in the hand until it points as its target. */
export function reorientSar(settings: SarSettings): Recipe {
  return {
    family: "myosuite/reorient-sar",
    docs: reorientSarDocs(settings),
    kwargs: {},
    precision: "single",
    frameSkip: FRAME_SKIP,
    normalizeAct: true,
    edits: "none",
    task: (model, _kwargs, episode) => new ReorientSarTask(model, settings, episode),
  };
}

class ReorientSarTask implements Task {
  readonly layout: TaskLayout;
  readonly #shapes: SarShapes;
  readonly #forearm: number;
  readonly #map: ActionMap;
  readonly #object: Gather;
  readonly #wanted: Gather;
  /** Marks at the ends of object and target. */
  readonly #ends: readonly [top: Gather, bottom: Gather];
  readonly #targetEnds: readonly [top: Gather, bottom: Gather];
  readonly #position = new Float64Array(3);
  readonly #direction = new Float64Array(3);
  readonly #wantedDirection = new Float64Array(3);

  constructor(model: Model, settings: SarSettings, episode: Episode) {
    this.#shapes = new SarShapes(model, settings, episode.dataPath("reorient_sar_geometries"));
    this.#forearm = model.intsBorrow("jnt_qposadr")[model.id("joint", "pro_sup_r")] ?? 0;
    this.#object = bodyPosition(model, "Object");
    this.#wanted = sitePosition(model, "eps_ball");
    this.#ends = [geomPosition(model, "top"), geomPosition(model, "bot")];
    this.#targetEnds = [geomPosition(model, "t_top"), geomPosition(model, "t_bot")];
    const { space, map } = actionControl(model, "single", episode.normalizeAct);
    this.#map = map;
    this.layout = episodeLayout(model, episode, {
      actionSpace: space,
      groups: this.#groups(model, model.timestep * episode.frameSkip),
      defaultObsKeys: [...OBS_KEYS, ...MUSCLE_KEYS],
      terms: TERMS,
      weights: WEIGHTS,
    });
  }

  #groups(model: Model, dt: number): ObsGroupSpec[] {
    const { nq, nv, nu } = model.sizes;
    const actuators = Array.from({ length: nu }, (_, id) => model.name("actuator", id));
    const objectVelocity = {
      unit: "m, rad",
      names: qvelNames(model).slice(-OBJECT_JOINTS),
      source: (p: Physics) => p.qvel,
      at: span(nv - OBJECT_JOINTS, OBJECT_JOINTS),
      value: (x: number) => x * dt,
    };
    const vector = (name: string, read: (p: Physics, out: Float64Array) => void): ObsGroupSpec =>
      vectorGroup(name, "1", AXES, read);
    return [
      qposGroup(model, "hand_jnt", 0, nq - OBJECT_JOINTS),
      gatherGroup("obj_pos", this.#object),
      gatherGroup("obj_vel", objectVelocity),
      vector("obj_rot", (p, out) => this.#pointing(p, this.#ends, out)),
      vector("obj_des_rot", (p, out) => this.#pointing(p, this.#targetEnds, out)),
      offsetGroup("obj_err_pos", this.#object, this.#wanted),
      vector("obj_err_rot", (p, out) => this.#misalignment(p, out)),
      gatherGroup(
        "mlen",
        leading("m", actuators, (p) => p.actuatorLength),
      ),
      gatherGroup(
        "mvel",
        leading("m/s", actuators, (p) => p.actuatorVelocity),
      ),
      gatherGroup(
        "mforce",
        leading("N", actuators, (p) => p.actuatorForce),
      ),
    ];
  }

  /** Direction from the lower to the upper mark. */
  #pointing(p: Physics, [top, bottom]: readonly [Gather, Gather], out: Float64Array): void {
    difference(p, top, bottom, out);
    for (let i = 0; i < 3; i++) out[i] = (out[i] ?? 0) / this.#shapes.length;
  }

  #misalignment(p: Physics, out: Float64Array): void {
    this.#pointing(p, this.#targetEnds, this.#wantedDirection);
    this.#pointing(p, this.#ends, out);
    for (let i = 0; i < 3; i++) out[i] = (out[i] ?? 0) - (this.#wantedDirection[i] ?? 0);
  }

  reset(p: Physics, rng: Rng): void {
    this.#shapes.draw(p, rng);
    p.resetData();
    p.qpos.fill(0, 0, -OBJECT_JOINTS);
    p.qpos[this.#forearm] = PRONATION;
    p.forward();
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#map(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    difference(p, this.#object, this.#wanted, this.#position);
    const distance = norm(this.#position);
    const cosine = this.#cosine(p);
    const dropped = distance > DROP;
    const held = indicator(distance < DROP);
    const { act } = p;
    terms[0] = -distance;
    terms[1] = cosine;
    terms[2] = act.length === 0 ? 0 : -norm(act) / act.length;
    terms[3] = -indicator(dropped);
    terms[4] = held * (indicator(cosine > NEAR) + 5 * indicator(cosine > ALIGNED));
    terms[5] = cosine - distance;
    terms[6] = indicator(cosine > ALIGNED && !dropped);
    terms[7] = indicator(dropped);
    return dropped ? TERMINATED : 0;
  }

  /** Cosine of the angle between object and target. */
  #cosine(p: Physics): number {
    this.#pointing(p, this.#ends, this.#direction);
    this.#pointing(p, this.#targetEnds, this.#wantedDirection);
    const [a, b] = [this.#direction, this.#wantedDirection];
    const product = (a[0] ?? 0) * (b[0] ?? 0) + (a[1] ?? 0) * (b[1] ?? 0) + (a[2] ?? 0) * (b[2] ?? 0);
    const length = norm(a) * norm(b);
    return product / (length === 0 ? 1 : length);
  }

  save(): Json {
    return { length: this.#shapes.length };
  }

  load(state: Json): void {
    this.#shapes.length = Number(mapOf(state)["length"]);
  }
}
