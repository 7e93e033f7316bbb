import type { Json } from "../../../protocol/env.ts";
import type { NumericArray } from "../../../protocol/ndarray.ts";
import type { Rng } from "../../../protocol/random/generator.ts";
import type { Model, Physics } from "../../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../../task.ts";
import { episodeLayout } from "../episode-layout.ts";
import { actionBox } from "../muscle-map.ts";
import { mapOf, numberOf, type Episode } from "../recipe.ts";
import { indicator } from "../vectors.ts";
import { PairedBody } from "./paired-body.ts";
import { loadClipColumns, type MotionClip } from "./motion-clip.ts";
import { standings } from "./two-bodies.ts";

/** Decay of the terms of joint angles (1/rad²), joint velocities (s²/rad²) and walking velocity (s²/m²). */
const ANGLE_SCALE = 10;
const VELOCITY_SCALE = 1;
/** Bodies this near in the plane have no direction to each other, m. */
const LEAST_DISTANCE = 1e-6;
const TERMS = [
  "agent_0/reward",
  "agent_1/reward",
  "agent_0/fell",
  "agent_1/fell",
  "tagged",
  "elapsed_s",
  "score",
  "done",
];

/** MyoSuite's ModularMultiAgentTaskEnv with its steered full-body chase: two bodies, one chases and one runs. */
export class ChaseTagVsTask implements Task {
  readonly layout: TaskLayout;
  /** The reward counts the effort of the action as it came. */
  readonly unclipped = true;
  readonly #kwargs: Kwargs;
  readonly #bodies: readonly [PairedBody, PairedBody];
  readonly #gait: MotionClip;
  /** Control step and longest episode, s. */
  readonly #dt: number;
  readonly #limit: number;
  /** agent_0 is the chaser. */
  #chase = true;
  #tagged = false;
  #steps = 0;

  /** @throws MyoError BAD_OPTIONS where the clip cannot be read or does not fit the model. */
  constructor(model: Model, clip: string, kwargs: Kwargs, episode: Episode) {
    const [first, second] = standings(0);
    this.#kwargs = kwargs;
    this.#bodies = [new PairedBody(model, 0, first.prefix), new PairedBody(model, 1, second.prefix)];
    this.#gait = loadClipColumns(clip, this.#bodies[0].nq, this.#bodies[0].nv);
    this.#dt = model.timestep * episode.frameSkip;
    this.#limit = episode.maxEpisodeSteps * this.#dt;
    const [a, b] = this.#bodies;
    this.layout = episodeLayout(model, episode, {
      actionSpace: actionBox(model.sizes.nu, 0, 1),
      groups: [a.group(model, b, () => this.#chase), b.group(model, a, () => !this.#chase)],
      defaultObsKeys: [a.name, b.name],
      terms: TERMS,
      weights: { "agent_0/reward": 1 },
      sensors: true,
      appendsAct: false,
    });
  }

  reset(p: Physics, rng: Rng): void {
    p.resetData();
    p.forward();
    const choice = this.#kwargs["task_choice"];
    this.#chase = (choice === "random" ? rng.choice(["CHASE", "EVADE"]) : choice) === "CHASE";
    this.#tagged = false;
    this.#steps = 0;
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    this.#steps += 1;
    for (let i = 0; i < ctrl.length; i++) ctrl[i] = Math.min(Math.max(Number(action[i]), 0), 1);
  }

  #weight(name: string): number {
    return numberOf(this.#kwargs, name);
  }

  /** Reward of the rules: alive, effort, falls, distance, tag. */
  #ruleReward(chaser: boolean, effort: number, ownFall: number, otherFall: number, apart: number): number {
    const tag = indicator(this.#tagged);
    const near = this.#weight(chaser ? "r_chaser_proximity" : "r_runner_proximity") * Math.exp(-apart);
    const won = this.#weight(chaser ? "r_win_bonus" : "r_loss_penalty") * tag;
    const falls = this.#weight("r_fall_penalty") * (ownFall - otherFall);
    return this.#weight("r_survival_per_step") + this.#weight("r_act_reg") * effort + falls + near + won;
  }

  /** Reward of the style of the gait and of walking towards the other, or away from it. */
  #styleReward(p: Physics, body: PairedBody, other: PairedBody, chaser: boolean): number {
    const frame = Math.round(p.time / this.#dt) % this.#gait.frames;
    const angles = body.likeAngles(p, this.#gait.qpos, frame, ANGLE_SCALE);
    const velocities = body.likeVelocities(p, this.#gait.qvel, frame, VELOCITY_SCALE);
    const distance = body.distance(p, other, 2);
    const scale = distance > LEAST_DISTANCE ? (this.#weight("gait_target_speed") * (chaser ? 1 : -1)) / distance : 0;
    let error = (p.qvel[body.qvelFrom + 2] ?? 0) ** 2;
    for (let i = 0; i < 2; i++) {
      error += ((p.qvel[body.qvelFrom + i] ?? 0) - scale * (other.pelvis(p, i) - body.pelvis(p, i))) ** 2;
    }
    const steering = Math.exp(-error / 3);
    return (
      this.#weight("w_gait_jpos") * angles +
      this.#weight("w_gait_jvel") * velocities +
      this.#weight("w_steering") * steering
    );
  }

  evaluate(p: Physics, action: NumericArray, terms: Float64Array): number {
    const [a, b] = this.#bodies;
    const apart = a.distance(p, b, 3);
    this.#tagged ||= apart <= this.#weight("tag_radius_m");
    const low = this.#weight("fall_pelvis_z_threshold");
    const fellA = indicator(a.pelvis(p, 2) < low);
    const fellB = indicator(b.pelvis(p, 2) < low);
    const elapsed = this.#steps * this.#dt;
    const over = this.#tagged || fellA + fellB > 0;
    const effortA = effortOf(action, a);
    const effortB = effortOf(action, b);
    terms[0] = this.#ruleReward(this.#chase, effortA, fellA, fellB, apart) + this.#styleReward(p, a, b, this.#chase);
    terms[1] = this.#ruleReward(!this.#chase, effortB, fellB, fellA, apart) + this.#styleReward(p, b, a, !this.#chase);
    terms[2] = fellA;
    terms[3] = fellB;
    terms[4] = indicator(this.#tagged);
    terms[5] = elapsed;
    terms[6] = this.#score(elapsed);
    terms[7] = indicator(over);
    return over ? TERMINATED : 0;
  }

  /** Share of the time that agent_0's side has won, 0 before the end. */
  #score(elapsed: number): number {
    if (!this.#tagged && elapsed < this.#limit) return 0;
    const share = Math.round(elapsed * 1e4) / 1e4 / this.#limit;
    return this.#chase ? 1 - share : share;
  }

  save(): Json {
    return { chase: this.#chase, tagged: this.#tagged, steps: this.#steps };
  }

  load(state: Json): void {
    const saved = mapOf(state);
    this.#chase = saved["chase"] === true;
    this.#tagged = saved["tagged"] === true;
    this.#steps = Number(saved["steps"]);
  }
}

/** Sum of the squares of a body's excitations. */
function effortOf(action: NumericArray, { actFrom, na }: PairedBody): number {
  let sum = 0;
  for (let i = actFrom; i < actFrom + na; i++) sum += Number(action[i]) ** 2;
  return sum;
}
