import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { bytesBorrow, DTYPES, type Dtype, type NumericArray } from "../../protocol/ndarray.ts";
import { createRng, type Rng, type RngState } from "../../protocol/random/generator.ts";

/*
 * Little endian:
 *   0  "MYOA"
 *   4  u32 format
 *   8  u32 bytes of the header
 *  12  header, UTF-8 JSON
 *  …   the arrays in the header's order, each at the next multiple of 8
 *  …   sha256 of all before it, 32 bytes
 */
const MAGIC = "MYOA";
const FORMAT = 1;
const HEADER_AT = 12;
const ALIGNMENT = 8;
const DIGEST_BYTES = 32;

/** Everything an agent must carry over; restoring writes into these very arrays and streams. */
export interface AgentState {
  readonly arrays: Readonly<Record<string, NumericArray>>;
  readonly streams: readonly Rng[];
}

/** Which agent a checkpoint belongs to. */
export interface Identity {
  readonly algo: string;
  readonly numEnvs: number;
  /** Of config and spaces, see `fingerprintOf`. */
  readonly fingerprint: string;
}

interface ArrayEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly length: number;
}

interface Header extends Identity {
  readonly arrays: readonly ArrayEntry[];
  readonly streams: readonly RngState[];
}

function sorted(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted);
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}

/** sha256 of a value, whatever the order of its keys. */
export function fingerprintOf(value: JsonObject): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex");
}

const digestOf = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

const aligned = (offset: number): number => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;

function dtypeOf(array: NumericArray): Dtype {
  const names = Object.keys(DTYPES) as Dtype[];
  const dtype = names.find((name) => name !== "|b1" && array instanceof DTYPES[name].make);
  if (dtype === undefined) throw new TypeError(`No dtype for ${array.constructor.name}.`);
  return dtype;
}

function entriesOf(state: AgentState): ArrayEntry[] {
  return Object.entries(state.arrays).map(([name, array]) => ({ name, dtype: dtypeOf(array), length: array.length }));
}

/** A state as bytes. */
export function writeCheckpoint(identity: Identity, state: AgentState): Uint8Array {
  const { algo, numEnvs, fingerprint } = identity;
  const streams = state.streams.map((stream) => stream.save());
  const header: Header = { algo, numEnvs, fingerprint, arrays: entriesOf(state), streams };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const arrays = Object.values(state.arrays);
  const start = HEADER_AT + text.length;
  const total = arrays.reduce((offset, array) => aligned(offset) + array.byteLength, start);
  const bytes = new Uint8Array(total + DIGEST_BYTES);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, FORMAT, true);
  view.setUint32(8, text.length, true);
  bytes.set(text, HEADER_AT);
  let offset = start;
  for (const array of arrays) {
    offset = aligned(offset);
    bytes.set(bytesBorrow(array), offset);
    offset += array.byteLength;
  }
  bytes.set(digestOf(bytes.subarray(0, total)), total);
  return bytes;
}

function refuse(algo: string, reason: string): never {
  throw new MyoError("BAD_OPTIONS", `This checkpoint cannot be loaded into ${algo}: ${reason}.`);
}

function parseHeader(bytes: Uint8Array, algo: string): { header: Partial<Header>; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_AT || new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) {
    return refuse(algo, "the bytes are not an agent's checkpoint; send what agent.save returned, unchanged");
  }
  const format = view.getUint32(4, true);
  if (format !== FORMAT) return refuse(algo, `its format is ${format}, this server reads ${FORMAT}; save it anew`);
  const body = bytes.subarray(0, Math.max(0, bytes.length - DIGEST_BYTES));
  if (!digestOf(body).equals(bytes.subarray(body.length))) {
    return refuse(algo, "it is cut short or damaged; send what agent.save returned, unchanged");
  }
  const end = HEADER_AT + view.getUint32(8, true);
  let header: unknown = null;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_AT, end)));
  } catch {
    // Handled with every other header that is no map.
  }
  if (end > body.length || typeof header !== "object" || header === null) {
    return refuse(algo, "its header is no map; send what agent.save returned, unchanged");
  }
  return { header, end };
}

function checkIdentity(header: Partial<Header>, identity: Identity): void {
  const { algo, numEnvs, fingerprint } = identity;
  if (header.algo !== algo) refuse(algo, `it is one of ${header.algo ?? "nothing"}; create that agent`);
  if (header.numEnvs !== numEnvs) {
    refuse(algo, `it has ${header.numEnvs ?? 0} rows and the agent ${numEnvs}; create the agent for as many rows`);
  }
  if (header.fingerprint !== fingerprint) {
    refuse(algo, "it was saved with another config or other spaces; create the agent as it was when saved");
  }
}

/** The saved states, tried on spare streams first, so that a damaged one leaves the agent as it was. */
function parseStreams(header: Partial<Header>, count: number, algo: string): RngState[] {
  const states: unknown = header.streams;
  if (!Array.isArray(states) || states.length !== count) {
    return refuse(algo, "its random streams are missing; save it anew");
  }
  const typed = states as RngState[];
  try {
    for (const state of typed) createRng(0).load(state);
  } catch {
    return refuse(algo, "its random streams are damaged; send what agent.save returned, unchanged");
  }
  return typed;
}

/**
 * Continue from a checkpoint: all of the state or, on error, none of it.
 * @throws MyoError BAD_OPTIONS for bytes of another kind, format, algorithm, number of rows, config or space.
 */
export function readCheckpoint(bytes: Uint8Array, identity: Identity, state: AgentState): void {
  const { algo } = identity;
  const { header, end } = parseHeader(bytes, algo);
  checkIdentity(header, identity);
  const streams = parseStreams(header, state.streams.length, algo);
  const arrays = Object.values(state.arrays);
  const total = arrays.reduce((offset, array) => aligned(offset) + array.byteLength, end);
  if (JSON.stringify(header.arrays) !== JSON.stringify(entriesOf(state)) || bytes.length !== total + DIGEST_BYTES) {
    refuse(algo, "its arrays do not fit: another version of the agent wrote it, or it was changed; save it anew");
  }
  let offset = end;
  for (const array of arrays) {
    offset = aligned(offset);
    bytesBorrow(array).set(bytes.subarray(offset, offset + array.byteLength));
    offset += array.byteLength;
  }
  state.streams.forEach((stream, i) => {
    const saved = streams[i];
    if (saved !== undefined) stream.load(saved);
  });
}
