import { Type, type ObjectOptions, type TSchema, type TObject, type TProperties } from "@sinclair/typebox";
import { AUTORESET_MODES } from "../env.ts";
import { DTYPES, MAX_NDIM, type Dtype } from "../ndarray.ts";

/** Largest integer a seed or a counter may be: 2^53 - 1. */
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** A closed object: unknown keys are refused. */
export function closed<P extends TProperties>(properties: P, options?: ObjectOptions): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** A schema with a sentence for SPEC.md. */
export function described<S extends TSchema>(schema: S, description: string): S {
  return { ...schema, description };
}

export const U32 = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
export const Name = Type.String({ minLength: 1, maxLength: 128 });
export const Sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });
export const Bytes = Type.Unsafe<Uint8Array>({
  type: "object",
  bytes: true,
  description: "msgpack bin; base64 in JSON",
});
/** Unsigned integer of 64 bits; a bigint where a number would round it. */
export const U64 = Type.Unsafe<number | bigint>({
  uint64: true,
  description: "uint64; in JSON a decimal string beyond 2^53",
});
export const FreeMap = Type.Unsafe<Record<string, unknown>>({ type: "object", description: "free-form map" });

const DTYPE_NAMES = Object.keys(DTYPES) as Dtype[];
const DtypeName = Type.Unsafe<Dtype>({ type: "string", enum: DTYPE_NAMES });

export const Nd = closed(
  {
    dtype: DtypeName,
    shape: Type.Array(Type.Integer({ minimum: 0, maximum: 0x7fff_ffff }), { maxItems: MAX_NDIM }),
    data: Bytes,
  },
  { ndarray: true, title: "NdArray" },
);
/** One buffer, or one per dtype of the space. */
export const NdBuffers = Type.Union([Nd, Type.Array(Nd, { minItems: 1, maxItems: 16 })], {
  description: "[n, size], a list where the space has several dtypes",
});
export const NdMask = closed(
  {
    dtype: Type.Literal("|b1"),
    shape: Type.Array(U32, { minItems: 1, maxItems: 1 }),
    data: Bytes,
  },
  { ndarray: true, title: "NdArray", description: "1 names a row, all when absent" },
);
export const NdRows = closed(
  {
    dtype: Type.Literal("<u4"),
    shape: Type.Array(U32, { minItems: 1, maxItems: 1 }),
    data: Bytes,
  },
  { ndarray: true, title: "NdArray", description: "row numbers, ascending, all when absent" },
);

export const Seed = Type.Integer({ minimum: 0, maximum: MAX_SAFE });
export const Autoreset = Type.Unsafe<(typeof AUTORESET_MODES)[number]>({ type: "string", enum: [...AUTORESET_MODES] });

const handle = (description: string) => Type.String({ minLength: 1, maxLength: 64, description });
export const SessionHandle = handle("session");
export const AgentHandle = handle("agent");
export const JobHandle = handle("job");
export const RunHandle = handle("training run");
export const SubHandle = handle("subscription");
export const SnapHandle = handle("snapshot, kept by its session");
export const StepNumber = described(U32, "step number, see the section on sessions");

/** One operation: who may call it and what travels. */
export interface Operation {
  readonly doc: string;
  readonly scope: Scope | null;
  readonly request: TObject;
  readonly reply: TObject;
}

export const SCOPES = ["env:read", "env:run", "env:state", "env:render", "agent:run", "blob:read"] as const;
export type Scope = (typeof SCOPES)[number];

/** What a message is made of besides its type and id, which it must not shadow. */
type OwnProperties = TProperties & { t?: never; id?: never };

/** Keys every request carries besides its own. */
export function request<T extends string, P extends OwnProperties>(type: T, properties: P) {
  return closed({ t: Type.Literal(type), id: U32, ...properties });
}

/** Replies are open for later minors: clients ignore keys they do not know. */
export function reply<T extends string, P extends OwnProperties>(type: T, properties: P) {
  return Type.Object({ t: Type.Literal(`${type}.ok`), id: U32, ...properties });
}

export const Optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
