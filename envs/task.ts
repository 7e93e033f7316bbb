import type { Json, JsonObject } from "../protocol/env.ts";
import type { NumericArray } from "../protocol/ndarray.ts";
import type { Rng } from "../protocol/random/generator.ts";
import type { Space } from "../protocol/spaces.ts";
import type { EnvDocs } from "./docs/task-docs.ts";
import type { Model, ModelSource, Physics } from "./engine/physics.ts";

/** A named part of the observation that a task can compute. */
export interface ObsGroupSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** SI unit, `1` when dimensionless. */
  readonly unit: string;
  /** Names of the elements (joints, muscles, axes); may be empty. */
  readonly names: readonly string[];
  /** Write the group, f8 physics to f4 observation, at `out[offset…]`. */
  write(p: Physics, out: Float32Array, offset: number): void;
}

/** Bits of `evaluate`'s result. */
export const TERMINATED = 1;

/** What is fixed once a task is built on a model. */
export interface TaskLayout {
  readonly actionSpace: Space;
  /** Every group the task offers; the kwarg `obs_keys` picks and orders. */
  readonly groups: readonly ObsGroupSpec[];
  /** Names in default order; `act` is appended by the loop as MyoSuite does when na > 0 and it is absent. */
  readonly defaultObsKeys: readonly string[];
  /** Reward terms in the order `evaluate` writes them. A term `dense` is the reward itself, else reward = sum of weight x term in the order of `weights`. */
  readonly terms: readonly string[];
  readonly weights: Readonly<Record<string, number>>;
  /** The task's term `dense` follows the kwarg `weighted_reward_keys`; absent: the kwarg makes the reward a plain sum. */
  readonly denseWeighs?: boolean;
  /** Terms that are computed but are no part of info (MyoSuite: dense, done). */
  readonly hiddenTerms: readonly string[];
  readonly frameSkip: number;
  readonly maxEpisodeSteps: number | null;
  /** The task reads sensordata. */
  readonly sensors: boolean;
  /** Reward or observation read accelerations, constraint or contact forces; absent: they do not. */
  readonly forces?: boolean;
  /**
   * dm_control's step order: a step ends with mj_step1, so that positions, velocities and their sensors are current while
   * forces are those of the last sub-step.
   */
  readonly legacyStep?: boolean;
  /** Draws are those of NumPy's legacy RandomState (MT19937); absent: of its Generator(PCG64). */
  readonly legacyRandom?: boolean;
  /** beforeStep writes qpos, qvel, mocap or model fields. */
  readonly movesBeforeStep: boolean;
  /** The observation group `muscle` and `act` cover these actuators; empty for motor-driven tasks. */
  readonly muscles: readonly string[];
  /** false: `act` is offered but not appended where `obs_keys` lack it (MyoSuite's data-driven tasks); default true. */
  readonly appendsAct?: boolean;
  /** JSON schema of the reset options, closed; absent: the task takes none. */
  readonly optionsSchema?: JsonObject;
}

/** What makes one environment out of a model: start, action map, reward, observation. Under 200 lines a file. */
export interface Task {
  readonly layout: TaskLayout;
  /**
   * State, then draws, then forward: in the order of the recorded stream. Physics is as the last episode left it.
   * @param first the random stream starts here: a seed was given, or the row is new.
   */
  reset(p: Physics, rng: Rng, options: JsonObject | undefined, first: boolean): void;
  /** Action (clipped to the space unless `unclipped`) to excitation or motor command. */
  applyAction(p: Physics, action: NumericArray, ctrl: Float64Array): void;
  readonly unclipped?: boolean;
  /** Before applyAction, in every step: moving targets, opponents. */
  beforeStep?(p: Physics, rng: Rng): void;
  /** After every sub-step, only where a constraint outside MuJoCo is kept (held pelvis). Costs a call a sub-step. */
  afterSubstep?(p: Physics): void;
  /** Reward terms and TERMINATED bit in one pass, from float64 physics. */
  evaluate(p: Physics, action: NumericArray, terms: Float64Array): number;
  save(): Json;
  load(state: Json): void;
}

/** Muscle condition between excitation and ctrl: fatigue, reroute; sarcopenia edits the model instead. */
export interface MuscleStage {
  reset(): void;
  /** In place on the excitations. */
  apply(ctrl: Float64Array): void;
  save(): Json;
  load(state: Json): void;
}

/** Kwargs after validation and defaults. */
export type Kwargs = Readonly<Record<string, Json>>;

/** One environment id. Adding one means one definition in the registry. */
export interface EnvDefinition {
  readonly id: string;
  readonly title: string;
  readonly family: string;
  /** Model pack it needs, null when built in. */
  readonly pack: string | null;
  /** What its page says; test/envs/pages.test.ts fails for a registered id without it. */
  readonly docs?: EnvDocs;
  /** JSON schema of the kwargs, closed, with defaults. The loop adds `obs_keys` and `weighted_reward_keys`. */
  readonly kwargsSchema: JsonObject;
  /** `light` drops what only a renderer needs. @throws MyoError MODEL_MISSING with the command to run. */
  source(kwargs: Kwargs, variant: "light" | "full"): ModelSource;
  /** Constructor edits shared by all rows, once per (model key, variant key). */
  readonly variantKey?: (kwargs: Kwargs) => string;
  readonly prepare?: (model: Model, kwargs: Kwargs) => void;
  task(model: Model, kwargs: Kwargs): Task;
  /** Groups of `info["obs_dict"]`: "chosen" for those of the kwarg `obs_keys`; else every group of the task but these, and `act`. */
  readonly obsDict?: "chosen" | { readonly without: readonly string[] };
  /** What to do instead of a kwarg that is no part of the schema although its name is known, in half a sentence, else null. */
  readonly refusedKwarg?: (name: string, value: unknown) => string | null;
  /** In order of application. */
  stages?(model: Model, kwargs: Kwargs): MuscleStage[];
}
