import type { OperationName, ReplyOf, RequestOf } from "../../protocol/schema/operations.ts";
import type { Connection } from "../connection.ts";
import type { ServerContext } from "../context.ts";
import type { Responder } from "../sessions/responder.ts";

/** Who asks, and where the reply goes. */
export interface Call {
  readonly connection: Connection;
  readonly responder: Responder;
}

/** A reply without what every reply has. */
export type Body<T extends OperationName> = Omit<ReplyOf<T>, "t" | "id">;

/** The session answers through the responder, in its own order. */
export const DEFERRED = Symbol("deferred");
export type Deferred = typeof DEFERRED;

/** @throws MyoError, which becomes the error reply. */
export type Handler<T extends OperationName> = (
  server: ServerContext,
  request: RequestOf<T>,
  call: Call,
) => Body<T> | Deferred | Promise<Body<T>>;

/** A handler for each of some operations. */
export type Handlers<T extends OperationName> = { readonly [K in T]: Handler<K> };
