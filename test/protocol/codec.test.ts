import { encode as referenceEncode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecFor, decode, decodeJson, encode, encodeJson, SERVER_LIMITS } from "../../protocol/codec.ts";
import { MyoError } from "../../protocol/errors.ts";
import { DTYPES, fromNdArray, toNdArray, type NdArray } from "../../protocol/ndarray.ts";
import { fromHex } from "../../protocol/tooling/hex.ts";
import { validVectors } from "../../protocol/tooling/golden-vectors.ts";
import { anyMessage, jsonMessage, narrowMessage } from "./messages.ts";

const plain = (frame: Uint8Array): Uint8Array => new Uint8Array(frame);

/** Anything but a value or one of the two codes is a failure. */
function decodeOrCode(frame: Uint8Array): unknown {
  try {
    return decode(frame);
  } catch (error) {
    expect(error).toBeInstanceOf(MyoError);
    expect(["BAD_FRAME", "TOO_LARGE"]).toContain((error as MyoError).code);
    return undefined;
  }
}

describe("encode", () => {
  it("gives back what was put in", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decode(plain(encode(message)))).toEqual(message);
      }),
    );
  });

  it("emits exactly the bytes of an independent encoder, so none that are not in the message", () => {
    fc.assert(
      fc.property(narrowMessage, (message) => {
        expect(plain(encode(message))).toEqual(plain(referenceEncode(message)));
      }),
    );
  });

  it("keeps frames apart: a later message never changes an earlier frame", () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { minLength: 2, maxLength: 6 }), (messages) => {
        const frames = messages.map(encode);
        const copies = frames.map(plain);
        messages.toReversed().forEach(encode);
        expect(frames.map(plain)).toEqual(copies);
      }),
    );
  });

  it.each(Object.values(DTYPES).filter(({ make }) => make !== Uint8Array))(
    "never packs a raw $make.name",
    ({ make }) => {
      const array = new make(6);
      expect(() => encode({ data: array })).toThrow(/cannot travel/);
      expect(() => encode({ list: [{ deep: array }] })).toThrow(/cannot travel/);
      expect(() => encodeJson({ data: array })).toThrow(/cannot travel/);
    },
  );

  it.each([
    ["Uint8ClampedArray", new Uint8ClampedArray(2)],
    ["DataView", new DataView(new ArrayBuffer(2))],
    ["ArrayBuffer", new ArrayBuffer(2)],
    ["Map", new Map()],
    ["Set", new Set()],
    ["Date", new Date(0)],
    ["RegExp", /x/],
    ["Error", new Error("x")],
    ["function", () => 1],
    ["symbol", Symbol("x")],
    ["undefined in a list", [undefined]],
    ["integer of 65 bits", 2n ** 64n],
  ])("refuses %s", (_name, value) => {
    expect(() => encode({ value })).toThrow(TypeError);
    expect(() => encodeJson({ value })).toThrow(TypeError);
  });

  it("refuses a cycle and too deep a message", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(() => encode(cycle)).toThrow(/16 levels/);
  });

  it("copies array data from the view, not from its whole buffer", () => {
    const all = Float32Array.from([1, 2, 3, 4]);
    const frame = encode({ obs: toNdArray("<f4", [2], all.subarray(1, 3)) });
    const { obs } = decode(plain(frame)) as { obs: { data: Uint8Array } };
    expect(new Float32Array(obs.data.slice().buffer)).toEqual(Float32Array.from([2, 3]));
  });

  it("writes integers beyond 32 bits as integers, never as floats", () => {
    for (const value of [2 ** 32, Number.MAX_SAFE_INTEGER, -(2 ** 31) - 1, Number.MIN_SAFE_INTEGER]) {
      expect(encode({ value })[7]).toBe(0xd3);
      expect(decode(plain(encode({ value })))).toEqual({ value });
    }
    expect(decode(plain(encode({ value: 2n ** 64n - 1n })))).toEqual({ value: 2n ** 64n - 1n });
    expect(decode(plain(encode({ value: 7n })))).toEqual({ value: 7 });
  });

  it("leaves undefined members out and replaces halves of surrogate pairs", () => {
    expect(decode(plain(encode({ a: undefined, b: 1 })))).toEqual({ b: 1 });
    expect(decode(plain(encode({ "k\ud800": "v\udc00" })))).toEqual({ "k\ufffd": "v\ufffd" });
  });
});

describe("decode", () => {
  it("answers random bytes with a value or a code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (frame) => {
        decodeOrCode(frame);
      }),
      { numRuns: 2000 },
    );
  });

  it("answers random bytes inside a map with a value or a code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (frame) => {
        decodeOrCode(Uint8Array.from([0x81, 0xa1, 0x61, ...frame]));
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses every golden frame that is cut short or lengthened", () => {
    for (const { hex } of validVectors()) {
      const frame = fromHex(hex);
      for (let end = 0; end < frame.length; end++) expect(decodeOrCode(frame.subarray(0, end))).toBeUndefined();
      expect(decodeOrCode(Uint8Array.from([...frame, 0]))).toBeUndefined();
    }
  });

  it("answers every golden frame with one changed byte with a value or a code", () => {
    const frames = validVectors().map(({ hex }) => fromHex(hex));
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.nat(), fc.nat(255), (original, position, value) => {
        const frame = original.slice();
        frame[position % frame.length] = value;
        decodeOrCode(frame);
      }),
      { numRuns: 3000 },
    );
  });

  it("refuses nesting beyond the limit, however it is built", () => {
    for (const opener of [[0x91], [0x81, 0xa1, 0x61], [0xdc, 0, 1], [0xdd, 0, 0, 0, 1], [0xde, 0, 1, 0xa1, 0x61]]) {
      const nest = (levels: number) =>
        Uint8Array.from([0x81, 0xa1, 0x61, ...Array.from({ length: levels }, () => opener).flat(), 0]);
      expect(decodeOrCode(nest(SERVER_LIMITS.maxDepth - 1))).toBeDefined();
      expect(decodeOrCode(nest(SERVER_LIMITS.maxDepth))).toBeUndefined();
      expect(decodeOrCode(nest(100_000))).toBeUndefined();
    }
  });

  it("refuses more values than the limit although every list is short enough", () => {
    const inner = [0xdc, 0x0f, 0xff, ...Array.from({ length: 4095 }, () => 0x80)];
    const frame = (lists: number) =>
      Uint8Array.from([0x81, 0xa1, 0x61, 0x90 + lists, ...Array.from({ length: lists }, () => inner).flat()]);
    expect(decodeOrCode(frame(15))).toBeDefined();
    const many = Uint8Array.from([0x81, 0xa1, 0x61, 0xdc, 0, 17, ...Array.from({ length: 17 }, () => inner).flat()]);
    expect(decodeOrCode(many)).toBeUndefined();
  });

  it("refuses a frame beyond the size limit with TOO_LARGE before it reads it", () => {
    const limits = { ...SERVER_LIMITS, maxMessage: 8 };
    expect(() => decode(new Uint8Array(9), limits)).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
    expect(() => decodeJson(" ".repeat(9), limits)).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
  });

  it("gives arrays that can be read from a Buffer at any offset", () => {
    const frame = encode({ x: toNdArray("<f8", [2], Float64Array.from([0.1, 7])) });
    for (let offset = 0; offset < 8; offset++) {
      const padded = Buffer.concat([Buffer.alloc(offset), frame]).subarray(offset);
      const { x } = decode(padded) as { x: NdArray & { dtype: "<f8" } };
      expect(x.data.constructor).toBe(Uint8Array);
      expect(fromNdArray(x)).toEqual(Float64Array.from([0.1, 7]));
    }
    const data = Buffer.from(Float64Array.from([3, 7]).buffer);
    const unaligned = Buffer.concat([Buffer.alloc(1), data]).subarray(1);
    expect(fromNdArray({ dtype: "<f8", shape: [2], data: unaligned })).toEqual(Float64Array.from([3, 7]));
  });

  it("never touches a prototype", () => {
    const frame = Uint8Array.from([0x81, 0xab, ...new TextEncoder().encode("constructor"), 0x01]);
    expect(decode(frame)).toEqual(Object.fromEntries([["constructor", 1]]));
    expect(() => decodeJson('{"__proto__": {"polluted": 1}}')).toThrow(MyoError);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("JSON twin", () => {
  it("gives back plain values", () => {
    fc.assert(
      fc.property(jsonMessage, (message) => {
        expect(decodeJson(encodeJson(message))).toEqual(message);
      }),
    );
  });

  it("carries array data wherever an array stands", () => {
    const obs = toNdArray("<f4", [3], Float32Array.from([NaN, Infinity, -0]));
    const message = { t: "x", deep: [{ options: { goal: obs } }] };
    expect(decodeJson(encodeJson(message))).toEqual(message);
    const blob = Uint8Array.from({ length: 100_000 }, (_, i) => i);
    const load = { t: "agent.load", id: 1, a: "a1", blob };
    expect(decodeJson(encodeJson(load))).toEqual(load);
  });

  it("answers any text with a value or a code", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          decodeJson(text);
        } catch (error) {
          expect((error as MyoError).code).toBe("BAD_FRAME");
        }
      }),
    );
  });

  it.each([
    ["a list", "[]"],
    ["nesting", `{"a":${"[".repeat(20)}${"]".repeat(20)}}`],
    ["deep nesting", `{"a":${"[".repeat(60_000)}${"]".repeat(60_000)}}`],
    ["many values", `{"a":[${"0,".repeat(70_000)}0]}`],
    ["a long list", `{"a":[${"0,".repeat(5000)}0]}`],
    ["bytes that are not base64", `{"t":"agent.load","id":1,"a":"a","blob":"?"}`],
    ["array data that is not base64", `{"a":{"dtype":"<f4","shape":[1],"data":"AA="}}`],
  ])("refuses %s", (_name, text) => {
    expect(() => decodeJson(text)).toThrow(expect.objectContaining({ code: "BAD_FRAME" }));
  });

  it("keeps to its kind of frame", () => {
    expect(() => codecFor("myoserve.v1.json")?.decode(encode({}), SERVER_LIMITS)).toThrow(MyoError);
    expect(() => codecFor("myoserve.v1.msgpack")?.decode("{}", SERVER_LIMITS)).toThrow(MyoError);
    expect(codecFor("myoserve.v2.msgpack")).toBeUndefined();
  });
});
