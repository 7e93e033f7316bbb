import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { controlBox, directMap } from "../muscle-map.ts";
import { loadNumbers, mapOf, numberOf, type Episode } from "../recipe.ts";
import { indicator } from "../vectors.ts";
import { fullBodyGroups, inPelvisFrame, pelvisYaw, ROOT_QPOS, ROOT_QVEL } from "./full-body-obs.ts";
import { loadClipColumns, type MotionClip } from "./motion-clip.ts";
import { StartFrames } from "./start-frames.ts";

/** Decay of the terms of joint angles (1/rad²), joint velocities (s²/rad²) and walking velocity (s²/m²). */
const ANGLE_SCALE = 10;
const VELOCITY_SCALE = 1;
/** Speeds up to this multiple of the wanted one cost nothing; beyond, this much a (m/s)². */
const FREE_SPEED = 1.05;
const SPEED_COST = 5;
/** Heading reward that counts as solved. */
const SOLVED = 0.8;
/** Activation at the start. */
const START_ACT = 0.05;
/** Frames around the chosen one among which the start is drawn. */
const JITTER = 5;
/** Yaw of a body that faces along x: the pelvis's forward axis points along -y at yaw 0, rad. */
const FORWARD_YAW = Math.PI / 2;
const TERMS = ["gait_jpos", "gait_jvel", "heading", "survival", "dense", "sparse", "solved", "done"];

const f = Math.fround;

/** MyoSuite's MuscleMimicFullbodyDirectionalEnv: walk in a drawn direction in the style of a recorded gait. */
export class FullBodyDirectionalTask implements Task {
  readonly layout: TaskLayout;
  readonly #kwargs: Kwargs;
  readonly #gait: MotionClip;
  /** null: episodes start from the gait's first frame, the root as the model has it. */
  readonly #starts: StartFrames | null;
  readonly #dt: number;
  readonly #pelvis: number;
  readonly #heading = Float64Array.of(0, 1);
  /** Activations a step ago, for the smoothness term. */
  readonly #lastAct: Float64Array;
  #hasLastAct = false;

  /** @throws MyoError BAD_OPTIONS where a clip cannot be read or does not fit the model. */
  constructor(model: Model, clip: string, kwargs: Kwargs, episode: Episode) {
    this.#kwargs = kwargs;
    this.#gait = loadClipColumns(clip, model.sizes.nq, model.sizes.nv);
    const paths = (kwargs["start_clips"] as readonly string[] | undefined) ?? [];
    this.#starts = paths.length === 0 ? null : new StartFrames(paths, model);
    this.#dt = model.timestep * episode.frameSkip;
    this.#pelvis = model.id("site", "pelvis_mimic");
    this.#lastAct = new Float64Array(model.sizes.na);
    this.layout = episodeLayout(model, episode, {
      actionSpace: controlBox(model),
      groups: fullBodyGroups(model, this.#heading),
      defaultObsKeys: ["qpos_local", "qvel_local", "act", "root_vel_xy", "heading_cmd", "orientation"],
      terms: TERMS,
      weights: {},
      hiddenTerms: ["dense", "done"],
    });
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    this.#hasLastAct = false;
    const given = this.#kwargs["angle_override"];
    const angle = typeof given === "number" ? given : rng.uniform(0, 2 * Math.PI);
    this.#heading[0] = f(Math.cos(angle));
    this.#heading[1] = f(Math.sin(angle));
    if (this.#starts === null) this.#startFromGait(p, angle);
    else this.#startFromWalk(p, this.#starts, angle, rng);
    p.act.fill(START_ACT);
    p.forward();
  }

  #startFromGait(p: Physics, angle: number): void {
    const { qpos, qvel } = p;
    qpos.set(this.#gait.qpos.subarray(ROOT_QPOS, qpos.length), ROOT_QPOS);
    qvel.set(this.#gait.qvel.subarray(ROOT_QVEL, qvel.length), ROOT_QVEL);
    turnRoot(qpos, angle + FORWARD_YAW);
  }

  #startFromWalk(p: Physics, starts: StartFrames, angle: number, rng: Rng): void {
    const { qpos, qvel } = p;
    starts.write(angle, rng.integers(-JITTER, JITTER + 1), qpos, qvel);
    const turn = angle + FORWARD_YAW - pelvisYaw(qpos);
    turnRoot(qpos, turn);
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    const [x, y] = [qvel[0] ?? 0, qvel[1] ?? 0];
    qvel[0] = c * x - s * y;
    qvel[1] = s * x + c * y;
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    directMap(action, ctrl);
  }

  /** Agreement with the gait's frame of this moment; MyoSuite compares its float32 observation. */
  #likeness(values: Float64Array, clip: Float64Array, root: number, time: number, scale: number): number {
    const frame = Math.round(time / this.#dt) % this.#gait.frames;
    const from = frame * values.length;
    let sum = 0;
    for (let i = root; i < values.length; i++) sum += (f(values[i] ?? 0) - (clip[from + i] ?? 0)) ** 2;
    return Math.exp((-scale * sum) / (values.length - root));
  }

  /** Mean square of the activations, or of their change since the last step. */
  #meanSquare({ act }: Physics, before: Float64Array | null): number {
    let sum = 0;
    for (let i = 0; i < act.length; i++) sum += (f(act[i] ?? 0) - (before?.[i] ?? 0)) ** 2;
    return sum / act.length;
  }

  /** Cost of activations and of their change, with MyoSuite's sign. */
  #effort(p: Physics): number {
    const smooth = numberOf(this.#kwargs, "w_act_smooth");
    let effort = -numberOf(this.#kwargs, "w_act_reg") * this.#meanSquare(p, null);
    if (smooth > 0 && this.#hasLastAct) effort -= smooth * this.#meanSquare(p, this.#lastAct);
    const { act } = p;
    for (let i = 0; i < act.length; i++) this.#lastAct[i] = f(act[i] ?? 0);
    this.#hasLastAct = true;
    return effort;
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const weight = (name: string): number => numberOf(this.#kwargs, name);
    const speed = weight("target_speed");
    const x = f(inPelvisFrame(p, 0, 0));
    const y = f(inPelvisFrame(p, 0, 1));
    const errorX = x - f(f(speed) * (this.#heading[0] ?? 0));
    const errorY = y - f(f(speed) * (this.#heading[1] ?? 0));
    const height = p.siteXpos[3 * this.#pelvis + 2] ?? 0;
    const upright = indicator(height >= weight("upright_pelvis_z"));
    const fallen = indicator(height < weight("fall_pelvis_z"));
    const excess = Math.max(0, Math.sqrt(x * x + y * y) - speed * FREE_SPEED);
    const heading = upright * Math.exp(-(errorX * errorX + errorY * errorY) / 3);
    terms[0] = this.#likeness(p.qpos, this.#gait.qpos, ROOT_QPOS, p.time, ANGLE_SCALE);
    terms[1] = this.#likeness(p.qvel, this.#gait.qvel, ROOT_QVEL, p.time, VELOCITY_SCALE);
    terms[2] = heading;
    terms[3] = upright;
    terms[4] =
      weight("w_jpos") * terms[0] +
      weight("w_jvel") * terms[1] +
      weight("w_heading") * heading +
      this.#effort(p) +
      weight("w_survival") * upright -
      SPEED_COST * excess * excess;
    terms[5] = heading;
    terms[6] = indicator(heading > SOLVED);
    terms[7] = fallen;
    return fallen === 1 ? TERMINATED : 0;
  }

  save(): Json {
    return { heading: [...this.#heading], act: this.#hasLastAct ? [...this.#lastAct] : null };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    loadNumbers(saved["heading"], this.#heading);
    this.#hasLastAct = Array.isArray(saved["act"]);
    loadNumbers(saved["act"], this.#lastAct);
  }
}

/** Turn the root about the vertical, rad. */
function turnRoot(qpos: Float64Array, angle: number): void {
  const [c, s] = [Math.cos(angle / 2), Math.sin(angle / 2)];
  const [w, x, y, z] = [qpos[3] ?? 1, qpos[4] ?? 0, qpos[5] ?? 0, qpos[6] ?? 0];
  qpos[3] = c * w - s * z;
  qpos[4] = c * x - s * y;
  qpos[5] = c * y + s * x;
  qpos[6] = c * z + s * w;
}
