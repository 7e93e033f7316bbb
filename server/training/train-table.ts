import type { PolicyExport } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { PolicyChoice } from "../../protocol/schema/train-messages.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import { readPolicy } from "../../agents/core/policy-file.ts";
import type { JobTable } from "../jobs/job-table.ts";
import type { Job } from "../jobs/job.ts";
import type { Log } from "../log.ts";
import type { RowBudget } from "../row-budget.ts";
import type { PlayReport, PlayTask, TrainingHost } from "../workers/training-control.ts";
import { Learners } from "./learners.ts";
import { policyOf } from "./stored-policy.ts";
import type { Environments } from "./environments.ts";
import { labelOf, resolveSettings, type TrainRequest } from "./resolve-settings.ts";
import { lockHolder, RunLock } from "./run-lock.ts";
import { RunStore } from "./run-store.ts";
import type { Run } from "./run.ts";
import { checkSettings, evaluationRows, playRows, type TrainSettings } from "./settings.ts";
import { freshStatus, readStatus, writeStatus, type RunStatus } from "./status.ts";
import { TrainingThread } from "./training-thread.ts";

export type RunState = ReplyOf<"train.list">["runs"][number];

export interface TrainTableOptions {
  readonly host: TrainingHost;
  readonly environments: Environments;
  readonly jobs: JobTable;
  readonly log: Log;
  /** Runs that are worked on at a time. */
  readonly maxRuns: number;
  readonly budget: RowBudget;
}

/** A run that is worked on here. */
interface Active {
  readonly thread: TrainingThread<RunStatus>;
  readonly job: Job;
  status: RunStatus;
}

/** How the status differs for those who ask. */
function stateOf(run: Run, settings: TrainSettings, status: RunStatus, job: string | null): RunState {
  const { done, total, steps_per_s: speed } = status;
  const runs = status.state === "running";
  return {
    run: run.id,
    name: run.id,
    algo: settings.algo,
    env: settings.env.id,
    job,
    ...status,
    metrics: { ...status.metrics },
    eta_s: runs && speed > 0 ? Math.max(0, total - done) / speed : null,
    created: run.created,
  };
}

/** The training runs of a folder and those that are worked on in this process. */
export class TrainTable {
  readonly #options: TrainTableOptions;
  readonly #store: RunStore;
  readonly #learners: Promise<Learners>;
  readonly #active = new Map<string, Active>();
  /** Last job of each run in this process. */
  readonly #jobs = new Map<string, string>();
  #stopping = false;

  constructor(options: TrainTableOptions) {
    this.#options = options;
    this.#store = new RunStore({ folder: options.host.runs });
    this.#learners = Learners.load(options.host.learners);
    this.#learners.catch(() => undefined);
  }

  /** @throws MyoError AGENT_UNKNOWN, ENV_UNKNOWN, MODEL_MISSING, BAD_OPTIONS, CAPACITY */
  async create(request: TrainRequest): Promise<{ run: string; job: Job; settings: TrainSettings }> {
    this.#assertRoom();
    const settings = await resolveSettings(request, await this.#learners, this.#options.environments);
    const giveRows = this.#takeRows(settings);
    try {
      const run = await this.#store.create(settings, labelOf(request, settings));
      await writeStatus(run.folder, freshStatus(settings.steps));
      return { run: run.id, job: await this.#start(run, settings.steps, giveRows), settings };
    } catch (error) {
      giveRows();
      throw error;
    }
  }

  /** Newest first. */
  async list(): Promise<RunState[]> {
    const runs = await this.#store.list();
    return Promise.all(runs.map((run) => this.#stateOf(run)));
  }

  /** @throws MyoError NOT_FOUND */
  async state(id: string): Promise<RunState> {
    return this.#stateOf(await this.#store.open(id));
  }

  /** @throws MyoError NOT_FOUND */
  async run(id: string): Promise<{ folder: string; settings: TrainSettings }> {
    const run = await this.#store.open(id);
    return { folder: run.folder, settings: checkSettings(run.config) };
  }

  /** Resolves when the run has stopped and its checkpoint is written. @throws MyoError NOT_FOUND, BAD_OPTIONS */
  async pause(id: string): Promise<RunState> {
    return this.#stop(id, "pause");
  }

  /** @throws MyoError NOT_FOUND */
  async cancel(id: string): Promise<RunState> {
    const run = await this.#store.open(id);
    if (this.#active.has(id)) return this.#stop(id, "cancel");
    const state = await this.#stateOf(run);
    // One that rests stays as it is on disk; it is not continued by itself any more.
    if (state.state === "paused") {
      const lock = new RunLock(run.folder, id);
      const status = (await readStatus(run.folder)) ?? freshStatus(state.total);
      await writeStatus(run.folder, { ...status, state: "cancelled" });
      lock[Symbol.dispose]();
    }
    return this.state(id);
  }

  /** @param steps another total. @throws MyoError NOT_FOUND, ENV_BUSY where it runs, BAD_OPTIONS where nothing is left to do. */
  async resume(id: string, steps?: number): Promise<{ run: RunState; job: Job }> {
    this.#assertRoom();
    const run = await this.#store.open(id);
    const { done, total } = await this.#stateOf(run);
    const wanted = steps ?? total;
    if (done >= wanted) {
      throw new MyoError("BAD_OPTIONS", `Run ${id} has done its ${done} steps; give steps above that to go on.`);
    }
    const job = await this.#begin(run, wanted);
    return { run: await this.#stateOf(run), job };
  }

  /** @throws MyoError NOT_FOUND */
  async policy(id: string, which: PolicyChoice): Promise<{ step: number; policy: PolicyExport }> {
    const { step, folder } = await policyOf(await this.#store.open(id), which);
    return { step, policy: await readPolicy(folder) };
  }

  /** @throws MyoError NOT_FOUND, ENV_UNKNOWN, MODEL_MISSING, BAD_OPTIONS, CAPACITY */
  async play(task: Omit<PlayTask, "kind">): Promise<PlayReport> {
    const { env, episodes } = task;
    const { environments, host, budget } = this.#options;
    const giveBack = budget.take(playRows(episodes), "the policy that plays");
    try {
      const checked = env === null ? null : { id: env.id, kwargs: await environments.prepare(env.id, env.kwargs) };
      return await TrainingThread.play(host, { ...task, env: checked }).result;
    } finally {
      giveBack();
    }
  }

  /** Continue the runs that were running when their process ended. @returns their ids */
  async resumeAll(): Promise<string[]> {
    const { log } = this.#options;
    const resumed: string[] = [];
    for (const run of await this.#store.list()) {
      const status = await readStatus(run.folder);
      if (status?.state !== "running" || this.#active.has(run.id)) continue;
      const holder = lockHolder(run.folder);
      if (holder !== null) {
        log.info({ run: run.id, pid: holder }, "another process works on this run");
        continue;
      }
      try {
        await this.#begin(run, status.total);
        const step = run.checkpoints.at(-1)?.step ?? 0;
        log.info({ run: run.id, step }, "run continues from its last checkpoint");
        resumed.push(run.id);
      } catch (error) {
        log.error({ run: run.id, error: String(error) }, "run could not be continued");
      }
    }
    return resumed;
  }

  /** Checkpoint what runs; the next start continues it. */
  async suspendAll(): Promise<void> {
    this.#stopping = true;
    const all = [...this.#active.values()];
    for (const { thread } of all) thread.command("suspend");
    await Promise.all(all.map(({ job }) => job.settled));
  }

  async #stateOf(run: Run): Promise<RunState> {
    const settings = checkSettings(run.config);
    const active = this.#active.get(run.id);
    const job = this.#jobs.get(run.id) ?? null;
    if (active !== undefined) return stateOf(run, settings, active.status, job);
    const status = (await readStatus(run.folder)) ?? freshStatus(settings.steps);
    // Nobody works on it: its process ended without a word.
    const rests = status.state === "running" && lockHolder(run.folder) === null;
    return stateOf(run, settings, rests ? { ...status, state: "paused" } : status, job);
  }

  async #stop(id: string, command: "pause" | "cancel"): Promise<RunState> {
    const run = await this.#store.open(id);
    const active = this.#active.get(id);
    if (active === undefined) {
      throw new MyoError("BAD_OPTIONS", `Run ${id} does not run in this server; train.list shows what does.`);
    }
    if (command === "cancel") active.job.cancel();
    else active.thread.command(command);
    await active.job.settled;
    return this.#stateOf(run);
  }

  /** Rows elsewhere are counted there. @returns gives them back. @throws MyoError CAPACITY */
  #takeRows(settings: TrainSettings): () => void {
    if (settings.env.url !== undefined) return () => undefined;
    const rows = settings.env.num_envs + evaluationRows(settings);
    return this.#options.budget.take(rows, "the run with its evaluation");
  }

  /** @throws MyoError CAPACITY, ENV_BUSY */
  async #begin(run: Run, total: number): Promise<Job> {
    const giveRows = this.#takeRows(checkSettings(run.config));
    try {
      return await this.#start(run, total, giveRows);
    } catch (error) {
      giveRows();
      throw error;
    }
  }

  /** @param giveRows called when it has ended */
  async #start(run: Run, total: number, giveRows: () => void): Promise<Job> {
    const lock = new RunLock(run.folder, run.id);
    const begun = (await readStatus(run.folder)) ?? freshStatus(total);
    let active: Active | null = null;
    const onStatus = (status: RunStatus): void => {
      if (active !== null) this.#show(active, status);
    };
    const thread = TrainingThread.train(this.#options.host, { run: run.id, total }, onStatus);
    const job = this.#options.jobs.start("train", total, run.id, async (started) => {
      started.onCancel = () => {
        thread.command("cancel");
      };
      const status = await this.#outcome(run, thread, lock).finally(giveRows);
      if (active !== null) this.#show(active, status);
      return status.state === "paused" ? "paused" : undefined;
    });
    active = { thread, job, status: { ...begun, state: "running", total, error: null } };
    this.#active.set(run.id, active);
    this.#jobs.set(run.id, job.id);
    this.#show(active, active.status);
    return job;
  }

  /** The status in the end, whatever the end was. @throws MyoError of the run */
  async #outcome(run: Run, thread: TrainingThread<RunStatus>, lock: RunLock): Promise<RunStatus> {
    const { log } = this.#options;
    try {
      const status = await thread.result;
      log.info({ run: run.id, state: status.state, step: status.done }, "run ended");
      return status;
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      log.error({ run: run.id, error: sentence }, "run failed");
      const last = await readStatus(run.folder);
      // A thread that was lost could not say so itself.
      if (last?.state === "running") await writeStatus(run.folder, { ...last, state: "failed", error: sentence });
      throw error;
    } finally {
      this.#active.delete(run.id);
      lock[Symbol.dispose]();
    }
  }

  #show(active: Active, status: RunStatus): void {
    active.status = status;
    const { job } = active;
    job.done = status.done;
    const metrics: JsonObject = { ...status.metrics, steps_per_s: status.steps_per_s };
    if (status.steps_per_s > 0) metrics["eta_s"] = Math.max(0, status.total - status.done) / status.steps_per_s;
    job.metrics = metrics as Record<string, number>;
    job.announce();
  }

  #assertRoom(): void {
    const { maxRuns } = this.#options;
    if (this.#stopping) throw new MyoError("UNAVAILABLE", "The server is shutting down; connect again later.");
    if (this.#active.size < maxRuns) return;
    throw new MyoError("CAPACITY", `The server works on at most ${maxRuns} runs at a time; pause one or try later.`);
  }
}
