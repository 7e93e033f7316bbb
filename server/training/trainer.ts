import type { Learner, LearnerDefinition } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { LIBRARY_THREADS } from "../../agents/core/tensor/library-settings.ts";
import type { Log } from "../log.ts";
import { actorOf, playEpisodes, summarise } from "./evaluation.ts";
import { MetricsWriter } from "./metrics-writer.ts";
import { isOutage } from "./remote-link.ts";
import type { RowSource, TrainingRows } from "./rows.ts";
import type { Checkpoint, Run } from "./run.ts";
import { evaluationRows, type TrainSettings } from "./settings.ts";
import { SpeedMeter } from "./speed-meter.ts";
import { freshStatus, writeStatus, type BestPolicy, type RunStatus } from "./status.ts";
import { TrainingLoop } from "./training-loop.ts";
import { TrainingWindow } from "./training-window.ts";

/** Time between two reports of progress, ms. */
const REPORT_MS = 500;
/** Time between two writes of the status without a checkpoint, ms. */
const STATUS_MS = 10_000;

export interface TrainerOptions {
  readonly run: Run;
  readonly settings: TrainSettings;
  /** Env-steps wanted. */
  readonly total: number;
  readonly definition: LearnerDefinition;
  readonly rows: RowSource;
  readonly log: Log;
  readonly report: (status: RunStatus) => void;
}

/** How a run's work ended. */
export type TrainingEnd = "done" | "paused" | "cancelled";

/** Whether somebody who asked to stop got what they wanted. */
export const isCancelled = (error: unknown): boolean => error instanceof MyoError && error.code === "CANCELLED";

/** Whether a multiple of `every` lies in (before, after]; 0 is never due. */
function due(every: number, before: number, after: number): boolean {
  return every > 0 && Math.floor(after / every) > Math.floor(before / every);
}

/** Works on one run: steps, rows of metrics, evaluations, checkpoints. */
export class Trainer implements AsyncDisposable {
  readonly #options: TrainerOptions;
  readonly #learner: Learner;
  readonly #env: TrainingRows;
  readonly #window: TrainingWindow;
  readonly #loop: TrainingLoop;
  #metrics: MetricsWriter | null = null;
  readonly #speed = new SpeedMeter();
  #evalEnv: TrainingRows | null = null;
  #done = 0;
  /** Env-steps before the last vector step. */
  #before = 0;
  /** What is due after the last step was not done yet. */
  #unfinished = false;
  #row: Readonly<Record<string, number>> = {};
  #best: BestPolicy | null = null;
  #asked: "pause" | "cancel" | null = null;
  /** The checkpoint under way. */
  #saving: Promise<void> = Promise.resolve();
  #savingFailed: unknown = null;
  #lastReport = 0;
  #lastStatus = performance.now();
  #statusWrite: Promise<void> = Promise.resolve();

  private constructor(options: TrainerOptions, learner: Learner, env: TrainingRows) {
    this.#options = options;
    this.#learner = learner;
    this.#env = env;
    this.#window = new TrainingWindow(env.spec.info_keys, env.numEnvs);
    this.#loop = new TrainingLoop(learner, env, this.#window, () => this.#isCancelled);
  }

  /** Ready to go on from the last checkpoint or to begin. @throws MyoError of environment, learner or checkpoint. */
  static async open(options: TrainerOptions): Promise<Trainer> {
    const { settings, definition, rows, run } = options;
    const { num_envs: numEnvs } = settings.env;
    const { seed } = settings;
    const checkpoint = await run.latest();
    const env = await rows.open({ numEnvs, autoreset: "same_step", seed: seed + (checkpoint?.step ?? 0) });
    const { obs_space, act_space, obs_keys, dt, actuators } = env.spec;
    const context = { spec: { obs_space, act_space, obs_keys, dt, actuators }, numEnvs, seed };
    const trainer = new Trainer(options, await definition.create(context, settings.config), env);
    if (checkpoint === null) await trainer.#loop.begin(seed);
    else await trainer.#restore(checkpoint);
    trainer.#metrics = await MetricsWriter.open(run.folder, { resumeAt: trainer.#done });
    return trainer;
  }

  get status(): RunStatus {
    return {
      ...freshStatus(this.#options.total),
      done: this.#done,
      seconds: this.#speed.seconds,
      steps_per_s: this.#speed.stepsPerSecond,
      metrics: this.#row,
      best: this.#best,
    };
  }

  /** Stop at the next step, with a checkpoint. */
  pause(): void {
    this.#asked ??= "pause";
  }

  /** Stop at the next step or gradient step, without one. */
  cancel(): void {
    this.#asked = "cancel";
  }

  /** @returns once everything is on disk. @throws what environment, learner or disk throw. */
  async work(): Promise<TrainingEnd> {
    const { total } = this.#options;
    this.#speed.start(this.#done);
    try {
      if (this.#unfinished) await this.#afterStep();
      while (this.#done < total && this.#asked === null) await this.#step();
      if (this.#asked !== "cancel") await this.#checkpoint();
    } catch (error) {
      // Rows out of reach when somebody asked to stop: what the last checkpoint holds counts.
      if (this.#asked === null || !isCancelled(error)) throw error;
      this.#unfinished = true;
    }
    await this.#saved();
    await this.#statusWrite;
    if (this.#done >= total && !this.#unfinished) return "done";
    return this.#asked === "cancel" ? "cancelled" : "paused";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#saving;
    this.#learner[Symbol.dispose]();
    await this.#env[Symbol.asyncDispose]();
    await this.#evalEnv?.[Symbol.asyncDispose]();
  }

  get #isCancelled(): boolean {
    return this.#asked === "cancel";
  }

  async #step(): Promise<void> {
    this.#before = this.#done;
    await this.#loop.step();
    // Gradient steps that were due may be missing.
    if (this.#isCancelled) return;
    this.#done += this.#env.numEnvs;
    await this.#afterStep();
  }

  /** What is due at this number of steps, unless somebody asks to stop meanwhile. */
  async #afterStep(): Promise<void> {
    const { settings, total } = this.#options;
    const [before, done] = [this.#before, this.#done];
    this.#unfinished = true;
    const last = done >= total;
    const evaluates = settings.eval.every > 0 && (last || due(settings.eval.every, before, done));
    const evaluation = evaluates ? await this.#evaluate() : {};
    if (evaluation === null) return;
    if (evaluates || last || due(settings.log_every, before, done)) await this.#writeRow(evaluation);
    this.#unfinished = false;
    if (!last && due(settings.checkpoint_every, before, done)) await this.#checkpoint();
    if (this.#savingFailed !== null) await this.#saved();
    this.#report(false);
  }

  /** @returns figures for the row; null where somebody asked to stop meanwhile */
  async #evaluate(): Promise<Record<string, number> | null> {
    const { settings, rows, run } = this.#options;
    const { episodes, seed } = settings.eval;
    const numEnvs = evaluationRows(settings);
    const env = (this.#evalEnv ??= await rows.open({ numEnvs, autoreset: "disabled", seed: 0 }));
    const act = actorOf(this.#learner, settings.env.num_envs, layoutOf(env.spec.obs_space).buffers);
    const results = await playEpisodes(env, { episodes, seed }, act, () => this.#asked !== null);
    if (results === null) return null;
    const { return: mean, length, solved, score } = summarise(results);
    if (this.#best === null || score > this.#best.score) {
      this.#best = { step: this.#done, score, return: mean, success: solved?.success ?? null };
      await run.offerBest(this.#done, score, this.#learner.policy());
    }
    const figures = { eval_return: mean, eval_length: length };
    if (solved === null) return figures;
    const { success, steps, atEnd } = solved;
    return { ...figures, eval_success: success, eval_solved_steps: steps, eval_solved_at_end: atEnd };
  }

  async #writeRow(evaluation: Readonly<Record<string, number>>): Promise<void> {
    this.#speed.lap(this.#done);
    const { updates } = this.#learner.progress;
    const { seconds, stepsPerSecond } = this.#speed;
    this.#row = { ...this.#window.take(), ...evaluation, updates, seconds, steps_per_s: stepsPerSecond };
    await this.#metrics?.write(this.#done, this.#row);
    this.#report(true);
  }

  /**
   * Take everything as it is now; the replay is written while the loop goes on. Only one is under way: a disk that is
   * slower than the rhythm holds the loop up rather than memory.
   */
  async #checkpoint(): Promise<void> {
    await this.#saved();
    const { run } = this.#options;
    const step = this.#done;
    const status = this.status;
    const envs = await this.#rowStates();
    if (envs === null) return;
    const agent = await this.#learner.checkpoint();
    const [state, policy] = [this.#state(), this.#learner.policy()];
    const replaySaved = this.#learner.saveReplay(run.replayFolder);
    const write = async (): Promise<void> => {
      const replay = await replaySaved;
      await this.#metrics?.flush();
      await run.checkpoint({ step, agent, envs, replay, state, policy });
      await this.#writeStatus(status);
    };
    this.#saving = write().catch((error: unknown) => {
      this.#savingFailed = error;
    });
  }

  /** null where the rows are out of reach and others will be driven: the checkpoint before, which holds rows, is better then. */
  async #rowStates(): Promise<Uint8Array | null> {
    const { run, total, log } = this.#options;
    try {
      return await this.#loop.save();
    } catch (error) {
      if (!isOutage(error)) throw error;
      if (this.#done >= total) return this.#loop.saveWithoutRows();
      log.warn({ run: run.id, step: this.#done, error: error.message }, "rows out of reach: no checkpoint");
      return null;
    }
  }

  /** The checkpoint under way is on disk. @throws what kept it from there. */
  async #saved(): Promise<void> {
    await this.#saving;
    const failed = this.#savingFailed;
    this.#savingFailed = null;
    if (failed !== null) throw failed instanceof Error ? failed : new Error("The checkpoint could not be written.");
  }

  #state(): JsonObject {
    return {
      before: this.#before,
      done: this.#done,
      unfinished: this.#unfinished,
      seconds: this.#speed.seconds,
      row: { ...this.#row },
      best: this.#best === null ? null : { ...this.#best },
      window: this.#window.save(),
      ...this.#surroundings(),
    };
  }

  /** What numbers depend on beside the state itself. */
  #surroundings(): Record<"engine" | "tensor_library" | "tensor_threads", string | null> {
    const { library: tensor_library } = this.#learner;
    return { engine: this.#loop.engine, tensor_library, tensor_threads: process.env[LIBRARY_THREADS] ?? null };
  }

  async #restore({ agent, envs, replay, state, name }: Checkpoint): Promise<void> {
    const { run, log, settings } = this.#options;
    await this.#learner.restore(agent);
    await this.#learner.loadReplay(run.replayFolder, replay);
    // Rows elsewhere see to it themselves.
    const { engine } = state as { readonly engine: string };
    const now = this.#loop.engine;
    if (settings.env.url !== undefined || engine === now) await this.#loop.load(envs);
    else {
      this.#loop.loadAnew(envs, engine, settings.seed + Number(state["done"]));
      log.warn({ run: run.id, engine: now, before: engine }, "another engine than before: all episodes begin anew");
    }
    this.#window.load(state["window"] as JsonObject);
    this.#before = Number(state["before"]);
    this.#done = Number(state["done"]);
    this.#unfinished = state["unfinished"] === true;
    this.#speed.add(Number(state["seconds"]));
    this.#row = state["row"] as Record<string, number>;
    this.#best = state["best"] as BestPolicy | null;
    if (!Number.isSafeInteger(this.#done)) {
      throw new MyoError("BAD_OPTIONS", `Checkpoint ${name} of run ${run.id} holds no number of steps.`);
    }
    for (const [what, now] of Object.entries(this.#surroundings())) {
      // Older checkpoints do not name the library.
      if (state[what] === now || state[what] === undefined) continue;
      log.warn({ run: run.id, [what]: now, before: state[what] }, `another ${what} than before: numbers may differ`);
    }
  }

  /** @param fresh there is a new row */
  #report(fresh: boolean): void {
    const now = performance.now();
    if (!fresh && now - this.#lastReport < REPORT_MS) return;
    this.#lastReport = now;
    const { status } = this;
    this.#options.report(status);
    if (now - this.#lastStatus < STATUS_MS) return;
    this.#lastStatus = now;
    void this.#writeStatus(status);
  }

  /** One write after another; for those who look on only, so that one that fails is left to the next. */
  #writeStatus(status: RunStatus): Promise<void> {
    const write = (): Promise<void> => writeStatus(this.#options.run.folder, status);
    this.#statusWrite = this.#statusWrite.then(write).catch((error: unknown) => {
      this.#options.log.warn({ run: this.#options.run.id, error: String(error) }, "status not written");
    });
    return this.#statusWrite;
  }
}
