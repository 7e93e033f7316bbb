import { badFrame, decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { decodeJson, encodeJson } from "./json.ts";
import type { Limits } from "./limits.ts";
import { SUBPROTOCOLS } from "./schema/operations.ts";

export { decode } from "./decode.ts";
export { encode } from "./encode.ts";
export { decodeJson, encodeJson } from "./json.ts";
export { CLIENT_LIMITS, SERVER_LIMITS } from "./limits.ts";

/** How the messages of one subprotocol become frames. */
export interface Codec {
  readonly subprotocol: string;
  /** A binary frame or, for JSON, a text frame. @throws TypeError for what has no form on the wire. */
  encode(message: Readonly<Record<string, unknown>>): Uint8Array | string;
  /** @throws MyoError BAD_FRAME or TOO_LARGE. */
  decode(frame: Uint8Array | string, limits: Limits): Record<string, unknown>;
}

const MSGPACK: Codec = {
  subprotocol: SUBPROTOCOLS.msgpack,
  encode,
  decode(frame, limits) {
    if (typeof frame === "string") throw badFrame(`${SUBPROTOCOLS.msgpack} uses binary frames, but text came`);
    return decode(frame, limits);
  },
};

const JSON_TEXT: Codec = {
  subprotocol: SUBPROTOCOLS.json,
  encode: encodeJson,
  decode(frame, limits) {
    if (typeof frame !== "string") throw badFrame(`${SUBPROTOCOLS.json} uses text frames, but bytes came`);
    return decodeJson(frame, limits);
  },
};

/** In the server's order of preference. */
export const CODECS: readonly Codec[] = [MSGPACK, JSON_TEXT];

/** The codec of a negotiated subprotocol, or undefined where this version has none. */
export function codecFor(subprotocol: string): Codec | undefined {
  return CODECS.find((codec) => codec.subprotocol === subprotocol);
}
