import { MyoError } from "../../protocol/errors.ts";
import { elementCount, type NumericArray } from "../../protocol/ndarray.ts";
import type { Rng } from "../../protocol/random/generator.ts";
import type { BoxSpace, Space } from "../../protocol/spaces.ts";
import { boundsOf, placedSpaces, type LeafSpace } from "../core/spaces.ts";

/** Draws one element of a row. */
type Draw = (rng: Rng) => number;

/** Gymnasium's rule: uniform between two bounds, exponential beyond one, Gaussian without any. */
function floatDraw(low: number, high: number): Draw {
  if (low > -Infinity && high < Infinity) {
    return (rng) => {
      const u = rng.random();
      return Math.min(Math.max((1 - u) * low + u * high, low), high);
    };
  }
  if (low > -Infinity) return (rng) => low - Math.log(1 - rng.random());
  if (high < Infinity) return (rng) => high + Math.log(1 - rng.random());
  return (rng) => rng.standardNormal();
}

function integerDraw(low: number, high: number): Draw {
  if (
    !Number.isSafeInteger(low) ||
    !Number.isSafeInteger(high) ||
    !Number.isSafeInteger(high - low + 1) ||
    high < low
  ) {
    throw new MyoError(
      "BAD_OPTIONS",
      `random draws integers between bounds low <= high within 2^53, but they are ${low} and ${high}; narrow the action space.`,
    );
  }
  return (rng) => rng.integers(low, high + 1);
}

function boxDraws(box: BoxSpace): Draw[] {
  const { low, high } = boundsOf(box);
  const draw = box.dtype === "<f4" || box.dtype === "<f8" ? floatDraw : integerDraw;
  return Array.from(low, (value, i) => draw(value, high[i] ?? value));
}

function drawsOf(space: LeafSpace): Draw[] {
  switch (space.type) {
    case "box":
      return boxDraws(space);
    case "discrete":
      return [integerDraw(space.start, space.start + space.n - 1)];
    case "multi_discrete":
      return space.nvec.map((n) => integerDraw(0, n - 1));
    case "multi_binary":
      return Array.from({ length: elementCount(space.shape) }, () => integerDraw(0, 1));
  }
}

/** Writes one draw of a row into the buffers of its space. */
export type RowSampler = (rng: Rng, buffers: readonly NumericArray[], row: number) => void;

/**
 * A sampler of any space; elements are drawn in the order of `layoutOf`'s leaves.
 * @throws MyoError BAD_OPTIONS for empty integer ranges.
 */
export function rowSampler(space: Space, sizes: readonly number[]): RowSampler {
  const leaves = placedSpaces(space).map(({ leaf, space: child }) => ({ leaf, draws: drawsOf(child) }));
  return (rng, buffers, row) => {
    for (const { leaf, draws } of leaves) {
      const array = buffers[leaf.buffer];
      if (array === undefined) continue;
      const at = row * (sizes[leaf.buffer] ?? 0) + leaf.offset;
      for (let i = 0; i < draws.length; i++) {
        const value = draws[i]?.(rng) ?? 0;
        if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[at + i] = BigInt(value);
        else array[at + i] = value;
      }
    }
  };
}
