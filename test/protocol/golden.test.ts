import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, decodeJson, encode, encodeJson } from "../../protocol/codec.ts";
import { ERROR_CODES, MyoError } from "../../protocol/errors.ts";
import { EVENTS } from "../../protocol/schema/agent-messages.ts";
import { OPERATIONS } from "../../protocol/schema/operations.ts";
import { fromHex, toHex } from "../../protocol/tooling/hex.ts";
import { validateMessage, validateRequest } from "../../protocol/validate.ts";

interface Valid {
  name: string;
  kind: string;
  hex: string;
  json: { t: string; code?: string };
}
interface Invalid {
  name: string;
  hex: string;
  code: string;
}

const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../protocol/golden/${name}.json`, import.meta.url), "utf8"));
const valid = load("valid") as Valid[];
const invalid = load("invalid") as Invalid[];

describe("valid frames", () => {
  it("cover every request, reply, event and error code", () => {
    const types = new Set(valid.map((vector) => vector.json.t));
    const expected = Object.keys(OPERATIONS).flatMap((name) => [name, `${name}.ok`]);
    expect([...types].sort()).toEqual([...expected, ...Object.keys(EVENTS), "error"].sort());
    const codes = new Set(valid.filter(({ kind }) => kind === "error").map((vector) => vector.json.code));
    expect([...codes].sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it.each(valid)("$name: both forms hold the same message", ({ hex, json }) => {
    const message = decode(fromHex(hex));
    expect(decodeJson(JSON.stringify(json))).toEqual(message);
    expect(JSON.parse(encodeJson(message))).toEqual(json);
  });

  it.each(valid)("$name: encoding what was decoded gives the same bytes", ({ hex }) => {
    expect(toHex(encode(decode(fromHex(hex))))).toBe(hex);
  });

  it.each(valid)("$name: passes its schema", ({ hex, kind }) => {
    const message = decode(fromHex(hex));
    expect(() => {
      validateMessage(message);
    }).not.toThrow();
    if (kind === "request") expect(validateRequest(message)).toBe(message);
    else expect(() => validateRequest(message)).toThrow(MyoError);
  });
});

describe("invalid frames", () => {
  it.each(invalid)("$name: $code", ({ hex, code }) => {
    expect(() => validateRequest(decode(fromHex(hex)))).toThrow(expect.objectContaining({ name: "MyoError", code }));
  });
});
