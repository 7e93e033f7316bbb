import { MyoError } from "../../protocol/errors.ts";
import { DTYPES, elementCount, MAX_NDIM } from "../../protocol/ndarray.ts";
import { layoutOf, type Space } from "../../protocol/spaces.ts";

/** Bytes of one batch of observations or actions that an agent may be made for. */
const MAX_BATCH = 64 * 1024 * 1024;

function refuse(what: string, value: unknown): never {
  throw new MyoError(
    "BAD_OPTIONS",
    `A space has ${what}, but ${JSON.stringify(value)} came; send Gymnasium's spaces as SPEC.md lists them.`,
  );
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function checkShape(shape: unknown): void {
  const ok = Array.isArray(shape) && shape.length <= MAX_NDIM && shape.every(isCount);
  if (!ok) refuse(`a shape of at most ${MAX_NDIM} lengths`, shape);
}

function checkNode(space: Space, depth: number): void {
  if (depth > MAX_NDIM) refuse(`at most ${MAX_NDIM} levels`, depth);
  switch (space.type) {
    case "box":
      checkShape(space.shape);
      if (!Object.hasOwn(DTYPES, space.dtype)) refuse("a known dtype", space.dtype);
      for (const bound of [space.low, space.high]) checkBound(bound, space.dtype, elementCount(space.shape));
      return;
    case "discrete":
      if (!isCount(space.n) || !Number.isSafeInteger(space.start))
        refuse("integers n and start", [space.n, space.start]);
      return;
    case "multi_discrete":
      checkShape(space.nvec);
      return;
    case "multi_binary":
      checkShape(space.shape);
      return;
    case "dict":
      if (!Array.isArray(space.spaces)) refuse("a list of pairs", space.spaces);
      for (const [, child] of space.spaces) checkNode(child, depth + 1);
      return;
    case "tuple":
      if (!Array.isArray(space.spaces)) refuse("a list of spaces", space.spaces);
      for (const child of space.spaces) checkNode(child, depth + 1);
      return;
    default:
      refuse("a known type", (space as { type: unknown }).type);
  }
}

/** A bound is an array of the space's dtype: one element, or one for each. */
function checkBound(bound: unknown, dtype: keyof typeof DTYPES, count: number): void {
  const array = bound as { dtype?: unknown; data?: unknown } | null | undefined;
  const bytes = array?.data instanceof Uint8Array ? array.data.byteLength / DTYPES[dtype].bytes : -1;
  if (array?.dtype !== dtype || (bytes !== 1 && bytes !== count)) refuse(`bounds of dtype ${dtype}`, array?.dtype);
}

/**
 * A space that a client made up, before anything is laid out for it.
 * @throws MyoError BAD_OPTIONS where it is none, TOO_LARGE where a batch of it is.
 */
export function checkSpace(space: Space, numEnvs: number): void {
  try {
    checkNode(space, 0);
  } catch (error) {
    if (error instanceof MyoError) throw error;
    refuse("a type and its keys", typeof space);
  }
  const bytes = layoutOf(space).buffers.reduce((sum, { dtype, size }) => sum + size * DTYPES[dtype].bytes, 0) * numEnvs;
  if (bytes <= MAX_BATCH) return;
  throw new MyoError(
    "TOO_LARGE",
    `A batch of a space takes at most ${MAX_BATCH} bytes, but ${bytes} would be needed; use fewer rows.`,
  );
}
