import type { ActMode } from "../../protocol/agent.ts";
import { MyoError } from "../../protocol/errors.ts";
import { checkSeed, rowNumbers } from "../sessions/check-rows.ts";
import type { Session } from "../sessions/session.ts";
import type { AgentThread } from "../workers/agent-thread.ts";
import { STARTED, TERMINATED, TRUNCATED } from "../workers/slab.ts";
import type { Job } from "./job.ts";

/** Time between two looks at coverage and the agent's metrics, ms. */
const REPORT_MS = 500;

export interface AgentRun {
  readonly agent: AgentThread;
  readonly a: string;
  readonly session: Session;
  /** Vector steps. */
  readonly steps: number;
  /** Reset all rows first, row i with seed + i; null: only where a row was never reset. */
  readonly seed: number | null;
  readonly mode: ActMode;
  readonly learn: boolean;
}

/** @throws MyoError ENV_BUSY, BAD_OPTIONS */
export function checkAgentRun({ session, seed, learn }: AgentRun): void {
  if (session.reservedBy !== null || session.queue.size > 0) {
    throw new MyoError("ENV_BUSY", `Session ${session.s} is being stepped; wait for its replies or cancel its job.`);
  }
  if (seed !== null) checkSeed(seed, session.group.numEnvs);
  const { autoreset } = session.group;
  if (learn && autoreset !== "same_step") {
    throw new MyoError(
      "BAD_OPTIONS",
      `Learning needs each episode's last observation, but the session has autoreset ${autoreset}; make it with same_step.`,
    );
  }
}

/** Drives a session with an agent: the loop of one job. */
export class AgentDriver {
  readonly #run: AgentRun;
  readonly #job: Job;
  /** [N] 1: the observation that the next action is chosen from starts an episode. */
  readonly #starts: Uint8Array;
  /** [N] 1: the episode ended, the reset is the next step (next_step). */
  readonly #over: Uint8Array;
  #lastReport = performance.now();
  #report: Promise<void> | null = null;

  constructor(run: AgentRun, job: Job) {
    this.#run = run;
    this.#job = job;
    const { numEnvs } = run.session.group;
    this.#starts = new Uint8Array(numEnvs);
    this.#over = new Uint8Array(numEnvs);
  }

  async run(): Promise<void> {
    const { agent, a, session, steps, mode, learn } = this.#run;
    const { slab, spec } = session.group;
    const { id: job } = this.#job;
    const reference = { job, a };
    slab.wantJoints[0] = 1;
    const drive = { ...reference, slab: slab.buffer, shape: slab.shape, joints: spec.joints, mode, learn };
    await agent.call("drive", drive);
    this.#job.onCancel = () => void agent.call("interrupt", { a }).catch(() => undefined);
    try {
      await this.#begin();
      for (let step = 0; step < steps && !this.#job.cancelled; step++) await this.#step();
      await this.#report;
      await this.#look();
    } finally {
      slab.wantJoints[0] = 0;
      this.#job.onCancel = null;
      // The worker may be gone together with the agent.
      await agent.call("driveEnd", reference).catch(() => undefined);
    }
  }

  async #begin(): Promise<void> {
    const { session, seed } = this.#run;
    const { group } = session;
    if (seed === null && group.firstRowWithout(STARTED, null) === undefined) return;
    const rows = rowNumbers(null, group.numEnvs);
    await group.reset(rows, seed === null ? null : rows.map((row) => seed + row), null);
    this.#starts.fill(1);
  }

  async #step(): Promise<void> {
    const { agent, a, session } = this.#run;
    const { group } = session;
    const mask = this.#starts.includes(1) ? this.#starts : null;
    await agent.call("driveAct", { job: this.#job.id, a, mask });
    this.#starts.fill(0);
    if (group.rebuilding !== null) await group.rebuilding;
    const started = performance.now();
    await new Promise<void>((done) => {
      group.step(0, null, done);
    });
    session.assertOpen();
    const ended = session.stats.addBatch(group.slab, null, 0, performance.now() - started);
    for (const listener of session.listeners) listener(null, ended);
    await this.#noteEnds();
    this.#job.done += group.numEnvs;
    if (this.#report === null && performance.now() - this.#lastReport > REPORT_MS) {
      this.#report = this.#look().finally(() => (this.#report = null));
    }
  }

  /** Which rows start an episode with the observation that is there now; disabled rows are reset here. */
  async #noteEnds(): Promise<void> {
    const { group } = this.#run.session;
    const finished: number[] = [];
    for (let row = 0; row < group.numEnvs; row++) {
      const over = ((group.slab.flags[row] ?? 0) & (TERMINATED | TRUNCATED)) !== 0;
      if (group.autoreset === "next_step") {
        this.#starts[row] = this.#over[row] ?? 0;
        this.#over[row] = over ? 1 : 0;
      } else if (over) {
        this.#starts[row] = 1;
        finished.push(row);
      }
    }
    if (group.autoreset === "disabled" && finished.length > 0) await group.reset(finished, null, null);
  }

  /** Coverage, the agent's metrics and the session's episodes into the job's. */
  async #look(): Promise<void> {
    this.#lastReport = performance.now();
    const { agent, a, session } = this.#run;
    try {
      const metrics = await agent.call("driveMetrics", { job: this.#job.id, a });
      const { episodes, mean_return, mean_length } = session.stats.metrics();
      this.#job.metrics = {
        env_steps_per_s: this.#job.done / this.#job.seconds,
        episodes: episodes ?? 0,
        mean_return: mean_return ?? 0,
        mean_length: mean_length ?? 0,
        ...metrics,
      };
    } catch {
      // The loop itself meets the same error and ends the job with it.
    } finally {
      this.#job.announce();
    }
  }
}
