import type { Codec } from "../../protocol/codec.ts";
import type { MyoError } from "../../protocol/errors.ts";

/** A frame that was sent, so that it can be sent again. */
export interface SentFrame {
  readonly codec: Codec;
  readonly bytes: Uint8Array | string;
}

/** Where the one reply to one request goes. */
export interface Responder {
  /** @param body everything but `id`; arrays are borrowed until the call returns. */
  reply(body: Readonly<Record<string, unknown>>): SentFrame;
  fail(error: MyoError, session: string): void;
  /** Send a stored reply under this request's id. */
  repeat(frame: SentFrame): void;
}
