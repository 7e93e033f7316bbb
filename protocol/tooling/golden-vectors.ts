import type { TObject } from "@sinclair/typebox";
import { encode, encodeJson } from "../codec.ts";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";
import { bytesBorrow, toNdArray } from "../ndarray.ts";
import { EVENTS } from "../schema/agent-messages.ts";
import type { Operation } from "../schema/common.ts";
import { OPERATIONS } from "../schema/operations.ts";
import { toHex } from "./hex.ts";
import { INVALID_FRAMES } from "./invalid-frames.ts";
import { sample } from "./samples.ts";

type Message = Readonly<Record<string, unknown>>;

/** A frame, what it holds and its twin in `myoserve.v1.json`. */
interface ValidVector {
  readonly name: string;
  readonly kind: "request" | "reply" | "event" | "error";
  readonly hex: string;
  readonly json: unknown;
}

function vector(name: string, kind: ValidVector["kind"], message: Message): ValidVector {
  return { name, kind, hex: toHex(encode(message)), json: JSON.parse(encodeJson(message)) as unknown };
}

function sampled(name: string, kind: ValidVector["kind"], schema: TObject): ValidVector[] {
  const message = (full: boolean) => sample(schema, name, full) as Message;
  const minimal = vector(`${name} minimal`, kind, message(false));
  const full = vector(`${name} full`, kind, message(true));
  return minimal.hex === full.hex ? [minimal] : [minimal, full];
}

function errorVector(code: ErrorCode, index: number): ValidVector {
  const { retryable, meaning } = ERROR_CODES[code];
  const message = { t: "error", id: index, code, message: meaning, retryable };
  return vector(`error ${code}`, "error", message);
}

/** Frames as they occur, beside those sampled from the schema. */
function realFrames(): ValidVector[] {
  const obs = toNdArray("<f4", [2, 3], new Float32Array([0.1, -0, 1e-45, NaN, Infinity, -2.5]));
  const rew = toNdArray("<f8", [2], new Float64Array([0.1, -1 / 3]));
  const flags = toNdArray("|b1", [2], new Uint8Array([0, 1]));
  const seeds = toNdArray("<i8", [2], new BigInt64Array([7n, -1n]));
  const step = { t: "env.step.ok", id: 0xffff_ffff, s: "s1", k: 129, obs, rew, term: flags, trunc: flags };
  return [
    vector("step reply of two rows", "reply", step),
    vector("step reply with two buffers", "reply", {
      ...step,
      obs: [obs, toNdArray("|u1", [2, 0], new Uint8Array(0))],
    }),
    vector("seed beyond 32 bits", "request", { t: "env.reset", id: 1, s: "s1", k: 1, seed: 2 ** 40 }),
    vector("largest seed", "request", { t: "env.reset", id: 1, s: "s1", k: 1, seed: Number.MAX_SAFE_INTEGER }),
    vector("seed of each row", "request", { t: "env.reset", id: 1, s: "s1", k: 1, seed: seeds }),
    vector("no seed", "request", { t: "env.reset", id: 1, s: "s1", k: 1, seed: null }),
    vector("error without id", "error", { t: "error", code: "BAD_FRAME", message: "x", retryable: false }),
    vector("blob of 300 bytes", "reply", {
      t: "blob.get.ok",
      id: 1,
      sha256: "0123456789abcdef".repeat(4),
      offset: 0,
      size: 300,
      data: bytesBorrow(Uint8Array.from({ length: 300 }, (_, i) => i)),
    }),
  ];
}

export function validVectors(): ValidVector[] {
  const operations = Object.entries<Operation>(OPERATIONS);
  return [
    ...operations.flatMap(([name, { request }]) => sampled(name, "request", request)),
    ...operations.flatMap(([name, { reply }]) => sampled(`${name}.ok`, "reply", reply)),
    ...Object.entries<TObject>(EVENTS).flatMap(([name, schema]) => sampled(name, "event", schema)),
    ...(Object.keys(ERROR_CODES) as ErrorCode[]).map(errorVector),
    ...realFrames(),
  ];
}

/** protocol/golden: paths and texts. */
export function goldenFiles(): [string, string][] {
  const lines = (vectors: readonly unknown[]) => `[\n${vectors.map((v) => JSON.stringify(v)).join(",\n")}\n]\n`;
  return [
    ["protocol/golden/valid.json", lines(validVectors())],
    ["protocol/golden/invalid.json", lines(INVALID_FRAMES)],
  ];
}
