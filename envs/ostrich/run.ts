import type { Json } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { Model, Physics } from "../engine/physics.ts";
import { TERMINATED, type Task, type TaskLayout } from "../task.ts";
import { controlLayout, directControl, startEpisode } from "./control-layout.ts";
import { Heights, muscleGroups, numberGroup, stateGroups } from "./groups.ts";

/** Heights that end an episode, m. */
const LOWEST_HEAD = 0.9;
const LOWEST_PELVIS = 0.6;
/** Largest pitch of the trunk either way, rad, and its joint. */
const STEEPEST = 0.8;
const PITCH = 4;
/** Joints of the trunk: three slides, three hinges. */
const ROOT_JOINTS = 6;
/** Joints start inside this share of their range. */
const START_SHARE = 5;
/** 25 s */
const MAX_EPISODE_STEPS = 1000;

/** OstrichRL's `run` and, without head and muscles, `run_torque`: run forward, towards x. */
export class Run implements Task {
  readonly layout: TaskLayout;
  readonly #heights: Heights;
  readonly #hasHead: boolean;
  readonly #velocity: number;
  /** [2 njnt] */
  readonly #ranges: Float64Array;

  constructor(model: Model) {
    const heights = new Heights(model);
    const velocity = model.intsBorrow("sensor_adr")[model.id("sensor", "torso_subtreelinvel")] ?? 0;
    this.#heights = heights;
    this.#hasHead = model.id("body", "head") >= 0;
    this.#velocity = velocity;
    this.#ranges = Float64Array.from(model.floatsBorrow("jnt_range"));
    const groups = [
      ...(this.#hasHead ? [heights.headGroup()] : []),
      heights.pelvisGroup(),
      heights.feetGroup(),
      ...stateGroups(model, 1),
      ...(model.sizes.na > 0 ? muscleGroups(model) : []),
      numberGroup("horizontal_velocity", "m/s", (p) => p.sensordata[velocity] ?? 0),
    ];
    this.layout = controlLayout(model, groups, {
      terms: ["horizontal_velocity"],
      weights: { horizontal_velocity: 1 },
      hiddenTerms: [],
      maxEpisodeSteps: MAX_EPISODE_STEPS,
      sensors: true,
    });
  }

  reset(p: Physics, rng: Rng): void {
    const ranges = this.#ranges;
    startEpisode(p, () => {
      const { qpos } = p;
      for (let j = ROOT_JOINTS; j < qpos.length; j++) {
        qpos[j] = rng.uniform((ranges[2 * j] ?? 0) / START_SHARE, (ranges[2 * j + 1] ?? 0) / START_SHARE);
      }
    });
  }

  applyAction(_p: Physics, action: NumericArray, ctrl: Float64Array): void {
    directControl(action, ctrl);
  }

  evaluate(p: Physics, _action: NumericArray, terms: Float64Array): number {
    terms[0] = p.sensordata[this.#velocity] ?? 0;
    const fallen =
      (this.#hasHead && this.#heights.head(p) < LOWEST_HEAD) ||
      this.#heights.pelvis(p) < LOWEST_PELVIS ||
      Math.abs(p.qpos[PITCH] ?? 0) > STEEPEST;
    return fallen ? TERMINATED : 0;
  }

  save(): Json {
    return null;
  }

  load(): void {
    // Nothing but physics.
  }
}
