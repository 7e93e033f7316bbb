import type { ActionProposal, Exploration } from "./exploration.ts";

/** No exploration: the mean acts. */
export class MeanExploration implements Exploration {
  readonly wantsLatent = false;
  readonly state = { arrays: {}, streams: [] };

  act(_obs: Float32Array, { mean }: ActionProposal, action: Float32Array, source: Uint8Array): void {
    action.set(mean);
    source.fill(0);
  }

  observe(): void {
    // Nothing depends on it.
  }

  reset(): void {
    // Nothing is remembered.
  }
}
