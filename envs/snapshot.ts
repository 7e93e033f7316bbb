import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../protocol/env.ts";
import { MyoError } from "../protocol/errors.ts";
import { bytesBorrow } from "../protocol/ndarray.ts";
import { MODEL_FIELDS, type FieldValues, type ModelField, type Physics } from "./engine/physics.ts";

/** Version of the byte layout below. */
const FORMAT = 2;
/** Bytes at the end: the start of the SHA-256 of all before them, so that a damaged snapshot is refused. */
const SEAL = 8;
/** Arrays start at multiples of this many bytes. */
const ALIGNMENT = 8;

/** Where a snapshot fits: another engine or model would continue it differently. */
export interface SnapshotHome {
  readonly id: string;
  readonly engine: string;
  readonly model: string;
}

const FIELD_TYPES = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array } as const;
type FieldType = keyof typeof FIELD_TYPES;

const typeOf = (values: FieldValues): FieldType => {
  if (values instanceof Float64Array) return "f8";
  if (values instanceof Float32Array) return "f4";
  return values instanceof Int32Array ? "i4" : "u1";
};

interface EditHeader {
  readonly field: ModelField;
  readonly type: FieldType;
  readonly length: number;
}

interface Header {
  readonly format: number;
  readonly home: SnapshotHome;
  readonly stateLength: number;
  readonly edits: readonly EditHeader[];
  readonly meanInertia: number | null;
  readonly row: JsonObject;
}

const aligned = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function sealOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest().subarray(0, SEAL);
}

/** A row as bytes: `u4` header length, JSON header, 8-byte aligned arrays (mj state, edited model fields), seal. */
export function encodeSnapshot(home: SnapshotHome, p: Physics, row: JsonObject): Uint8Array {
  const state = new Float64Array(p.stateSize());
  p.getState(state);
  const edits = [...p.edits];
  const header: Header = {
    format: FORMAT,
    home,
    stateLength: state.length,
    edits: edits.map(([field, values]) => ({
      field,
      type: typeOf(values),
      length: values.length,
    })),
    meanInertia: p.meanInertia,
    row,
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const arrays = [state, ...edits.map(([, values]) => values)];
  const start = aligned(4 + text.length);
  const size = arrays.reduce((sum, array) => sum + aligned(array.byteLength), start);
  const bytes = new Uint8Array(size + SEAL);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = start;
  for (const array of arrays) {
    bytes.set(bytesBorrow(array), at);
    at += aligned(array.byteLength);
  }
  bytes.set(sealOf(bytes.subarray(0, size)), size);
  return bytes;
}

function malformed(): MyoError {
  return new MyoError(
    "BAD_OPTIONS",
    "The snapshot is not one of this server; restore bytes that env.snapshot returned.",
  );
}

function readHeader(bytes: Uint8Array): { header: Header; start: number } {
  if (bytes.length < 4 + SEAL) throw malformed();
  const content = bytes.subarray(0, -SEAL);
  if (Buffer.compare(sealOf(content), bytes.subarray(-SEAL)) !== 0) throw malformed();
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (4 + length > bytes.length) throw malformed();
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  } catch {
    throw malformed();
  }
  if (!isMap(value) || value["format"] !== FORMAT || !isMap(value["home"]) || !isMap(value["row"])) throw malformed();
  if (!Array.isArray(value["edits"]) || typeof value["stateLength"] !== "number") throw malformed();
  return { header: value as unknown as Header, start: aligned(4 + length) };
}

function assertHome(found: SnapshotHome, home: SnapshotHome): void {
  for (const key of ["id", "engine", "model"] as const) {
    if (found[key] === home[key]) continue;
    throw new MyoError(
      "BAD_OPTIONS",
      `The snapshot belongs to ${key} "${found[key]}", but this row has ${key} "${home[key]}"; restore it into a row made the same way.`,
    );
  }
}

/** A snapshot taken apart: what `applySnapshot` puts back as often as it is asked. */
export interface ParsedSnapshot {
  readonly state: Float64Array;
  readonly edits: readonly { readonly field: ModelField; readonly values: FieldValues }[];
  readonly meanInertia: number | null;
  /** The row's own part, as given to `encodeSnapshot`. */
  readonly row: Record<string, Json>;
}

/** @throws MyoError BAD_OPTIONS when the bytes are malformed or belong to another id, engine or model. */
export function parseSnapshot(bytes: Uint8Array, home: SnapshotHome, p: Physics): ParsedSnapshot {
  const { header, start } = readHeader(bytes);
  assertHome(header.home, home);
  if (header.stateLength !== p.stateSize()) throw malformed();
  const body = new Uint8Array(bytes.subarray(start)).buffer;
  let at = 0;
  const take = (type: FieldType, length: number): FieldValues => {
    const size = length * FIELD_TYPES[type].BYTES_PER_ELEMENT;
    if (!Number.isInteger(length) || length < 0 || at + size > body.byteLength) throw malformed();
    const values = new FIELD_TYPES[type](body, at, length);
    at += aligned(size);
    return values;
  };
  const state = take("f8", header.stateLength) as Float64Array;
  const edits = header.edits.map(({ field, type, length }) => {
    if (!MODEL_FIELDS.includes(field) || !Object.hasOwn(FIELD_TYPES, type)) throw malformed();
    if (length !== p.model.fieldLength(field)) throw malformed();
    return { field, values: take(type, length) };
  });
  return { state, edits, meanInertia: header.meanInertia, row: header.row };
}

/** Put physics back, model edits included. */
export function applySnapshot({ state, edits, meanInertia }: ParsedSnapshot, p: Physics): void {
  if (p.edits.size > 0) p.clearEdits();
  for (const { field, values } of edits) p.edit(field).set(values);
  if (edits.length > 0) {
    p.meanInertia = meanInertia;
    p.commitEdits();
  }
  p.setState(state);
}
