import type { Buffers, Snapshot } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { bytesBorrow } from "../../protocol/ndarray.ts";

/*
 * Little endian: "MYOE", u32 version, u32 buffers B, u32 rows N, then B + N times u32 length, then the bytes of the
 * observation buffers and of the snapshots, one after the other. The folder of a checkpoint vouches for the whole.
 */
const MAGIC = 0x454f_594d;
const VERSION = 1;
const HEAD = 16;
const WORD = 4;

/** Where all rows stand. */
export interface EnvState {
  /** Bytes of each observation buffer [N, size]: what the next action is chosen from. */
  readonly obs: readonly Uint8Array[];
  /** One a row. */
  readonly rows: readonly Snapshot[];
}

export function writeEnvState(obs: Buffers, rows: readonly Snapshot[]): Uint8Array {
  const parts = [...obs.map(bytesBorrow), ...rows];
  const start = HEAD + parts.length * WORD;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, start));
  const view = new DataView(bytes.buffer);
  [MAGIC, VERSION, obs.length, rows.length].forEach((word, i) => view.setUint32(i * WORD, word, true));
  let at = start;
  parts.forEach((part, i) => {
    view.setUint32(HEAD + i * WORD, part.byteLength, true);
    bytes.set(part, at);
    at += part.byteLength;
  });
  return bytes;
}

function refuse(): never {
  throw new MyoError("BAD_OPTIONS", "envs.bin of the checkpoint is none of this version; resume from another.");
}

/** @throws MyoError BAD_OPTIONS for bytes of another kind. */
export function readEnvState(bytes: Uint8Array): EnvState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD || view.getUint32(0, true) !== MAGIC || view.getUint32(WORD, true) !== VERSION) refuse();
  const [buffers, rows] = [view.getUint32(2 * WORD, true), view.getUint32(3 * WORD, true)];
  const count = buffers + rows;
  let at = HEAD + count * WORD;
  if (at > bytes.length) refuse();
  const parts = Array.from({ length: count }, (_, i) => {
    const length = view.getUint32(HEAD + i * WORD, true);
    return bytes.slice(at, (at += length));
  });
  if (at !== bytes.length) refuse();
  return { obs: parts.slice(0, buffers), rows: parts.slice(buffers) };
}
