import { randomInt } from "node:crypto";
import type { Buffers, Env, EnvSpec, JsonObject, RowOut, RowState, Scene, Snapshot, StepOut } from "../protocol/env.ts";
import { MyoError } from "../protocol/errors.ts";
import type { NumericArray } from "../protocol/ndarray.ts";
import { createRng, type Rng } from "../protocol/random/generator.ts";
import { createRandomState } from "../protocol/random/random-state.ts";
import { validateAgainst } from "../protocol/validate.ts";
import { ActionClip } from "./action-clip.ts";
import type { ModelFloat, Physics } from "./engine/physics.ts";
import { buildSpec, type RowParts } from "./spec.ts";
import { applySnapshot, encodeSnapshot, parseSnapshot, type SnapshotHome } from "./snapshot.ts";
import { groupValues } from "./observation.ts";
import { TERMINATED, type MuscleStage, type Task } from "./task.ts";

/** Entropy of a row that was never seeded. */
const ENTROPY_LIMIT = 2 ** 48 - 1;
/** Model fields a viewer's full model shares index for index with the light one. */
const SCENE_FIELDS: readonly ModelFloat[] = ["body_pos", "body_quat", "site_pos", "site_size", "hfield_data"];
const NOT_FINITE = "The observation or reward became NaN or infinite and was zeroed there; reset the row.";

/** What the step loop needs besides the row's parts. */
export interface TaskEnvOptions extends RowParts {
  readonly task: Task;
  readonly stages: readonly MuscleStage[];
  readonly modelKey: string;
  /** Seed of a first reset without a seed, null: entropy. */
  readonly seed: number | null;
}

/** The one step loop: sub-steps, muscle stages, time limit and divergence exist here and nowhere else. */
export class TaskEnv implements Env {
  readonly spec: EnvSpec;
  readonly #parts: TaskEnvOptions;
  readonly #task: Task;
  readonly #stages: readonly MuscleStage[];
  readonly #physics: Physics;
  readonly #clip: ActionClip;
  /** Every term of the task, hidden ones included. */
  readonly #terms: Float64Array;
  readonly #ctrl: Float64Array;
  readonly #home: SnapshotHome;
  #rng: Rng | null = null;
  #started = false;
  #disposed = false;
  #steps = 0;
  /** The terms are those of a step of this episode. */
  #evaluated = false;
  /** The simulation broke down in this episode: MuJoCo went on from its own reset, but the episode stays ended. */
  #diverged = false;

  constructor(options: TaskEnvOptions) {
    const { task, model, definition } = options;
    this.#parts = options;
    this.#task = task;
    this.#stages = options.stages;
    this.#clip = new ActionClip(task.layout.actionSpace);
    this.#terms = new Float64Array(task.layout.terms.length);
    this.#ctrl = new Float64Array(model.sizes.nu);
    this.#home = { id: definition.id, engine: options.engine, model: options.modelKey };
    this.spec = buildSpec(options);
    this.#physics = model.createPhysics({ sensors: task.layout.sensors });
  }

  reset(seed: number | null, options?: JsonObject): StepOut {
    const out = this.#newOut();
    this.resetInto(seed, options, out);
    return out;
  }

  step(action: Buffers): StepOut {
    const out = this.#newOut();
    this.stepInto(action, out);
    return out;
  }

  resetInto(seed: number | null, options: JsonObject | undefined, out: RowOut): void {
    const checked = this.#checkOptions(options);
    const p = this.#physics;
    const first = seed !== null || this.#rng === null;
    const rng = this.#stream(seed);
    for (const stage of this.#stages) stage.reset();
    this.#task.reset(p, rng, checked, first);
    this.#started = true;
    this.#evaluated = false;
    this.#steps = 0;
    out.error = p.fault();
    this.#diverged = out.error !== null;
    out.reward = 0;
    out.terminated = false;
    out.truncated = false;
    out.terms.fill(0);
    this.#observe(out);
  }

  stepInto(action: Buffers, out: RowOut): void {
    if (!this.#started) {
      throw new MyoError("NEEDS_RESET", `${this.spec.id} was stepped before its first reset; reset it first.`);
    }
    const [given] = action;
    if (given === undefined) throw new MyoError("BAD_ACTION", "The action has no buffer; send one array.");
    const task = this.#task;
    const used = task.unclipped === true ? given : this.#clip.applyBorrow(given);
    this.#simulate(used);
    const p = this.#physics;
    const flags = task.evaluate(p, used, this.#terms);
    this.#evaluated = true;
    const { maxEpisodeSteps } = task.layout;
    this.#steps += 1;
    out.reward = this.#parts.reward.of(this.#terms);
    out.terminated = (flags & TERMINATED) !== 0;
    out.truncated = maxEpisodeSteps !== null && this.#steps >= maxEpisodeSteps;
    out.error = p.fault();
    this.#parts.reward.show(this.#terms, out.terms);
    this.#observe(out);
    this.#diverged ||= out.error !== null;
    if (this.#diverged) out.terminated = true;
  }

  snapshot(): Snapshot {
    const rng = this.#rng;
    if (!this.#started || rng === null) {
      throw new MyoError("NEEDS_RESET", `${this.spec.id} has no state before its first reset; reset it first.`);
    }
    return encodeSnapshot(this.#home, this.#physics, {
      steps: this.#steps,
      diverged: this.#diverged,
      task: this.#task.save(),
      stages: this.#stages.map((stage) => stage.save()),
      rng: rng.save(),
    });
  }

  restore(snapshot: Snapshot): void {
    this.restorer(snapshot)();
  }

  restorer(snapshot: Snapshot): () => void {
    const parsed = parseSnapshot(snapshot, this.#home, this.#physics);
    const { stages, steps, diverged, task = null, rng } = parsed.row;
    if (!Array.isArray(stages) || stages.length !== this.#stages.length || typeof steps !== "number") {
      throw new MyoError(
        "BAD_OPTIONS",
        "The snapshot was made with other kwargs; restore it into a row made the same.",
      );
    }
    return () => {
      applySnapshot(parsed, this.#physics);
      this.#steps = steps;
      this.#evaluated = false;
      this.#diverged = diverged === true;
      this.#task.load(task);
      for (let i = 0; i < this.#stages.length; i++) this.#stages[i]?.load(stages[i] ?? null);
      this.#rng ??= this.#newStream(0);
      this.#rng.load(rng as ReturnType<Rng["save"]>);
      this.#started = true;
    };
  }

  scene(): Scene {
    const p = this.#physics;
    const edits: Record<string, Float64Array> = {};
    for (const field of SCENE_FIELDS) {
      const values = p.edits.get(field);
      if (values !== undefined) edits[field] = Float64Array.from(values);
    }
    return {
      model_sha256: this.#parts.modelSha256,
      xpos: p.xpos.slice(),
      xquat: p.xquat.slice(),
      qpos: p.qpos.slice(),
      mocap_pos: p.mocapPos.slice(),
      mocap_quat: p.mocapQuat.slice(),
      act: p.act.slice(),
      edits,
    };
  }

  state(obsKeys: readonly string[]): RowState {
    if (!this.#started) {
      throw new MyoError("NEEDS_RESET", `${this.spec.id} has no state before its first reset; reset it first.`);
    }
    const p = this.#physics;
    return {
      time: p.time,
      qpos: p.qpos.slice(),
      qvel: p.qvel.slice(),
      act: p.act.slice(),
      obs: groupValues(this.#parts.available, obsKeys, p),
      terms: this.#evaluated ? this.#parts.reward.byName(this.#terms) : {},
    };
  }

  jointPositions(out: Float64Array): void {
    const { qpos } = this.#physics;
    const { joints } = this.spec;
    for (let j = 0; j < joints.length; j++) out[j] = qpos[joints[j]?.qpos ?? -1] ?? 0;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#physics[Symbol.dispose]();
    this.#parts.model[Symbol.dispose]();
  }

  /** For parity tests, which set recorded states by hand, and recorders. */
  get physicsBorrow(): Physics {
    return this.#physics;
  }

  #simulate(action: NumericArray): void {
    const p = this.#physics;
    const task = this.#task;
    const { frameSkip } = task.layout;
    if (task.beforeStep !== undefined) {
      task.beforeStep(p, this.#stream(null));
      if (task.layout.movesBeforeStep) p.touch();
    }
    task.applyAction(p, action, this.#ctrl);
    for (let i = 0; i < this.#stages.length; i++) this.#stages[i]?.apply(this.#ctrl);
    p.ctrl.set(this.#ctrl);
    if (task.afterSubstep === undefined) p.step(frameSkip);
    else {
      for (let i = 0; i < frameSkip; i++) {
        p.step(1);
        task.afterSubstep(p);
      }
    }
    if (task.layout.legacyStep === true) p.step1();
    else if (task.layout.forces === true) p.forward();
    else p.observe();
  }

  #observe(out: RowOut): void {
    const finite = this.#parts.observation.write(this.#physics, out.obs[0] as Float32Array);
    const { terms } = out;
    let sum = out.reward * 0;
    for (let i = 0; i < terms.length; i++) sum += (terms[i] ?? 0) * 0;
    if (finite && sum === 0) return;
    out.error ??= NOT_FINITE;
    if (!Number.isFinite(out.reward)) out.reward = 0;
    for (let i = 0; i < terms.length; i++) if (!Number.isFinite(terms[i])) terms[i] = 0;
  }

  /** The row's random stream: anew from a seed, else continued. */
  #stream(seed: number | null): Rng {
    if (seed !== null) this.#rng = this.#newStream(seed);
    this.#rng ??= this.#newStream(this.#parts.seed ?? randomInt(ENTROPY_LIMIT));
    return this.#rng;
  }

  #newStream(seed: number): Rng {
    return this.#task.layout.legacyRandom === true ? createRandomState(seed) : createRng(seed);
  }

  #checkOptions(options: JsonObject | undefined): JsonObject | undefined {
    if (options === undefined) return undefined;
    return validateAgainst(this.spec.options_schema, options, `reset options of ${this.spec.id}`);
  }

  #newOut(): StepOut {
    return {
      obs: [new Float32Array(this.#parts.observation.size)],
      reward: 0,
      terminated: false,
      truncated: false,
      terms: new Float64Array(this.spec.info_keys.length),
      error: null,
    };
  }
}
