import type { OperationName, Request, RequestOf } from "../../protocol/schema/operations.ts";
import type { Connection } from "../connection.ts";
import type { ServerContext } from "../context.ts";
import type { Responder } from "../sessions/responder.ts";
import { AGENT_HANDLERS } from "./agent-handlers.ts";
import { CORE_HANDLERS } from "./core-handlers.ts";
import { ENV_HANDLERS } from "./env-handlers.ts";
import { TRAIN_HANDLERS } from "./train-handlers.ts";
import { DEFERRED, type Body, type Deferred, type Handler, type Handlers } from "./handler.ts";

/** One handler an operation; the build breaks where one is missing. */
const HANDLERS: Handlers<OperationName> = { ...CORE_HANDLERS, ...ENV_HANDLERS, ...AGENT_HANDLERS, ...TRAIN_HANDLERS };

function answer<T extends OperationName>(type: T, responder: Responder, body: Body<T> | Deferred): void {
  if (body !== DEFERRED) responder.reply({ t: `${type}.ok`, ...body });
}

/**
 * Serve one valid request.
 * @returns a promise where the work is not done yet. @throws MyoError what the handler throws.
 */
export function dispatch(
  server: ServerContext,
  connection: Connection,
  request: Request,
  responder: Responder,
): Promise<void> | undefined {
  return serve(server, { connection, responder }, request.t, request);
}

function serve<T extends OperationName>(
  server: ServerContext,
  call: { readonly connection: Connection; readonly responder: Responder },
  type: T,
  request: RequestOf<T>,
): Promise<void> | undefined {
  const handler: Handler<T> = HANDLERS[type];
  const body = handler(server, request, call);
  if (body instanceof Promise) return body.then((value) => answer(type, call.responder, value));
  answer(type, call.responder, body);
  return undefined;
}
