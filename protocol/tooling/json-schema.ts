import type { TObject } from "@sinclair/typebox";
import { EVENTS } from "../schema/agent-messages.ts";
import type { Operation } from "../schema/common.ts";
import { ErrorReply } from "../schema/core-messages.ts";
import { MINOR, OPERATIONS, SUBPROTOCOLS } from "../schema/operations.ts";

/**
 * The text of protocol/schema/v1.json: every message as JSON Schema. Three keywords are ours: `bytes` (msgpack bin, base64
 * in JSON), `ndarray` (data length fits shape and dtype), `uint64`.
 */
export function schemaBundle(): string {
  const operations = Object.entries<Operation>(OPERATIONS);
  const messages: Record<string, TObject> = Object.fromEntries([
    ...operations.flatMap(([name, { request, reply }]): [string, TObject][] => [
      [name, request],
      [`${name}.ok`, reply],
    ]),
    ...Object.entries<TObject>(EVENTS),
    ["error", ErrorReply],
  ]);
  const bundle = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "MyoServe protocol version 1",
    subprotocols: Object.values(SUBPROTOCOLS),
    minor: MINOR,
    operations: operations.map(([name]) => name),
    $defs: messages,
  };
  return `${JSON.stringify(bundle, null, 1)}\n`;
}
