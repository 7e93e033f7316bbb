import { encode } from "../codec.ts";
import type { ErrorCode } from "../errors.ts";
import { SERVER_LIMITS } from "../limits.ts";
import { toNdArray } from "../ndarray.ts";
import { toHex } from "./hex.ts";

/** A frame that a server must refuse with `code`. */
export interface InvalidVector {
  readonly name: string;
  readonly hex: string;
  readonly code: ErrorCode;
  /** Any decoder that knows the types refuses it, limits and checks beyond types set aside. */
  readonly typed: boolean;
}

type Message = Readonly<Record<string, unknown>>;

const ascii = (text: string): string => toHex(new TextEncoder().encode(text));
/** `{"a": …}` around a value. */
const wrapped = (value: string): string => `81a161${value}`;
const frame = (name: string, hex: string, typed = true): InvalidVector => ({ name, hex, code: "BAD_FRAME", typed });

const PING = toHex(encode({ t: "ping", id: 1 }));
const u16 = (value: number): string => value.toString(16).padStart(4, "0");

const FRAMES: InvalidVector[] = [
  frame("empty", ""),
  frame("reserved byte", "c1"),
  frame("a list, not a map", "9101"),
  frame("an integer, not a map", "01"),
  frame("nil, not a map", "c0"),
  frame("ends inside a string", PING.slice(0, -8)),
  frame("map with one value missing", "82a161"),
  frame("bytes after the message", `${PING}00`),
  frame("two messages", PING + PING),
  frame("integer key", "810101"),
  frame("nil key", "81c001"),
  frame("map as key", "818001"),
  frame("key __proto__", `81a9${ascii("__proto__")}80`),
  frame("key __proto__ inside", wrapped(`81a9${ascii("__proto__")}80`)),
  frame("record definition (ext 0x72)", "d47240" + "91a161" + "01"),
  frame("record definition inside", wrapped("d4724091a16101")),
  frame("two byte record definition", wrapped("d572400091a16101")),
  frame("undefined (fixext 1, type 0)", wrapped("d40000")),
  frame("Set (ext 0x73)", wrapped("d473009101")),
  frame("RegExp (ext 0x78)", wrapped("d4780092a161a0")),
  frame("Error (ext 0x65)", wrapped("d4650093a145a16dc0")),
  frame("typed array (ext 0x74)", wrapped("c7057407000000003f")),
  frame("bundled strings (ext 0x62)", wrapped("d66200000000")),
  frame("timestamp (ext -1)", wrapped("d6ff00000000")),
  frame("ext 8 of unknown type", wrapped("c7020a0000")),
  frame("ext 16 of unknown type", wrapped("c800020a0000")),
  frame("ext 32 of unknown type", wrapped("c9000000020a0000")),
  frame("bytes longer than the frame", wrapped("c6ffffffff00")),
  frame("string longer than the frame", wrapped("dbffffffff61")),
  frame("list longer than the frame", wrapped("ddffffffff00")),
  frame("map longer than the frame", "dfffffffffa16100"),
  frame("list at the limit, cut off", wrapped(`dc${u16(SERVER_LIMITS.maxArray)}00`)),
  frame(
    "list beyond the limit",
    wrapped(`dc${u16(SERVER_LIMITS.maxArray + 1)}${"00".repeat(SERVER_LIMITS.maxArray + 1)}`),
    false,
  ),
  frame(
    "map beyond the limit",
    `de${u16(257)}${Array.from({ length: 257 }, (_, i) => `a4${ascii(u16(i))}00`).join("")}`,
    false,
  ),
  frame("17 nested maps", "81a161".repeat(17) + "00", false),
  frame("17 nested lists", wrapped("91".repeat(17) + "00"), false),
];

const schemaError = (name: string, message: Message, typed = true): InvalidVector => ({
  name,
  hex: toHex(encode(message)),
  code: "BAD_MESSAGE",
  typed,
});

const action = toNdArray("<f4", [2], new Float32Array(2));
const step = { t: "env.step", id: 1, s: "s1", k: 1, action };
const make = { t: "env.make", id: 1, env: "arm26-reach-v0", autoreset: "disabled" };

const MESSAGES: InvalidVector[] = [
  { name: "unknown type", hex: toHex(encode({ t: "env.stp", id: 1 })), code: "UNKNOWN_TYPE", typed: true },
  {
    name: "a reply sent as a request",
    hex: toHex(encode({ t: "ping.ok", id: 1, now_ns: 1 })),
    code: "UNKNOWN_TYPE",
    typed: true,
  },
  schemaError("no type", { id: 1 }),
  schemaError("type is a number", { t: 1, id: 1 }),
  schemaError("no id", { t: "ping" }),
  schemaError("id beyond 32 bits", { t: "ping", id: 2 ** 32 }, false),
  schemaError("negative id", { t: "ping", id: -1 }, false),
  schemaError("id is text", { t: "ping", id: "1" }),
  schemaError("unknown key", { t: "ping", id: 1, extra: true }),
  schemaError("unknown key inside", { ...step, action: { ...action, order: "F" } }, false),
  schemaError("no session", { t: "env.step", id: 1, k: 1, action }),
  schemaError("no step number", { t: "env.step", id: 1, s: "s1", action }),
  schemaError("step number is a fraction", { ...step, k: 1.5 }),
  schemaError("action is a list of numbers", { ...step, action: [0, 0] }),
  schemaError("action is an empty list", { ...step, action: [] }, false),
  schemaError("array with text for data", { ...step, action: { ...action, data: "AAAA" } }),
  schemaError("array with too little data", { ...step, action: { ...action, data: action.data.subarray(1) } }, false),
  schemaError("array with a shape that does not fit", { ...step, action: { ...action, shape: [3] } }, false),
  schemaError("array with a negative shape", { ...step, action: { ...action, shape: [-2] } }, false),
  schemaError("array of an unknown dtype", { ...step, action: { ...action, dtype: ">f4" } }, false),
  schemaError("array of objects", { ...step, action: { ...action, dtype: "|O" } }, false),
  schemaError("array of nine axes", { ...step, action: { ...action, shape: [2, 1, 1, 1, 1, 1, 1, 1, 1] } }, false),
  schemaError("rows of the wrong dtype", { ...step, env_ids: action }, false),
  schemaError("unknown autoreset mode", { ...make, autoreset: "NextStep" }),
  schemaError("no autoreset mode", { t: "env.make", id: 1, env: "arm26-reach-v0" }),
  schemaError("no rows", { ...make, num_envs: 0 }, false),
  schemaError("negative seed", { ...make, seed: -1 }, false),
  schemaError("seed beyond 2^53", { ...make, seed: 2n ** 53n }, false),
  schemaError("seed is true", { ...make, seed: true }),
  schemaError("kwargs is a list", { ...make, kwargs: [] }),
  schemaError("hash in upper case", { t: "blob.get", id: 1, sha256: "A".repeat(64) }, false),
  schemaError("empty id of an environment", { ...make, env: "" }, false),
];

export const INVALID_FRAMES: readonly InvalidVector[] = [...FRAMES, ...MESSAGES];
