import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import type { ActionProposal } from "./exploration.ts";
import type { NoiseProcess } from "./noise.ts";

/** Independent standard normals. */
export class WhiteNoise implements NoiseProcess {
  readonly wantsLatent = false;
  readonly state: AgentState;
  readonly #streams: readonly Rng[];

  constructor(streams: readonly Rng[]) {
    this.#streams = streams;
    this.state = { arrays: {}, streams };
  }

  next(row: number, _proposal: ActionProposal, out: Float32Array): void {
    const stream = this.#streams[row];
    for (let i = 0; i < out.length; i++) out[i] = stream?.standardNormal() ?? 0;
  }

  resetRow(): void {
    // White noise has no past.
  }
}
