import type { Rng } from "../../../protocol/random/generator.ts";
import type { AgentState } from "../checkpoint.ts";
import type { ActionProposal } from "./exploration.ts";
import type { NoiseProcess } from "./noise.ts";
import { RowNormals } from "./row-normals.ts";

/** Independent standard normals. */
export class WhiteNoise implements NoiseProcess {
  readonly wantsLatent = false;
  readonly state: AgentState;
  readonly #normals: RowNormals;

  constructor(streams: readonly Rng[]) {
    this.#normals = new RowNormals(streams);
    this.state = { arrays: { normals: this.#normals.state }, streams: [] };
  }

  next(row: number, _proposal: ActionProposal, out: Float32Array): void {
    this.#normals.fill(row, out);
  }

  resetRow(): void {
    // White noise has no past.
  }
}
