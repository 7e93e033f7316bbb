import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Rng } from "../../protocol/random/generator.ts";

export type Draw = readonly [method: string, args: readonly unknown[], result: unknown];

interface Stream {
  readonly seed: string | readonly string[];
  readonly key: readonly number[];
  readonly state: string;
  readonly increment: string;
  /** Six 64-bit draws in base 16. */
  readonly raw: string;
}

/** What NumPy drew, see generate-vectors.py. */
export interface Vectors {
  readonly streams: readonly Stream[];
  readonly digests: Readonly<Record<string, string>>;
  readonly mixed: {
    readonly draws: readonly Draw[];
    readonly end: { readonly state: string; readonly buffered: number | null };
  };
}

export function readVectors(): Vectors {
  return JSON.parse(readFileSync(new URL("vectors.json", import.meta.url), "utf8")) as Vectors;
}

/** SHA-256 of the little-endian doubles. */
export function digestOf(values: Float64Array): string {
  return createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
}

/** What a stream gives for a recorded call. */
export function drawAs(rng: Rng, [method, args]: Draw): unknown {
  const call = (...values: readonly unknown[]): unknown =>
    Reflect.apply(Reflect.get(rng, method) as (...given: unknown[]) => unknown, rng, values);
  if (!method.endsWith("Into")) return call(...args);
  const out = method === "integersInto" ? new Int32Array(3) : new Float64Array(2);
  call(...args, out);
  return Array.from(out);
}
