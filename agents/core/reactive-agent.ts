import type { Agent, AgentContext, Metrics } from "../../protocol/agent.ts";
import type { Buffers, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { layoutOf, type SpaceLayout } from "../../protocol/spaces.ts";
import { fingerprintOf, readCheckpoint, writeCheckpoint, type AgentState, type Identity } from "./checkpoint.ts";
import { allocateBatch, assertBatch } from "./spaces.ts";

/** What is special to an agent that acts on the observation at hand and learns nothing from transitions. */
export interface Policy {
  /** Writes the actions of all rows; obs fit the spaces. */
  act(obs: Buffers, action: Buffers): void;
  /** An episode starts anew in this row. */
  resetRow(row: number): void;
  /** Live arrays and streams: a checkpoint copies them, a restore writes into them. */
  readonly state: AgentState;
}

/** The Agent contract around a policy: checks, batches, masks, checkpoints. */
export class ReactiveAgent implements Agent {
  readonly #policy: Policy;
  readonly #identity: Identity;
  readonly #obs: SpaceLayout;
  readonly #action: SpaceLayout;

  /** @param config the keys a checkpoint must agree in. */
  constructor(algo: string, context: AgentContext, config: JsonObject, policy: Policy) {
    const { spec, numEnvs } = context;
    this.#policy = policy;
    this.#obs = layoutOf(spec.obs_space);
    this.#action = layoutOf(spec.act_space);
    const sizes = [this.#obs, this.#action].map(({ buffers }) => buffers.map(({ dtype, size }) => [dtype, size]));
    this.#identity = { algo, numEnvs, fingerprint: fingerprintOf({ config, sizes }) };
  }

  act(obs: Buffers): Buffers {
    const { algo, numEnvs } = this.#identity;
    assertBatch(this.#obs, obs, numEnvs, `obs of ${algo}`);
    const action = allocateBatch(this.#action, numEnvs);
    this.#policy.act(obs, action);
    return action;
  }

  observe(): void {
    // Nothing is learnt from transitions.
  }

  update(): Promise<Metrics> {
    return Promise.resolve({});
  }

  reset(mask: Uint8Array): void {
    const { algo, numEnvs } = this.#identity;
    if (mask.length !== numEnvs) {
      throw new MyoError(
        "BAD_OPTIONS",
        `The reset mask of ${algo} must have one element a row, ${numEnvs}, but ${mask.length} came; send zeros for rows that go on.`,
      );
    }
    for (let row = 0; row < numEnvs; row++) if (mask[row]) this.#policy.resetRow(row);
  }

  checkpoint(): Promise<Uint8Array> {
    return Promise.resolve(writeCheckpoint(this.#identity, this.#policy.state));
  }

  restore(data: Uint8Array): Promise<void> {
    // Inside `then`, so that a refusal rejects the promise.
    return Promise.resolve().then(() => readCheckpoint(data, this.#identity, this.#policy.state));
  }

  [Symbol.dispose](): void {
    // Plain memory: nothing to give back.
  }
}
