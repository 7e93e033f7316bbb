import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Type, type Static } from "@sinclair/typebox";
import type { PolicyArray, PolicyExport } from "../../protocol/agent.ts";
import type { JsonObject } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { bytesBorrow, elementCount } from "../../protocol/ndarray.ts";
import { validateAgainst } from "../../protocol/validate.ts";
import { plainSchema } from "./config.ts";
import { writeDurably } from "./durable.ts";

/*
 * policy.json describes the policy and its arrays, policy.bin holds them: f32, little endian, row-major, one after the other.
 */
const FORMAT = "myoserve-policy";
const VERSION = 1;
const JSON_NAME = "policy.json";
const BIN_NAME = "policy.bin";
const F32_BYTES = 4;

const Count = Type.Integer({ minimum: 0 });
const PolicyFileSchema = Type.Object(
  {
    format: Type.Literal(FORMAT),
    version: Type.Literal(VERSION),
    meta: Type.Record(Type.String(), Type.Unknown()),
    data: Type.Object(
      { file: Type.Literal(BIN_NAME), bytes: Count, sha256: Type.String() },
      { additionalProperties: false },
    ),
    arrays: Type.Array(
      Type.Object(
        { name: Type.String({ minLength: 1 }), shape: Type.Array(Count), offset: Count },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
type PolicyFile = Static<typeof PolicyFileSchema>;
type ArrayPlace = PolicyFile["arrays"][number];

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function refuse(path: string, reason: string): never {
  throw new MyoError("BAD_OPTIONS", `The policy ${path} cannot be loaded: ${reason}.`);
}

/** The arrays one after the other, and where each begins. */
function pack(arrays: PolicyExport["arrays"]): { places: ArrayPlace[]; data: Uint8Array } {
  const places: ArrayPlace[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    if (elementCount(shape) !== data.length) {
      throw new RangeError(`Array ${name} of shape ${shape.join("x")} holds ${data.length} numbers.`);
    }
    places.push({ name, shape: [...shape], offset });
    parts.push(bytesBorrow(data));
    offset += data.byteLength;
  }
  return { places, data: Buffer.concat(parts) };
}

/** policy.bin and policy.json, by name; the JSON is to be written last and vouches for the bytes. */
export function policyFiles(policy: PolicyExport): ReadonlyMap<string, Uint8Array> {
  const { places, data } = pack(policy.arrays);
  const description: PolicyFile = {
    format: FORMAT,
    version: VERSION,
    meta: policy.meta,
    data: { file: BIN_NAME, bytes: data.length, sha256: sha256(data) },
    arrays: places,
  };
  const text = `${JSON.stringify(description, null, 2)}\n`;
  return new Map([
    [BIN_NAME, data],
    [JSON_NAME, new TextEncoder().encode(text)],
  ]);
}

/** Write `policyFiles` into a folder that exists. */
export async function writePolicy(folder: string, policy: PolicyExport): Promise<void> {
  for (const [name, bytes] of policyFiles(policy)) await writeDurably(join(folder, name), bytes);
}

async function contentOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new MyoError("NOT_FOUND", `There is no ${path}; name a folder that holds ${JSON_NAME} and ${BIN_NAME}.`);
  }
}

async function describe(path: string): Promise<PolicyFile> {
  const text = new TextDecoder().decode(await contentOf(path));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(path, "it is no JSON; export the policy anew");
  }
  const where = "the format in agents/core/README.md";
  return validateAgainst(
    plainSchema(PolicyFileSchema),
    value,
    `The policy ${path}`,
    "BAD_OPTIONS",
    where,
  ) as PolicyFile;
}

function unpack(path: string, { name, shape, offset }: ArrayPlace, data: Uint8Array): PolicyArray {
  const end = offset + elementCount(shape) * F32_BYTES;
  if (end > data.length) refuse(path, `its array ${name} ends at byte ${end} of ${data.length}; export it anew`);
  return { shape, data: new Float32Array(data.slice(offset, end).buffer) };
}

/**
 * Read what `writePolicy` wrote.
 * @throws MyoError NOT_FOUND, or BAD_OPTIONS where the files are damaged or of another format.
 */
export async function readPolicy(folder: string): Promise<PolicyExport> {
  const path = join(folder, JSON_NAME);
  const { meta, data, arrays } = await describe(path);
  const bytes = new Uint8Array(await contentOf(join(folder, BIN_NAME)));
  if (bytes.length !== data.bytes || sha256(bytes) !== data.sha256) {
    refuse(path, `${BIN_NAME} is not the file it describes; copy both together`);
  }
  const entries = arrays.map((place) => [place.name, unpack(path, place, bytes)] as const);
  return { meta: meta as JsonObject, arrays: Object.fromEntries(entries) };
}
