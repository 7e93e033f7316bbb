import { appendFile, readFile, truncate } from "node:fs/promises";
import { bytesField, doubleField, floatField, integerField, message, stringField } from "../../agents/core/protobuf.ts";
import type { Metrics } from "../../protocol/agent.ts";
import { crc32c } from "./crc32c.ts";

/*
 * TensorBoard's event files. A record (TFRecord), little endian:
 *   0  u64 bytes of the event
 *   8  u32 masked CRC-32C of those 8 bytes
 *  12  the event, a tensorflow.Event
 *   …  u32 masked CRC-32C of the event
 * Field numbers are those of tensorflow/core/util/event.proto and framework/summary.proto.
 */
const EVENT_AT = 12;
const CRC_BYTES = 4;
const MASK_DELTA = 0xa282ead8;
const FILE_VERSION = "brain.Event:2";
/** SessionLog.SessionStatus */
const SESSION_START = 1;

/** A checksum of data that itself holds checksums is stored masked: rotated by 15 bits, plus a constant. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;

function record(event: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(EVENT_AT + event.length + CRC_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(event.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(event, EVENT_AT);
  view.setUint32(EVENT_AT + event.length, masked(crc32c(event)), true);
  return bytes;
}

/** Event: wall_time 1, step 2, then its content. */
const event = (wallTime: number, step: number, content: Uint8Array): Uint8Array =>
  record(message(doubleField(1, wallTime), integerField(2, step), content));

/** Begin a file; what other files of the folder hold from `step` on is void. @param wallTime s since 1970 */
export async function startEvents(path: string, wallTime: number, step: number): Promise<void> {
  const version = event(wallTime, 0, stringField(3, FILE_VERSION));
  const session = event(wallTime, step, bytesField(7, integerField(1, SESSION_START)));
  await appendFile(path, message(version, session));
}

/** Summary: value 1; Value: tag 1, simple_value 2. */
export async function appendScalars(path: string, wallTime: number, step: number, metrics: Metrics): Promise<void> {
  const values = Object.entries(metrics).map(([tag, value]) =>
    bytesField(1, message(stringField(1, tag), floatField(2, value))),
  );
  await appendFile(path, event(wallTime, step, bytesField(5, message(...values))));
}

/** The step of an event: a varint after tag 0x10; we write it second, after the 9 bytes of wall_time. */
function stepOf(bytes: Uint8Array): number {
  let step = 0;
  for (let at = 10, scale = 1; ; at++, scale *= 128) {
    const byte = bytes[at] ?? 0;
    step += (byte % 128) * scale;
    if (byte < 128) return step;
  }
}

/** Cut the file before its first record that is of a later step than `last`, or that is not whole. */
export async function cutEvents(path: string, last: number): Promise<void> {
  const bytes = await readFile(path);
  let at = 0;
  while (at + EVENT_AT + CRC_BYTES <= bytes.length) {
    const length = Number(bytes.readBigUInt64LE(at));
    const end = at + EVENT_AT + length;
    if (bytes.readUInt32LE(at + 8) !== masked(crc32c(bytes.subarray(at, at + 8)))) break;
    if (end + CRC_BYTES > bytes.length) break;
    const content = bytes.subarray(at + EVENT_AT, end);
    if (bytes.readUInt32LE(end) !== masked(crc32c(content)) || stepOf(content) > last) break;
    at = end + CRC_BYTES;
  }
  await truncate(path, at);
}
