import type { Static } from "@sinclair/typebox";
import type { EVENTS } from "../../protocol/schema/agent-messages.ts";
import type { OperationName, ReplyOf, RequestOf } from "../../protocol/schema/operations.ts";

export type Topic = RequestOf<"sub">["topic"];
type EventOf<T extends Topic> = Static<(typeof EVENTS)[`ev.${T}`]>;
export type EventHandler<T extends Topic> = (event: EventOf<T>) => void;

export interface Subscription {
  close(): Promise<void>;
}

type SubFields = Omit<RequestOf<"sub">, "t" | "id">;
type Send = <T extends OperationName>(
  type: T,
  fields: Omit<RequestOf<T>, "t" | "id">,
  onReply?: (reply: ReplyOf<T>) => void,
) => Promise<ReplyOf<T>>;

interface Entry {
  readonly fields: SubFields;
  readonly handler: (event: Record<string, unknown>) => void;
  /** The server's name for it on the present socket. */
  sub: string | undefined;
}

/** Open streams and where their events go. */
export class Subscriptions {
  readonly #send: Send;
  readonly #entries = new Set<Entry>();

  constructor(send: Send) {
    this.#send = send;
  }

  async subscribe<T extends Topic>(
    topic: T,
    fields: Omit<SubFields, "topic">,
    handler: EventHandler<T>,
  ): Promise<Subscription> {
    const entry: Entry = {
      fields: { ...fields, topic },
      handler: (event) => {
        handler(event as EventOf<T>);
      },
      sub: undefined,
    };
    await this.#start(entry);
    return { close: () => this.#close(entry) };
  }

  dispatch(event: Record<string, unknown>): void {
    for (const entry of this.#entries) {
      if (entry.sub === event["sub"]) entry.handler(event);
    }
  }

  /** On a new socket the server knows nothing of the old streams. */
  renew(): void {
    for (const entry of [...this.#entries]) {
      this.#entries.delete(entry);
      // A stream whose session or job is gone ends silently: its requests report that.
      this.#start(entry).catch(() => undefined);
    }
  }

  async #start(entry: Entry): Promise<void> {
    // Within the turn of the reply: events may follow in the same packet.
    await this.#send("sub", entry.fields, (reply) => {
      entry.sub = reply.sub;
      this.#entries.add(entry);
    });
  }

  async #close(entry: Entry): Promise<void> {
    if (!this.#entries.delete(entry) || entry.sub === undefined) return;
    await this.#send("unsub", { sub: entry.sub });
  }
}
