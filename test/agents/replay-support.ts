import type { NStepReplay } from "../../agents/core/replay/n-step-replay.ts";
import type { ReplayBatch, ReplayStep } from "../../agents/core/replay/replay.ts";
import { createRng, type Rng } from "../../protocol/random/generator.ts";

export interface Sizes {
  readonly numEnvs: number;
  readonly obsSize: number;
  readonly actionSize: number;
}

/** What happens to a row at a step: the episode goes on, terminates or is truncated. */
export type Fate = "on" | "terminated" | "truncated";

/** A vector step whose numbers are all different, so that a mixed-up place shows. */
export function stepOf(sizes: Sizes, t: number, fates: readonly Fate[], rng: Rng = createRng(t)): ReplayStep {
  const { numEnvs, obsSize, actionSize } = sizes;
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => rng.standardNormal());
  return {
    obs: draw(numEnvs * obsSize),
    action: draw(numEnvs * actionSize),
    nextObs: draw(numEnvs * obsSize),
    reward: Float64Array.from({ length: numEnvs }, () => rng.standardNormal()),
    terminated: Uint8Array.from(fates, (fate) => Number(fate === "terminated")),
    ended: Uint8Array.from(fates, (fate) => Number(fate !== "on")),
    source: Uint8Array.from({ length: numEnvs }, () => rng.integers(0, 2)),
  };
}

export function batchOf(size: number, { obsSize, actionSize }: Omit<Sizes, "numEnvs">): ReplayBatch {
  return {
    obs: new Float32Array(size * obsSize),
    action: new Float32Array(size * actionSize),
    nextObs: new Float32Array(size * obsSize),
    reward: new Float32Array(size),
    discount: new Float32Array(size),
    index: new Uint32Array(size),
  };
}

/** All transitions in order of their place. */
export function contents(replay: NStepReplay): ReplayBatch & { source: Uint8Array; stored: number } {
  const batch = batchOf(replay.size, replay.ring.shape);
  batch.index.forEach((_, place) => (batch.index[place] = place));
  replay.gather(batch);
  return { ...batch, source: replay.ring.source.slice(0, replay.size), stored: replay.ring.stored };
}
