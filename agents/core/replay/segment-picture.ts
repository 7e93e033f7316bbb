import type { SegmentRange } from "./segment.ts";
import type { TransitionRing } from "./transition-ring.ts";

/**
 * The steps [from, stored) of a ring as they are when the picture is made, read from the oldest on while storing goes
 * on: a step that is about to be overwritten before it was read is copied aside.
 */
export class SegmentPicture implements SegmentRange {
  readonly patchFrom: number;
  readonly from: number;
  readonly to: number;
  /** Heads of the records [patchFrom, from). */
  readonly patch: Uint8Array;
  readonly #ring: TransitionRing;
  /** Records of steps that have changed or may change in the ring. */
  readonly #aside = new Map<number, Uint8Array>();
  /** Bytes of the records that were read. */
  #position = 0;

  /** @param range `from`: first step not saved yet; `patchFrom`: first saved one that was folded since */
  constructor(ring: TransitionRing, { patchFrom, from }: Omit<SegmentRange, "to">) {
    this.#ring = ring;
    this.patchFrom = patchFrom;
    this.from = from;
    this.to = ring.stored;
    const { foldedBytes } = ring;
    this.patch = new Uint8Array((from - patchFrom) * foldedBytes);
    for (let t = patchFrom; t < from; t++) {
      const at = (t - patchFrom) * foldedBytes;
      ring.readRecord(t, 0, this.patch.subarray(at, at + foldedBytes));
    }
  }

  /** First step that was not read to its end. */
  get #next(): number {
    return this.from + Math.floor(this.#position / this.#ring.recordBytes);
  }

  /** Step t is about to change. */
  keep(t: number): void {
    if (t < this.#next || t >= this.to || this.#aside.has(t)) return;
    const record = new Uint8Array(this.#ring.recordBytes);
    this.#ring.readRecord(t, 0, record);
    this.#aside.set(t, record);
  }

  /** The next bytes of the records; returns how many, 0 at the end. */
  fill(out: Uint8Array): number {
    const { recordBytes } = this.#ring;
    let done = 0;
    while (done < out.length && this.#next < this.to) {
      const t = this.#next;
      const from = this.#position % recordBytes;
      const part = out.subarray(done, Math.min(out.length, done + recordBytes - from));
      this.#copy(t, from, part);
      done += part.length;
      this.#position += part.length;
      if (t < this.#next) this.#aside.delete(t);
    }
    return done;
  }

  #copy(t: number, from: number, out: Uint8Array): void {
    const aside = this.#aside.get(t);
    if (aside === undefined) this.#ring.readRecord(t, from, out);
    else out.set(aside.subarray(from, from + out.length));
  }
}
