import type { Static, TObject } from "@sinclair/typebox";
import { AGENT_OPERATIONS, EVENTS, STREAM_OPERATIONS } from "./agent-messages.ts";
import type { Operation } from "./common.ts";
import { CORE_OPERATIONS, ErrorReply } from "./core-messages.ts";
import { ENV_OPERATIONS } from "./env-messages.ts";
import { TRAIN_OPERATIONS } from "./train-messages.ts";

/** Subprotocols of version 1; the minor is negotiated in hello. */
export const SUBPROTOCOLS = { msgpack: "myoserve.v1.msgpack", json: "myoserve.v1.json" } as const;
export const MINOR = 0;

/** Every operation of the protocol; SPEC.md, validators and the Python types come from this table. */
export const OPERATIONS = {
  ...CORE_OPERATIONS,
  ...ENV_OPERATIONS,
  ...AGENT_OPERATIONS,
  ...TRAIN_OPERATIONS,
  ...STREAM_OPERATIONS,
} as const;

export type OperationName = keyof typeof OPERATIONS;
export type RequestOf<T extends OperationName> = Static<(typeof OPERATIONS)[T]["request"]>;
export type ReplyOf<T extends OperationName> = Static<(typeof OPERATIONS)[T]["reply"]>;
export type Request = { [T in OperationName]: RequestOf<T> }[OperationName];
export type Reply = { [T in OperationName]: ReplyOf<T> }[OperationName];

/** Every message type by its `t`: requests, replies, events, error. */
const SCHEMAS: ReadonlyMap<string, TObject> = new Map([
  ...Object.entries<Operation>(OPERATIONS).flatMap(([name, operation]): [string, TObject][] => [
    [name, operation.request],
    [`${name}.ok`, operation.reply],
  ]),
  ...Object.entries<TObject>(EVENTS),
  ["error", ErrorReply],
]);

/** Schema of a message type, or undefined where version 1 has none. */
export function schemaOf(type: string): TObject | undefined {
  return SCHEMAS.get(type);
}

export function isOperation(type: string): type is OperationName {
  return Object.hasOwn(OPERATIONS, type);
}
