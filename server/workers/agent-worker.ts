/** Entry of the agent worker thread: hosts agents, one request of an agent at a time, those of others between gradient steps. */
import { parentPort } from "node:worker_threads";
import { findAgent } from "../../agents/registry.ts";
import type { Agent } from "../../protocol/agent.ts";
import { MyoError } from "../../protocol/errors.ts";
import type { AgentAnswer, AgentMessage, AgentOperationName, AgentReply, AgentRequest } from "./agent-control.ts";
import { SlabDriver } from "./slab-driver.ts";

/** An agent and the work that waits for it. */
interface Hosted {
  readonly agent: Agent;
  tail: Promise<unknown>;
  /** Gradient steps are to end: asked between two of them. */
  interrupted: boolean;
}

class AgentHost {
  readonly #agents = new Map<string, Hosted>();
  readonly #drivers = new Map<string, SlabDriver>();

  readonly #operations: {
    readonly [T in AgentOperationName]: (request: AgentRequest<T>) => Promise<AgentReply<T>> | AgentReply<T>;
  } = {
    create: async ({ a, algo, config, context }) => {
      const agent = await findAgent(algo).create(context, config);
      this.#agents.set(a, { agent, tail: Promise.resolve(), interrupted: false });
      return null;
    },
    act: ({ a, obs, mode, mask }) => {
      const { agent } = this.#hosted(a);
      if (mask !== null) agent.reset(mask);
      return agent.act(obs, mode);
    },
    observe: ({ a, batch }) => {
      const hosted = this.#hosted(a);
      hosted.agent.observe(batch);
      return hosted.agent.update(() => hosted.interrupted);
    },
    save: ({ a }) => this.#hosted(a).agent.checkpoint(),
    load: async ({ a, data }) => {
      await this.#hosted(a).agent.restore(data);
      return null;
    },
    interrupt: ({ a }) => {
      this.#hosted(a).interrupted = false;
      return null;
    },
    close: ({ a }) => {
      this.#agents.get(a)?.agent[Symbol.dispose]();
      this.#agents.delete(a);
      return null;
    },
    drive: (request) => {
      const hosted = this.#hosted(request.a);
      this.#drivers.set(request.job, new SlabDriver(hosted.agent, request, () => hosted.interrupted));
      return null;
    },
    driveAct: async ({ job, mask }) => {
      await this.#driver(job).act(mask);
      return null;
    },
    driveMetrics: ({ job }) => this.#driver(job).metrics(),
    driveEnd: ({ job }) => {
      this.#drivers.delete(job);
      return null;
    },
  };

  /** Run after what the agent already does. */
  async handle<T extends AgentOperationName>({ id, op, request }: AgentMessage<T>): Promise<AgentAnswer> {
    const hosted = this.#agents.get(request.a);
    const before = hosted?.tail ?? Promise.resolve();
    // At once for what is under way and what waits before it; its turn ends it.
    if (hosted !== undefined && (op === "interrupt" || op === "close")) hosted.interrupted = true;
    const work = before.then(() => this.#operations[op](request));
    if (hosted !== undefined) hosted.tail = work.catch(() => undefined);
    try {
      return { id, value: await work };
    } catch (error) {
      const code = error instanceof MyoError ? error.code : "INTERNAL";
      return { id, code, message: error instanceof Error ? error.message : String(error) };
    }
  }

  #hosted(a: string): Hosted {
    const hosted = this.#agents.get(a);
    if (hosted !== undefined) return hosted;
    throw new MyoError("NOT_FOUND", `There is no agent "${a}", or it was closed; create a new one.`);
  }

  #driver(job: string): SlabDriver {
    const driver = this.#drivers.get(job);
    if (driver !== undefined) return driver;
    throw new MyoError("NOT_FOUND", `No agent drives job "${job}" any more.`);
  }
}

function main(): void {
  const port = parentPort;
  if (port === null) throw new Error("This file is the entry of a worker thread.");
  const host = new AgentHost();
  port.on("message", (message: AgentMessage) => {
    void host.handle(message).then((answer) => port.postMessage(answer));
  });
}

main();
