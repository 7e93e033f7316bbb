import { connectNode } from "../../clients/ts/node.ts";
import type { RequestOf } from "../../protocol/schema/operations.ts";
import { createLog } from "../log.ts";
import { openRuntime, type RuntimeOptions } from "../training/runtime.ts";
import type { TrainRequest } from "../training/resolve-settings.ts";
import type { RunState } from "../training/train-table.ts";

/** Where a run is worked on: in this process or on a server. */
export interface TrainSite {
  /** @returns the run's id */
  create(request: TrainRequest): Promise<string>;
  resume(run: string, steps: number | undefined): Promise<void>;
  state(run: string): Promise<RunState>;
  /** Resolves when the run's job has ended. @param changed called when there is something new */
  follow(run: string, changed: () => void): Promise<void>;
  /** Somebody wants to leave. @returns what that means, or null where the end of the run tells */
  leave(run: string): string | null;
  close(): Promise<void>;
}

/** Beyond every step: a run's state without its rows. */
const NO_ROWS = 1e12;

export async function localSite(options: Omit<RuntimeOptions, "log">): Promise<TrainSite> {
  const { training, jobs } = await openRuntime({ ...options, log: createLog("warn") });
  return {
    create: async (request) => (await training.create(request)).run,
    async resume(run, steps) {
      await training.resume(run, steps);
    },
    state: (run) => training.state(run),
    async follow(run, changed) {
      const { job } = await training.state(run);
      if (job === null) return;
      const found = jobs.get(job);
      found.listeners.add(changed);
      await found.settled;
    },
    leave(run) {
      // One that has just ended needs no pause.
      training.pause(run).catch(() => undefined);
      return null;
    },
    close: () => Promise.resolve(),
  };
}

/** Without members that are undefined, as the wire has it. */
function defined<T>(value: T): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries.map(([key, member]) => [key, defined<unknown>(member)])) as T;
}

/** @throws MyoError UNAVAILABLE where no server answers. */
export async function remoteSite(url: string): Promise<TrainSite> {
  const client = await connectNode(url, { name: "myoserve train" });
  const state = async (run: string): Promise<RunState> =>
    (await client.request("train.get", { run, since: NO_ROWS })).run;
  return {
    state,
    async create(request) {
      const fields = defined(request) as Omit<RequestOf<"train.create">, "t" | "id">;
      return (await client.request("train.create", fields)).run;
    },
    async resume(run, steps) {
      await client.request("train.resume", { run, ...(steps === undefined ? {} : { steps }) });
    },
    async follow(run, changed) {
      const { job } = await state(run);
      if (job === null) return;
      await new Promise<void>((resolve, reject) => {
        const onEvent = ({ job: now }: { job: { state: string } }): void => {
          changed();
          if (now.state !== "running") resolve();
        };
        client.subscribe("job", { job }, onEvent).catch(reject);
      });
    },
    leave: (run) => `run ${run} goes on at ${url}`,
    close: () => client.close(),
  };
}
