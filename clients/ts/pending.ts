import { MyoError } from "../../protocol/errors.ts";
import type { OperationName, Reply } from "../../protocol/schema/operations.ts";

/** Requests that carry a step number. */
export const NUMBERED: ReadonlySet<OperationName> = new Set(["env.reset", "env.step", "env.restore"] as const);

/** Requests that may be executed twice without harm; the numbered ones are told apart by the server. */
const REPEATABLE: ReadonlySet<OperationName> = new Set([
  "ping",
  "env.list",
  "env.describe",
  ...NUMBERED,
  "env.render",
  "env.state",
  "env.model",
  "env.metrics",
  "blob.get",
  "agent.list",
  "agent.describe",
  "job.get",
  "job.list",
]);

/** The client's own: whether the server executed the request is not known. */
export class ReplyLostError extends MyoError {}

/** A request whose reply has not come. */
export interface PendingRequest {
  readonly id: number;
  readonly type: OperationName;
  /** Session it belongs to, where it names one. */
  readonly session: string | undefined;
  readonly frame: Uint8Array | string;
  /** Called in the turn of the reply, before any later message is read. */
  settle(reply: Reply): void;
  fail(error: MyoError): void;
}

/** Requests in order of sending, found by id. */
export class PendingRequests {
  readonly #requests = new Map<number, PendingRequest>();
  readonly #sent = new Set<number>();

  add(request: PendingRequest): void {
    this.#requests.set(request.id, request);
  }

  markSent(id: number): void {
    this.#sent.add(id);
  }

  /** Removes and returns a request; undefined for a late reply to one that was given up. */
  take(id: number): PendingRequest | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    this.#sent.delete(id);
    return request;
  }

  /**
   * What to send on a new socket, in the old order. Requests that were sent on the lost one and must not happen twice fail.
   * @param lost sessions the server could not resume.
   */
  resumable(lost: ReadonlySet<string>): PendingRequest[] {
    const again: PendingRequest[] = [];
    for (const request of [...this.#requests.values()]) {
      if (request.session !== undefined && lost.has(request.session)) {
        this.take(request.id)?.fail(sessionLost(request.session));
      } else if (!this.#sent.has(request.id) || REPEATABLE.has(request.type)) {
        again.push(request);
      } else {
        this.take(request.id)?.fail(connectionLost(request.type));
      }
    }
    return again;
  }

  failAll(error: MyoError): void {
    for (const request of [...this.#requests.values()]) this.take(request.id)?.fail(error);
  }
}

function sessionLost(session: string): MyoError {
  return new MyoError("SESSION_LOST", `The server no longer has session ${session}; make a new one.`);
}

function connectionLost(type: OperationName): ReplyLostError {
  return new ReplyLostError(
    "UNAVAILABLE",
    `The connection was lost before the reply to ${type} came, which may have been executed; look before you repeat it.`,
  );
}
