import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode } from "../../protocol/codec.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { fromHex } from "../../protocol/tooling/hex.ts";
import { validVectors } from "../../protocol/tooling/golden-vectors.ts";
import { requestIdOf, validateAgainst, validateRequest } from "../../protocol/validate.ts";
import { anyMessage } from "./messages.ts";

const action = { dtype: "<f4", shape: [2], data: new Uint8Array(8) };
const step = { t: "env.step", id: 1, s: "s1", k: 1, action };

function errorOf(call: () => unknown): MyoError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(MyoError);
    return error as MyoError;
  }
  throw new Error("nothing was thrown");
}

function expectOneSentence(message: string): void {
  expect(message).not.toContain("\n");
  expect(message.length).toBeLessThan(400);
  expect(message).toMatch(/[.?]$/);
}

describe("validateRequest", () => {
  it.each([
    [{ id: 1 }, "BAD_MESSAGE", 'names its type in "t"'],
    [{ t: "env.stp", id: 1 }, "UNKNOWN_TYPE", 'did you mean "env.step"?'],
    [{ ...step, k: -1 }, "BAD_MESSAGE", '"k" must be >= 0, but -1 came'],
    [{ ...step, s: 7 }, "BAD_MESSAGE", '"s" must be text, but 7 came'],
    [{ t: "env.step", id: 1 }, "BAD_MESSAGE", 'needs the key "s"'],
    [{ ...step, env_id: 1 }, "BAD_MESSAGE", 'did you mean "env_ids"?'],
    [{ ...step, action: { ...action, shape: [3] } }, "BAD_MESSAGE", "holds 12 bytes, but 8 came"],
    [{ ...step, action: [action, { ...action, shape: [3] }] }, "BAD_MESSAGE", '"action.1" of dtype <f4'],
    [{ ...step, action: { ...action, data: "x" } }, "BAD_MESSAGE", '"action.data" must be bytes'],
    [{ ...step, action: { ...action, dtype: ">f4" } }, "BAD_MESSAGE", '"action.dtype" must be one of'],
    [{ t: "env.make", id: 1, env: "x", autoreset: "no" }, "BAD_MESSAGE", "one of next_step, same_step, disabled"],
  ])("%j: %s", (message, code, part) => {
    const error = errorOf(() => validateRequest(message));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expectOneSentence(error.message);
  });

  it("answers every request with one member replaced by anything with the request or a code", () => {
    const requests = validVectors()
      .filter(({ kind }) => kind === "request")
      .map(({ hex }) => decode(fromHex(hex)));
    const anything = fc.oneof(anyMessage, fc.anything(), fc.integer(), fc.string());
    fc.assert(
      fc.property(fc.constantFrom(...requests), fc.nat(), anything, (request, index, value) => {
        const keys = Object.keys(request);
        const changed = { ...request, [keys[index % keys.length] ?? "t"]: value };
        try {
          validateRequest(changed);
        } catch (error) {
          expect(["BAD_MESSAGE", "UNKNOWN_TYPE"]).toContain((error as MyoError).code);
          expectOneSentence((error as MyoError).message);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("never writes to the message", () => {
    const message = Object.freeze({ ...step, action: Object.freeze({ ...action }) });
    expect(validateRequest(message)).toBe(message);
  });
});

describe("requestIdOf", () => {
  it.each([
    [0, 0],
    [7, 7],
    [2 ** 32 - 1, 2 ** 32 - 1],
    [2 ** 32, undefined],
    [-1, undefined],
    [1.5, undefined],
    ["1", undefined],
    [undefined, undefined],
  ])("%j gives %j", (id, expected) => {
    expect(requestIdOf({ id })).toBe(expected);
  });
});

describe("validateAgainst", () => {
  const schema: JsonObject = {
    type: "object",
    properties: {
      muscles: { type: "integer", minimum: 6, multipleOf: 6, default: 6 },
      mode: { enum: ["soft", "stiff"], default: "soft" },
      nested: { type: "object", properties: { gain: { type: "number" } }, additionalProperties: false },
    },
    additionalProperties: false,
  };

  it("fills defaults in a copy", () => {
    const value = { mode: "stiff" };
    expect(validateAgainst(schema, value, "kwargs")).toEqual({ muscles: 6, mode: "stiff" });
    expect(value).toEqual({ mode: "stiff" });
  });

  it.each([
    [{ muscle: 12 }, 'did you mean "muscles"?'],
    [{ wind: 1 }, "known: muscles, mode, nested"],
    [{ muscles: "many" }, '"muscles" must be an integer, but "many" came'],
    [{ muscles: 7 }, '"muscles" must be multiple of 6, but 7 came'],
    [{ mode: "hard" }, "one of soft, stiff"],
    [{ nested: { gian: 1 } }, 'no key "nested.gian"; did you mean "gain"?'],
    [[1], "must be a map"],
    [7, "must be a map"],
    [{ muscles: new Uint8Array(3) }, "3 bytes came"],
    [{ muscles: 2n ** 60n }, "1152921504606846976 came"],
  ])("%o: %s", (value, part) => {
    const error = errorOf(() => validateAgainst(schema, value, "kwargs of arm26-reach-v0"));
    expect(error.code).toBe("BAD_OPTIONS");
    expect(error.message).toContain(part);
    expectOneSentence(error.message);
  });
});
