import type { Agent, Metrics } from "../../protocol/agent.ts";
import type { Buffers } from "../../protocol/env.ts";
import type { NumericArray } from "../../protocol/ndarray.ts";
import { JointCoverage } from "../../agents/core/coverage.ts";
import type { DriveRequest } from "./agent-control.ts";
import { openSlab, TERMINATED, TRUNCATED, type Slab } from "./slab.ts";

function copies(arrays: readonly NumericArray[]): NumericArray[] {
  return arrays.map((array) => array.slice());
}

/** An agent at the controls of a slab: observations out, actions in, coverage counted. */
export class SlabDriver {
  readonly #agent: Agent;
  readonly #request: DriveRequest;
  readonly #stopped: () => boolean;
  readonly #slab: Slab;
  readonly #coverage: JointCoverage;
  /** What the last action was chosen from, where the agent learns. */
  #last: { obs: Buffers; action: Buffers } | null = null;
  #metrics: Metrics = {};

  /** @param stopped asked between gradient steps */
  constructor(agent: Agent, request: DriveRequest, stopped: () => boolean) {
    this.#stopped = stopped;
    this.#agent = agent;
    this.#request = request;
    this.#slab = openSlab(request.shape, request.slab);
    this.#coverage = new JointCoverage(request.joints);
  }

  async act(mask: Uint8Array | null): Promise<void> {
    this.#visit();
    if (this.#last !== null) await this.#learn(this.#last);
    if (mask !== null) this.#agent.reset(mask);
    // Shared memory stays inside the server: an agent gets arrays of its own.
    const obs = copies(this.#slab.obs);
    const action = this.#agent.act(obs, this.#request.mode);
    this.#slab.action.forEach((target, index) => {
      (target as Float32Array).set(action[index] as Float32Array);
    });
    if (this.#request.learn) this.#last = { obs, action };
  }

  metrics(): Record<string, number> {
    this.#visit();
    const metrics: Record<string, number> = { ...this.#metrics };
    const mean = this.#coverage.mean();
    if (!Number.isNaN(mean)) metrics["coverage"] = mean;
    this.#coverage.shares().forEach((share, j) => {
      if (!Number.isNaN(share)) metrics[`coverage.${this.#request.joints[j]?.name ?? j}`] = share;
    });
    return metrics;
  }

  #visit(): void {
    const { joints, shape } = this.#slab;
    for (let row = 0; row < shape.rows; row++) this.#coverage.visit(joints, row * shape.joints);
  }

  async #learn({ obs, action }: { obs: Buffers; action: Buffers }): Promise<void> {
    const { flags, reward } = this.#slab;
    this.#agent.observe({
      obs,
      action,
      reward: reward.slice(),
      terminated: Uint8Array.from(flags, (flag) => flag & TERMINATED),
      truncated: Uint8Array.from(flags, (flag) => (flag & TRUNCATED) >> 1),
      nextObs: this.#nextObs(),
    });
    this.#metrics = await this.#agent.update(this.#stopped);
  }

  /** Rows that were reset in the step itself ended in their last observation. */
  #nextObs(): Buffers {
    const { obs, finalObs, flags, shape } = this.#slab;
    const next = copies(obs);
    if (!shape.final) return next;
    shape.obs.forEach(({ size }, b) => {
      for (let row = 0; row < shape.rows; row++) {
        if (((flags[row] ?? 0) & (TERMINATED | TRUNCATED)) === 0) continue;
        const last = finalObs[b]?.subarray(row * size, (row + 1) * size) as Float32Array;
        (next[b] as Float32Array).set(last, row * size);
      }
    });
    return next;
  }
}
