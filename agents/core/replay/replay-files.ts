import { createHash } from "node:crypto";
import { open, readdir, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../durable.ts";
import { SegmentPicture } from "./segment-picture.ts";
import {
  checkSegment,
  encodeHeader,
  isSegmentName,
  readFully,
  refuse,
  segmentName,
  SLICE_BYTES,
  type ReplayLayout,
  type Segment,
} from "./segment.ts";
import type { TransitionRing } from "./transition-ring.ts";

/** Where a file grows until it is whole. */
const TEMPORARY = "segment.tmp";

/** A file that is part of the replay. */
type SavedSegment = Pick<Segment, "name" | "to">;

/** Write the picture's slices, one turn of the event loop each; returns the digest. */
async function writePicture(handle: FileHandle, head: Uint8Array, picture: SegmentPicture): Promise<Uint8Array> {
  const hash = createHash("sha256").update(head).update(picture.patch);
  await handle.writeFile(head);
  await handle.writeFile(picture.patch);
  const slice = new Uint8Array(SLICE_BYTES);
  for (let length = picture.fill(slice); length > 0; length = picture.fill(slice)) {
    const part = slice.subarray(0, length);
    const written = handle.writeFile(part);
    hash.update(part);
    await written;
  }
  const digest = hash.digest();
  await handle.writeFile(digest);
  return digest;
}

/** Keeps a ring in files that only ever come to be and go: each save adds one with what changed since the last. */
export class ReplayFiles {
  readonly #ring: TransitionRing;
  readonly #layout: ReplayLayout;
  #folder: string | null = null;
  #saved: readonly SavedSegment[] = [];
  #picture: SegmentPicture | null = null;

  constructor(ring: TransitionRing, returns: Pick<ReplayLayout, "nSteps" | "discount">) {
    this.#ring = ring;
    const { recordBytes, foldedBytes } = ring;
    this.#layout = { ...ring.shape, ...returns, recordBytes, foldedBytes };
  }

  /** To be called before a step is stored, which overwrites the oldest and folds into the newest n - 1 ones. */
  beforePush(): void {
    if (this.#picture === null) return;
    const { stored, shape } = this.#ring;
    this.#picture.keep(stored - shape.rows);
    for (let lag = 1; lag < this.#layout.nSteps; lag++) this.#picture.keep(stored - lag);
  }

  #assertIdle(): void {
    if (this.#picture !== null) throw new Error("A save of this replay is under way; await it before the next call.");
  }

  /** The replay as it is at the call, whatever is stored meanwhile. @throws Error where a save is under way. */
  async save(folder: string): Promise<readonly string[]> {
    this.#assertIdle();
    const earlier = this.#folder === folder ? this.#saved : [];
    const alive = earlier.filter(({ to }) => to > this.#ring.oldest);
    const last = alive.at(-1);
    const from = last?.to ?? this.#ring.oldest;
    if (from < this.#ring.stored) {
      const folded = last === undefined ? 0 : this.#layout.nSteps - 1;
      this.#picture = new SegmentPicture(this.#ring, { patchFrom: Math.max(this.#ring.oldest, from - folded), from });
      try {
        alive.push(await this.#write(folder, this.#picture, last?.name ?? null));
      } finally {
        this.#picture = null;
      }
    }
    this.#folder = folder;
    this.#saved = alive;
    return alive.map(({ name }) => name);
  }

  async #write(folder: string, picture: SegmentPicture, previous: string | null): Promise<SavedSegment> {
    const { patchFrom, from, to } = picture;
    const head = encodeHeader({ layout: this.#layout, previous, patchFrom, from, to });
    let name = "";
    await replaceFile(
      join(folder, TEMPORARY),
      () => join(folder, name),
      async (handle) => {
        name = segmentName(picture, await writePicture(handle, head, picture));
      },
    );
    return { name, to };
  }

  /** All of the files or, where one is refused, none of them. Nothing may be stored meanwhile. */
  async load(folder: string, files: readonly string[]): Promise<void> {
    this.#assertIdle();
    const segments: Segment[] = [];
    for (const name of files) segments.push(await checkSegment(folder, name, this.#layout, segments.at(-1)));
    const [first] = segments;
    const stored = segments.at(-1)?.to ?? 0;
    const oldest = Math.max(0, stored - this.#ring.shape.rows);
    if (first !== undefined && first.from > oldest) {
      refuse(first.name, `the file with the steps from ${oldest} is not named; name all that the checkpoint lists`);
    }
    this.#ring.stored = 0;
    for (const segment of segments) await this.#read(join(folder, segment.name), segment, oldest);
    this.#ring.stored = stored;
    this.#folder = folder;
    this.#saved = segments;
  }

  /** The steps of a file that are not overwritten, `oldest` and later. */
  async #read(path: string, segment: Segment, oldest: number): Promise<void> {
    const { bodyAt, patchFrom, from, to } = segment;
    const { recordBytes, foldedBytes } = this.#layout;
    const recordsAt = bodyAt + (from - patchFrom) * foldedBytes;
    const handle = await open(path, "r");
    try {
      const head = new Uint8Array(foldedBytes);
      for (let t = Math.max(patchFrom, oldest); t < from; t++) {
        if (!(await readFully(handle, bodyAt + (t - patchFrom) * foldedBytes, head)))
          throw new Error(`${path} shrank.`);
        this.#ring.writeRecord(t, 0, head);
      }
      const slice = new Uint8Array(Math.min(recordBytes, SLICE_BYTES));
      for (let t = Math.max(from, oldest); t < to; t++) {
        for (let at = 0; at < recordBytes; at += slice.length) {
          const part = slice.subarray(0, Math.min(slice.length, recordBytes - at));
          if (!(await readFully(handle, recordsAt + (t - from) * recordBytes + at, part)))
            throw new Error(`${path} shrank.`);
          this.#ring.writeRecord(t, at, part);
        }
      }
    } finally {
      await handle.close();
    }
  }
}

/** Delete the replay files of a folder that no kept list names; not while a save into it is under way. */
export async function pruneReplay(
  folder: string,
  kept: Iterable<readonly string[]>,
  remove: (path: string) => Promise<void> = (path) => rm(path, { force: true }),
): Promise<void> {
  const wanted = new Set([...kept].flat());
  for (const name of await readdir(folder)) {
    if (wanted.has(name) || !(isSegmentName(name) || name === TEMPORARY)) continue;
    await remove(join(folder, name));
  }
}
