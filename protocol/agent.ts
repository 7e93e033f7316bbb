import type { Buffers, EnvSpec, JsonObject } from "./env.ts";

/** explore: with exploration noise; exploit: the policy's best action. */
export const ACT_MODES = ["explore", "exploit"] as const;
export type ActMode = (typeof ACT_MODES)[number];

/** What an agent is built for: the spaces and names of N rows. */
export interface AgentContext {
  readonly spec: Pick<EnvSpec, "obs_space" | "act_space" | "obs_keys" | "dt" | "actuators">;
  readonly numEnvs: number;
  readonly seed: number;
}

/** A batch of transitions; every array is [N, …]. */
export interface TransitionBatch {
  readonly obs: Buffers;
  readonly action: Buffers;
  readonly reward: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly nextObs: Buffers;
}

export type Metrics = Readonly<Record<string, number>>;

/** Sees a batch [N, …] always; N = 1 is a case of it. Recurrent state is per row, reset by mask. */
export interface Agent extends Disposable {
  /** Actions of all rows, owned by the caller. @throws MyoError BAD_OPTIONS when obs do not fit the spaces. */
  act(obs: Buffers, mode: ActMode): Buffers;
  observe(transitions: TransitionBatch): void;
  /**
   * The gradient steps that are due. Between two of them the thread serves others, but nobody calls this agent.
   * @param stopped asked between two; what is left is done by the next call, bit for bit as in one.
   */
  update(stopped?: () => boolean): Promise<Metrics>;
  /** @param mask [N] 1 where an episode starts anew. */
  reset(mask: Uint8Array): void;
  /** Everything needed to continue bit for bit. */
  checkpoint(): Promise<Uint8Array>;
  restore(data: Uint8Array): Promise<void>;
}

/** A named array of a policy, row-major. */
export interface PolicyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What playing a policy needs: no replay, optimisers or targets. */
export interface PolicyExport {
  /** Algorithm, spaces, observation layout, network sizes, what happens to the outputs. */
  readonly meta: JsonObject;
  readonly arrays: Readonly<Record<string, PolicyArray>>;
}

/**
 * An agent that learns: `observe` stores, `update` does the gradient steps that are due. `checkpoint` holds everything
 * but the replay, which is large and written piece by piece.
 */
export interface Learner extends Agent {
  /** Environment steps of all rows and gradient steps so far. */
  readonly progress: { readonly envSteps: number; readonly updates: number };
  /** Matrix library that its numbers depend on; null: none. */
  readonly library: string | null;
  policy(): PolicyExport;
  /**
   * Replay written since the last call as files of the folder, those there stay; returns the names of all files that
   * together hold the replay now. Nothing of an earlier list changes, so that a crash between two calls loses nothing.
   */
  saveReplay(folder: string): Promise<readonly string[]>;
  /** @throws MyoError BAD_OPTIONS for files that are damaged or of another shape. */
  loadReplay(folder: string, files: readonly string[]): Promise<void>;
}

/** What every entry of the agent registry says of itself. */
interface Definition {
  readonly id: string;
  readonly title: string;
  /** JSON schema of the config; unknown keys are refused. */
  readonly configSchema: JsonObject;
  readonly defaults: JsonObject;
  readonly presets: Readonly<Record<string, JsonObject>>;
  /** Observation groups the agent reads; the session must be made with them in `obs_keys`. */
  readonly needsGroups: (config: JsonObject) => readonly string[];
}

/** An agent that acts and learns nothing. */
export interface ActorDefinition extends Definition {
  readonly learns?: false;
  create(context: AgentContext, config: JsonObject): Agent;
}

/** An agent that learns; making one may load a matrix library. */
export interface LearnerDefinition extends Definition {
  readonly learns: true;
  create(context: AgentContext, config: JsonObject): Promise<Learner>;
}

/** One entry of the agent registry. */
export type AgentDefinition = ActorDefinition | LearnerDefinition;
