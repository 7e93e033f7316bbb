import type { Snapshot } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { newHandle } from "./tokens.ts";

const MAX_SNAPSHOTS = 64;
const MAX_BYTES = 256 * 1024 * 1024;

const bytesOf = (states: readonly Snapshot[]): number => states.reduce((sum, state) => sum + state.byteLength, 0);

/** Snapshots a session keeps; the oldest make room. */
export class SnapshotShelf {
  readonly #kept = new Map<string, readonly Snapshot[]>();
  #bytes = 0;

  /** @returns the handle. */
  add(states: readonly Snapshot[]): string {
    const snap = newHandle("snap");
    this.#kept.set(snap, states);
    this.#bytes += bytesOf(states);
    while (this.#kept.size > 1 && (this.#kept.size > MAX_SNAPSHOTS || this.#bytes > MAX_BYTES)) this.#dropOldest();
    return snap;
  }

  /** @throws MyoError NOT_FOUND */
  get(snap: string): readonly Snapshot[] {
    const states = this.#kept.get(snap);
    if (states !== undefined) return states;
    throw new MyoError(
      "NOT_FOUND",
      `The session keeps its last ${MAX_SNAPSHOTS} snapshots, but "${snap}" is none of them; take a new one.`,
    );
  }

  #dropOldest(): void {
    for (const [snap, states] of this.#kept) {
      this.#kept.delete(snap);
      this.#bytes -= bytesOf(states);
      return;
    }
  }
}
