import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { MyoError } from "../../../protocol/errors.ts";

/*
 * A file of a replay, little endian:
 *   0  "MYOR"
 *   4  u32 format
 *   8  u32 bytes of the header
 *  12  header, UTF-8 JSON: SegmentHeader
 *  …   heads of the records [patchFrom, from), which later rewards have changed
 *  …   records [from, to)
 *  …   sha256 of all before it, 32 bytes
 */
const MAGIC = "MYOR";
const FORMAT = 1;
export const HEADER_AT = 12;
export const DIGEST_BYTES = 32;
const MAX_HEADER_BYTES = 2 ** 16;
/** Bytes between two turns of the event loop: about 1 ms to copy and digest. */
export const SLICE_BYTES = 2 ** 20;
const NAME = /^segment-\d{12}-\d{12}-[0-9a-f]{16}\.bin$/;

/** What all files of a replay have in common. */
export interface ReplayLayout {
  readonly rows: number;
  readonly numEnvs: number;
  readonly obsSize: number;
  readonly actionSize: number;
  readonly nSteps: number;
  readonly discount: number;
  readonly recordBytes: number;
  readonly foldedBytes: number;
}

/** Vector steps of one file, numbered from the first one ever stored. */
export interface SegmentRange {
  readonly patchFrom: number;
  readonly from: number;
  readonly to: number;
}

export interface SegmentHeader extends SegmentRange {
  readonly layout: ReplayLayout;
  /** Name of the file that holds the steps before `from`; null where none is needed. */
  readonly previous: string | null;
}

/** A file that passed all checks. */
export interface Segment extends SegmentRange {
  readonly name: string;
  /** Offset of the patch in the file, bytes. */
  readonly bodyAt: number;
}

export const isSegmentName = (name: string): boolean => NAME.test(name);

/** Unique by content, so that two histories of one run can share a folder. */
export function segmentName({ from, to }: SegmentRange, digest: Uint8Array): string {
  const step = (t: number): string => String(t).padStart(12, "0");
  return `segment-${step(from)}-${step(to)}-${Buffer.from(digest).toString("hex").slice(0, 16)}.bin`;
}

/** All before the patch. */
export function encodeHeader(header: SegmentHeader): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(HEADER_AT + text.length);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, FORMAT, true);
  view.setUint32(8, text.length, true);
  bytes.set(text, HEADER_AT);
  return bytes;
}

export function refuse(name: string, reason: string): never {
  throw new MyoError("BAD_OPTIONS", `The replay file ${name} cannot be loaded: ${reason}.`);
}

const damaged = (name: string): never => refuse(name, "it is cut short or damaged; resume from an earlier checkpoint");

/** Fill `out` from a place in the file; false where the file ends before. */
export async function readFully(handle: FileHandle, at: number, out: Uint8Array): Promise<boolean> {
  for (let done = 0; done < out.length;) {
    const { bytesRead } = await handle.read(out, done, out.length - done, at + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}

/** The digest at the end of the file is that of all before it. */
async function digestHolds(handle: FileHandle, size: number): Promise<boolean> {
  const hash = createHash("sha256");
  const slice = new Uint8Array(SLICE_BYTES);
  const end = size - DIGEST_BYTES;
  for (let at = 0; at < end; at += SLICE_BYTES) {
    const part = slice.subarray(0, Math.min(SLICE_BYTES, end - at));
    if (!(await readFully(handle, at, part))) return false;
    hash.update(part);
  }
  const stored = new Uint8Array(DIGEST_BYTES);
  return (await readFully(handle, end, stored)) && hash.digest().equals(stored);
}

/** A header of a file whose digest holds; null where it is none all the same. */
function parseHeader(text: Uint8Array): SegmentHeader | null {
  try {
    const header = JSON.parse(new TextDecoder().decode(text)) as Partial<SegmentHeader> | null;
    const { layout, patchFrom = NaN, from = NaN, to = NaN } = header ?? {};
    const whole = [patchFrom, from, to].every((t) => Number.isSafeInteger(t) && t >= 0);
    return whole && patchFrom <= from && from < to && typeof layout === "object" ? (header as SegmentHeader) : null;
  } catch {
    return null;
  }
}

async function readHeader(handle: FileHandle, name: string, size: number): Promise<[SegmentHeader, number]> {
  const prefix = new Uint8Array(HEADER_AT);
  if (size < HEADER_AT + DIGEST_BYTES || !(await readFully(handle, 0, prefix))) return damaged(name);
  if (new TextDecoder().decode(prefix.subarray(0, 4)) !== MAGIC) {
    return refuse(name, "it is no file of a replay; name the files that the checkpoint lists");
  }
  const view = new DataView(prefix.buffer);
  const format = view.getUint32(4, true);
  const length = view.getUint32(8, true);
  if (format !== FORMAT) return refuse(name, `its format is ${format}, this server reads ${FORMAT}; start a new run`);
  if (length > MAX_HEADER_BYTES || !(await digestHolds(handle, size))) return damaged(name);
  const text = new Uint8Array(length);
  if (!(await readFully(handle, HEADER_AT, text))) return damaged(name);
  const header = parseHeader(text);
  return header === null ? damaged(name) : [header, HEADER_AT + length];
}

function checkLayout(name: string, found: ReplayLayout, wanted: ReplayLayout): void {
  for (const key of Object.keys(wanted) as (keyof ReplayLayout)[]) {
    if (found[key] === wanted[key]) continue;
    refuse(name, `its ${key} is ${found[key]} and the replay's ${wanted[key]}; create the agent as it was when saved`);
  }
}

async function openSegment(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return refuse(name, "it is missing; resume from an earlier checkpoint");
  }
}

/**
 * Check a file from end to end.
 * @throws MyoError BAD_OPTIONS where it is missing, damaged, of another replay, or does not follow `previous`.
 */
export async function checkSegment(
  folder: string,
  name: string,
  layout: ReplayLayout,
  previous: Segment | undefined,
): Promise<Segment> {
  if (!isSegmentName(name)) refuse(name, "it is no file of a replay; name the files that the checkpoint lists");
  const handle = await openSegment(join(folder, name), name);
  try {
    const { size } = await handle.stat();
    const [header, bodyAt] = await readHeader(handle, name, size);
    checkLayout(name, header.layout, layout);
    const { patchFrom, from, to } = header;
    const body = (from - patchFrom) * layout.foldedBytes + (to - from) * layout.recordBytes;
    if (size !== bodyAt + body + DIGEST_BYTES) damaged(name);
    if (previous !== undefined && (header.previous !== previous.name || from !== previous.to)) {
      refuse(name, `it does not follow ${previous.name}; name the files that the checkpoint lists, in their order`);
    }
    return { name, bodyAt, patchFrom, from, to };
  } finally {
    await handle.close();
  }
}
