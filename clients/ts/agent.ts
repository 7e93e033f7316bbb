import type { ActMode } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { toNdArray } from "../../protocol/ndarray.ts";
import type { ReplyOf } from "../../protocol/schema/operations.ts";
import { layoutOf, type Space } from "../../protocol/spaces.ts";
import { fromWire, toWire } from "./arrays.ts";
import type { MyoClient } from "./client.ts";
import type { RemoteVectorEnv } from "./vector-env.ts";

export type JobState = ReplyOf<"job.get">["job"];

export interface AgentOptions {
  readonly preset?: string;
  readonly config?: JsonObject;
  readonly seed?: number;
}

/** A body the client owns itself: the agent only sees observations. */
export interface Body {
  readonly obsSpace: Space;
  readonly actSpace: Space;
  /** 1 when absent. */
  readonly numEnvs?: number;
}

/** An agent on the server, for a session or for a body of the client's. */
export class RemoteAgent implements AsyncDisposable {
  readonly handle: string;
  /** The config with preset and defaults resolved. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly #client: MyoClient;
  readonly #env: RemoteVectorEnv | undefined;
  readonly #body: Body;

  private constructor(client: MyoClient, created: ReplyOf<"agent.create">, body: Body, env?: RemoteVectorEnv) {
    this.#client = client;
    this.handle = created.a;
    this.config = created.config;
    this.#body = body;
    this.#env = env;
  }

  /** @throws MyoError AGENT_UNKNOWN, BAD_OPTIONS or CAPACITY. */
  static async forSession(
    client: MyoClient,
    algo: string,
    env: RemoteVectorEnv,
    options: AgentOptions = {},
  ): Promise<RemoteAgent> {
    const created = await client.request("agent.create", { algo, s: env.session, ...options });
    const body = { obsSpace: env.spec.obs_space, actSpace: env.spec.act_space, numEnvs: env.numEnvs };
    return new RemoteAgent(client, created, body, env);
  }

  /** @throws MyoError AGENT_UNKNOWN, BAD_OPTIONS or CAPACITY. */
  static async forBody(client: MyoClient, algo: string, body: Body, options: AgentOptions = {}): Promise<RemoteAgent> {
    const spaces = { obs_space: body.obsSpace, act_space: body.actSpace, num_envs: body.numEnvs ?? 1 };
    return new RemoteAgent(client, await client.request("agent.create", { algo, spaces, ...options }), body);
  }

  /** @param started [N] 1 where an episode starts anew. @returns actions [N, size]. */
  async act(obs: Buffers, mode: ActMode = "explore", started?: Uint8Array): Promise<Buffers> {
    const { obsSpace, numEnvs = 1 } = this.#body;
    const reply = await this.#client.request("agent.act", {
      a: this.handle,
      obs: toWire(layoutOf(obsSpace).buffers, numEnvs, obs, "the observation"),
      mode,
      ...(started === undefined ? {} : { mask_reset: toNdArray("|b1", [started.length], started) }),
    });
    return fromWire(reply.action);
  }

  /** Lets the agent drive its session for `steps` vector steps inside the server. @returns the job. */
  async run(steps: number, options: { seed?: number; mode?: ActMode; learn?: boolean } = {}): Promise<RemoteJob> {
    const s = this.#env?.session;
    if (s === undefined) {
      throw new MyoError("BAD_OPTIONS", "An agent for a body of yours has no session to drive; call act instead.");
    }
    const { job } = await this.#client.request("agent.run", { a: this.handle, s, steps, ...options });
    return new RemoteJob(this.#client, job);
  }

  async save(): Promise<Uint8Array> {
    return (await this.#client.request("agent.save", { a: this.handle })).blob;
  }

  async load(blob: Uint8Array): Promise<void> {
    await this.#client.request("agent.load", { a: this.handle, blob });
  }

  async close(): Promise<void> {
    await this.#client.request("agent.close", { a: this.handle });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Work that goes on inside the server. */
export class RemoteJob {
  readonly handle: string;
  readonly #client: MyoClient;

  constructor(client: MyoClient, handle: string) {
    this.#client = client;
    this.handle = handle;
  }

  async state(): Promise<JobState> {
    return (await this.#client.request("job.get", { job: this.handle })).job;
  }

  async cancel(): Promise<JobState> {
    return (await this.#client.request("job.cancel", { job: this.handle })).job;
  }

  /** The job's last state, once it is done, failed or cancelled. @param onProgress called with each state on the way. */
  async wait(onProgress?: (state: JobState) => void): Promise<JobState> {
    let finish: (state: JobState) => void = () => undefined;
    const finished = new Promise<JobState>((resolve) => {
      finish = resolve;
    });
    const look = (job: JobState): void => {
      if (job.state === "running") onProgress?.(job);
      else finish(job);
    };
    const subscription = await this.#client.subscribe("job", { job: this.handle }, (event) => look(event.job));
    // It may have ended before the stream began.
    look(await this.state());
    const last = await finished;
    await subscription.close();
    return last;
  }
}
