import type { Buffers } from "../../protocol/env.ts";
import { MyoError } from "../../protocol/errors.ts";
import { allocate, DTYPES, elementCount, fromNdArray, type NdArray } from "../../protocol/ndarray.ts";
import { layoutOf, type BoxSpace, type Leaf, type Space, type SpaceLayout } from "../../protocol/spaces.ts";

/** A space that is no container: one leaf of a layout. */
export type LeafSpace = Exclude<Space, { type: "dict" | "tuple" }>;

/** Where a leaf's elements lie in a row, and the space they are drawn from. */
export interface PlacedSpace {
  readonly leaf: Leaf;
  readonly space: LeafSpace;
}

function leafSpaces(space: Space): LeafSpace[] {
  if (space.type === "dict") return space.spaces.flatMap(([, child]) => leafSpaces(child));
  if (space.type === "tuple") return space.spaces.flatMap(leafSpaces);
  return [space];
}

/** The leaves of a space with their places, depth first as `layoutOf` orders them. */
export function placedSpaces(space: Space): PlacedSpace[] {
  const { leaves } = layoutOf(space);
  return leafSpaces(space).flatMap((child, i) => {
    const leaf = leaves[i];
    return leaf === undefined ? [] : [{ leaf, space: child }];
  });
}

function expanded(bound: NdArray, size: number): Float64Array {
  const values = fromNdArray(bound);
  return Float64Array.from({ length: size }, (_, i) => Number(values[values.length === 1 ? 0 : i]));
}

/** Lower and upper bound of each element of a Box, in C order. */
export function boundsOf(box: BoxSpace): { low: Float64Array; high: Float64Array } {
  const size = elementCount(box.shape);
  return { low: expanded(box.low, size), high: expanded(box.high, size) };
}

/** [-1, 1] mapped affinely onto a bounded Box. */
export interface ActionRange {
  readonly size: number;
  /** Middle and half width of each element. */
  readonly middle: Float64Array;
  readonly half: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * The range of a continuous, bounded action.
 * @param algo what the sentence of an error calls the agent.
 * @throws MyoError BAD_OPTIONS for any other space.
 */
export function actionRange(space: Space, algo: string): ActionRange {
  if (space.type !== "box" || (space.dtype !== "<f4" && space.dtype !== "<f8")) {
    const got = space.type === "box" ? `a box of dtype ${space.dtype}` : `a space of type ${space.type}`;
    throw new MyoError("BAD_OPTIONS", `${algo} acts in a box of floats, but the action space is ${got}; use random.`);
  }
  const { low, high } = boundsOf(space);
  const middle = low.map((value, i) => (value + (high[i] ?? NaN)) / 2);
  const half = low.map((value, i) => ((high[i] ?? NaN) - value) / 2);
  const open = half.findIndex((value) => !(value >= 0 && value < Infinity));
  if (open >= 0) {
    throw new MyoError(
      "BAD_OPTIONS",
      `${algo} needs finite bounds low <= high for every action, but action ${open} has ${low[open]} and ${high[open]}; rescale the action space.`,
    );
  }
  return { size: low.length, middle, half, low, high };
}

/** Zeroed buffers [N, size] of a layout. */
export function allocateBatch(layout: SpaceLayout, numEnvs: number): Buffers {
  return layout.buffers.map(({ dtype, size }) => allocate(dtype, numEnvs * size));
}

/**
 * Checks a batch of observations [N, size] against its layout.
 * @throws MyoError BAD_OPTIONS with the buffer, what was expected and what came.
 */
export function assertBatch(layout: SpaceLayout, batch: Buffers, numEnvs: number, what: string): void {
  const { buffers } = layout;
  if (batch.length !== buffers.length) {
    throw new MyoError(
      "BAD_OPTIONS",
      `${what} must come as ${buffers.length} buffers, one a dtype of its space, but ${batch.length} came; see the section on spaces in SPEC.md.`,
    );
  }
  for (let i = 0; i < buffers.length; i++) {
    const { dtype, size } = buffers[i] ?? { dtype: "<f4", size: 0 };
    const array = batch[i];
    if (array instanceof DTYPES[dtype].make && array.length === numEnvs * size) continue;
    const came = array === undefined ? "nothing" : `${array.constructor.name} of ${array.length} elements`;
    throw new MyoError(
      "BAD_OPTIONS",
      `${what} must be [${numEnvs}, ${size}] of dtype ${dtype}, but ${came} came; send one row for each environment.`,
    );
  }
}
