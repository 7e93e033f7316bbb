import { randomInt } from "node:crypto";
import type { ActMode, AgentContext, Metrics, TransitionBatch } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { layoutOf } from "../../protocol/spaces.ts";
import { findAgent, resolveConfig } from "../../agents/registry.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../options.ts";
import type { Owner } from "../sessions/session-table.ts";
import { newHandle } from "../sessions/tokens.ts";
import { AgentThread } from "../workers/agent-thread.ts";

/** Seeds of agents whose client gives none; below 2^48 as `randomInt` wants. */
const SEED_RANGE = 2 ** 47;

interface Entry {
  readonly config: JsonObject;
  readonly context: AgentContext;
  readonly algo: string;
  /** Connection that made it; null once that is gone. */
  owner: Owner | null;
  lease: NodeJS.Timeout | null;
}

/** What an agent is made of. */
export interface AgentRequestOptions {
  readonly algo: string;
  readonly preset: string | undefined;
  readonly config: Record<string, unknown> | undefined;
  readonly seed: number | undefined;
  readonly context: Omit<AgentContext, "seed">;
}

/** @throws MyoError BAD_OPTIONS naming the observation groups that are missing and how to get them. */
function assertGroups(algo: string, needed: readonly string[], present: readonly string[]): void {
  const missing = needed.find((group) => !present.includes(group));
  if (missing === undefined) return;
  const keys = [...new Set([...present, ...needed])].map((key) => `"${key}"`).join(", ");
  throw new MyoError(
    "BAD_OPTIONS",
    `${algo} reads the observation group "${missing}", which the session lacks; make the env with obs_keys [${keys}].`,
  );
}

/** What must be equal for an agent to fit: dtypes, sizes and places of groups. */
function fingerprint(spec: AgentContext["spec"]): string {
  const groups = Object.entries(spec.obs_keys).map(([name, { offset, shape }]) => [name, offset, shape]);
  return JSON.stringify([layoutOf(spec.obs_space).buffers, layoutOf(spec.act_space).buffers, groups]);
}

/** The agents of a server; they live in the agent worker. */
export class AgentTable {
  readonly thread: AgentThread;
  readonly #entries = new Map<string, Entry>();
  readonly #settings: Settings;
  readonly #log: Log;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#log = settings.log;
    this.thread = new AgentThread((reason) => {
      this.#log.error({ reason }, "agent worker lost, its agents are gone");
      this.#entries.clear();
    });
  }

  /** @throws MyoError AGENT_UNKNOWN, BAD_OPTIONS, CAPACITY */
  async create(options: AgentRequestOptions, owner: Owner): Promise<{ a: string; config: JsonObject }> {
    if (this.#entries.size >= this.#settings.maxAgents) {
      throw new MyoError("CAPACITY", `The server hosts at most ${this.#settings.maxAgents} agents; close one first.`);
    }
    const definition = findAgent(options.algo);
    const config = resolveConfig(definition, options.preset, options.config);
    const context = { ...options.context, seed: options.seed ?? randomInt(SEED_RANGE) };
    assertGroups(options.algo, definition.needsGroups(config), Object.keys(context.spec.obs_keys));
    const a = newHandle("a");
    this.#entries.set(a, { config, context, algo: options.algo, owner, lease: null });
    try {
      await this.thread.call("create", { a, algo: options.algo, config, context });
    } catch (error) {
      this.#entries.delete(a);
      throw error;
    }
    return { a, config };
  }

  /** What an agent was built for. @throws MyoError NOT_FOUND */
  context(a: string): AgentContext {
    return this.#entry(a).context;
  }

  act(a: string, obs: Buffers, mode: ActMode, mask: Uint8Array | null): Promise<Buffers> {
    this.#use(a);
    return this.thread.call("act", { a, obs, mode, mask });
  }

  observe(a: string, batch: TransitionBatch): Promise<Metrics> {
    this.#use(a);
    return this.thread.call("observe", { a, batch });
  }

  save(a: string): Promise<Uint8Array> {
    this.#use(a);
    return this.thread.call("save", { a });
  }

  async load(a: string, data: Uint8Array): Promise<void> {
    this.#use(a);
    await this.thread.call("load", { a, data });
  }

  /** @throws MyoError NOT_FOUND, BAD_OPTIONS where the session's spaces or groups are not what the agent was built for. */
  assertFits(a: string, spec: AgentContext["spec"], numEnvs: number): void {
    const { context, algo, config } = this.#entry(a);
    if (context.numEnvs !== numEnvs) {
      throw new MyoError(
        "BAD_OPTIONS",
        `The agent was built for ${context.numEnvs} rows, but the session has ${numEnvs}; create one for it.`,
      );
    }
    assertGroups(algo, findAgent(algo).needsGroups(config), Object.keys(spec.obs_keys));
    if (fingerprint(context.spec) === fingerprint(spec)) return;
    throw new MyoError(
      "BAD_OPTIONS",
      "The agent was built for other spaces than the session has; create it with this session.",
    );
  }

  async close(a: string): Promise<void> {
    const entry = this.#entry(a);
    if (entry.lease !== null) clearTimeout(entry.lease);
    this.#entries.delete(a);
    await this.thread.call("close", { a });
  }

  /** A connection is gone: its agents end with their lease unless somebody uses them. */
  orphan(owner: Owner): void {
    for (const [a, entry] of this.#entries) {
      if (entry.owner !== owner) continue;
      entry.owner = null;
      this.#startLease(a, entry);
    }
  }

  #startLease(a: string, entry: Entry): void {
    if (entry.lease !== null) clearTimeout(entry.lease);
    entry.lease = setTimeout(() => {
      this.#log.info({ a }, "lease ended, agent closed");
      void this.close(a).catch(() => undefined);
    }, this.#settings.leaseMs);
    entry.lease.unref();
  }

  #use(a: string): void {
    const entry = this.#entry(a);
    if (entry.owner === null) this.#startLease(a, entry);
  }

  #entry(a: string): Entry {
    const entry = this.#entries.get(a);
    if (entry !== undefined) return entry;
    throw new MyoError("NOT_FOUND", `There is no agent "${a}", or it was closed; create a new one.`);
  }
}
