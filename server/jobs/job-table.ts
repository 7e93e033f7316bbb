import { MyoError } from "../../protocol/errors.ts";
import { newHandle } from "../sessions/tokens.ts";
import { Job } from "./job.ts";

/** Ended jobs that can still be asked for. */
const KEPT = 256;

/** The jobs of a server. */
export class JobTable {
  readonly #jobs = new Map<string, Job>();

  /**
   * Start a job.
   * @param agent or run that it uses. @param work resolves when it is done, was paused, or when it saw `job.cancelled`.
   */
  start(kind: string, total: number, agent: string, work: (job: Job) => Promise<"paused" | undefined>): Job {
    const job = new Job(newHandle("j"), kind, total, agent);
    this.#jobs.set(job.id, job);
    this.#forget();
    work(job).then(
      (end) => job.end(job.cancelled ? "cancelled" : (end ?? "done"), null),
      (error: unknown) => {
        const sentence = error instanceof Error ? error.message : String(error);
        if (job.cancelled) job.end("cancelled", sentence);
        else job.end("failed", sentence);
      },
    );
    return job;
  }

  /** @throws MyoError NOT_FOUND */
  get(id: string): Job {
    const job = this.#jobs.get(id);
    if (job !== undefined) return job;
    throw new MyoError("NOT_FOUND", `There is no job "${id}"; job.list names the last ${KEPT}.`);
  }

  /** Newest first. */
  list(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  /** Stop the jobs of an agent. */
  cancelOf(agent: string): void {
    for (const job of this.#jobs.values()) if (job.agent === agent) job.cancel();
  }

  cancelAll(): void {
    for (const job of this.#jobs.values()) job.cancel();
  }

  #forget(): void {
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= KEPT) return;
      if (!job.running) this.#jobs.delete(id);
    }
  }
}
