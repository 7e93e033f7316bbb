import type { Json } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { TERMINATED, type Kwargs, type Task, type TaskLayout } from "../task.ts";
import { controlLayout, directControl, startEpisode } from "./control-layout.ts";
import { Heights, muscleGroups, numberGroup, stateGroups } from "./groups.ts";
import { loadClip, type MotionClip } from "./motion-clip.ts";

/** The world and the trunk are not compared. */
const FIRST_BODY = 2;
/** 10,000 s, which no clip lasts. */
const MAX_EPISODE_STEPS = 400_000;

/** How `mocap_tracking` is set up, by OstrichRL's names. */
interface Settings {
  readonly minEpisodeSteps: number;
  readonly poseWeight: number;
  readonly rotationWeight: number;
  readonly threshold: number;
  /** rad or m */
  readonly noise: number;
  readonly test: boolean;
  readonly play: boolean;
}

/** Schema of the kwargs, with OstrichRL's names and defaults. */
export const MOCAP_KWARGS = {
  clip: { type: "string", pattern: "^[A-Za-z0-9_-]+$", default: "0047", description: "Motion clip to track." },
  min_episode_steps: {
    type: "integer",
    minimum: 1,
    default: 20,
    description: "Episodes start at least so many frames before the end of the clip.",
  },
  pose_rew_weight: { type: "number", default: 0.2, description: "Sharpness of the reward for positions, 1/m." },
  rot_rew_weight: { type: "number", default: 0.1, description: "Sharpness of the reward for orientations, 1/rad." },
  rew_threshold: { type: "number", default: 0.01, description: "A lower reward ends the episode, but not with test." },
  init_noise_scale: {
    type: "number",
    minimum: 0,
    default: 0.02,
    description: "Standard deviation of what is added to every joint at the start, rad or m; not with test.",
  },
  test: { type: "boolean", default: false, description: "Start at frame 0 without noise and track to the end." },
  play: { type: "boolean", default: false, description: "Show the clip: each step ends in its pose, at rest." },
} as const;

function settingsOf(kwargs: Kwargs): Settings {
  return {
    minEpisodeSteps: Number(kwargs["min_episode_steps"]),
    poseWeight: Number(kwargs["pose_rew_weight"]),
    rotationWeight: Number(kwargs["rot_rew_weight"]),
    threshold: Number(kwargs["rew_threshold"]),
    noise: Number(kwargs["init_noise_scale"]),
    test: kwargs["test"] === true,
    play: kwargs["play"] === true,
  };
}

/** OstrichRL's `mocap_tracking`: follow a recorded motion with the whole body. */
export class MocapTracking implements Task {
  readonly layout: TaskLayout;
  readonly #clip: MotionClip;
  readonly #settings: Settings;
  #frame = 0;

  /** @throws MyoError BAD_OPTIONS where the clip is unknown or too short. */
  constructor(model: Model, kwargs: Kwargs) {
    const clip = loadClip(kwargs["clip"] as string);
    const settings = settingsOf(kwargs);
    if (!settings.test && clip.frames <= settings.minEpisodeSteps) {
      const most = clip.frames - 1;
      throw new MyoError(
        "BAD_OPTIONS",
        `min_episode_steps is at most ${most} for this clip; lower it or take another.`,
      );
    }
    const heights = new Heights(model);
    this.#clip = clip;
    this.#settings = settings;
    const groups = [
      heights.pelvisGroup(),
      heights.feetGroup(),
      ...stateGroups(model, 0),
      ...muscleGroups(model),
      numberGroup("time_left", "1", () => 1 - this.#frame / (clip.frames - 1)),
    ];
    this.layout = controlLayout(model, groups, {
      terms: ["pose", "rotation", "dense"],
      weights: {},
      hiddenTerms: ["dense"],
      maxEpisodeSteps: MAX_EPISODE_STEPS,
      sensors: false,
    });
  }

  reset(p: Physics, rng: Rng): void {
    const { test, minEpisodeSteps, noise } = this.#settings;
    startEpisode(p, () => {
      this.#frame = test ? 0 : rng.integers(0, this.#clip.frames - minEpisodeSteps);
      const { qpos } = p;
      qpos.set(this.#clip.part("qpos", this.#frame));
      if (!test && noise > 0) for (let j = 0; j < qpos.length; j++) qpos[j] = (qpos[j] ?? 0) + rng.normal(0, noise);
      p.qvel.set(this.#clip.part("qvel", this.#frame));
    });
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    directControl(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    const { test, play, threshold } = this.#settings;
    const last = this.#clip.frames - 1;
    this.#frame = Math.min(this.#frame + 1, last);
    if (play) this.#show(p);
    const pose = this.#poseReward(p);
    const rotation = this.#rotationReward(p);
    const reward = pose * rotation;
    terms[0] = pose;
    terms[1] = rotation;
    terms[2] = reward;
    const lost = reward < threshold && !test;
    return lost || this.#frame >= last ? TERMINATED : 0;
  }

  save(): Json {
    return this.#frame;
  }

  load(state: Json): void {
    this.#frame = Number(state);
  }

  /** The clip's pose, at rest. */
  #show(p: Physics): void {
    p.qpos.set(this.#clip.part("qpos", this.#frame));
    p.qvel.fill(0);
    p.forward();
  }

  /** Product over the bodies of exp(-w d), d from the recorded position of a body's centre of mass, m. */
  #poseReward({ xipos }: Physics): number {
    const target = this.#clip.part("xipos", this.#frame);
    let reward = 1;
    for (let i = 0; i < target.length; i += 3) {
      const at = 3 * FIRST_BODY + i;
      const dx = (target[i] ?? 0) - (xipos[at] ?? 0);
      const dy = (target[i + 1] ?? 0) - (xipos[at + 1] ?? 0);
      const dz = (target[i + 2] ?? 0) - (xipos[at + 2] ?? 0);
      reward *= Math.exp(-this.#settings.poseWeight * Math.sqrt(dx * dx + dy * dy + dz * dz));
    }
    return reward;
  }

  /** Product over the bodies of exp(-w a), a the angle from the recorded orientation, rad. */
  #rotationReward({ ximat }: Physics): number {
    const target = this.#clip.part("ximat", this.#frame);
    let reward = 1;
    for (let i = 0; i < target.length; i += 9) {
      const at = 9 * FIRST_BODY + i;
      let trace = 0;
      for (let k = 0; k < 9; k++) trace += (target[i + k] ?? 0) * (ximat[at + k] ?? 0);
      const angle = Math.acos(Math.min(Math.max((trace - 1) / 2, -1), 1));
      reward *= Math.exp(-this.#settings.rotationWeight * angle);
    }
    return reward;
  }
}
