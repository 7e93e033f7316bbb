import type { Codec } from "../../protocol/codec.ts";
import type { MyoError } from "../../protocol/errors.ts";
import type { PlainStep } from "./step-reply.ts";

/** A frame that was sent, so that it can be sent again. */
export interface SentFrame {
  readonly codec: Codec;
  readonly bytes: Uint8Array | string;
}

/** Everything of a reply but its `id`. */
export type ReplyBody = Readonly<Record<string, unknown>> | PlainStep;

/** Where the one reply to one request goes. */
export interface Responder {
  /** @param body its arrays are borrowed until the call returns. */
  reply(body: ReplyBody): SentFrame;
  fail(error: MyoError, session: string): void;
  /** Send a stored reply under this request's id. */
  repeat(frame: SentFrame): void;
}
