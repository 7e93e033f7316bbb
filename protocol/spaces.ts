import { elementCount, type Dtype, type NdArray } from "./ndarray.ts";

/** Gymnasium spaces as they travel. Bounds are arrays always: infinities survive. */
export interface BoxSpace {
  type: "box";
  dtype: Dtype;
  shape: number[];
  /** Same dtype and shape as the space, or shape [1] for one bound everywhere. */
  low: NdArray;
  high: NdArray;
}
export interface DiscreteSpace {
  type: "discrete";
  n: number;
  start: number;
}
export interface MultiDiscreteSpace {
  type: "multi_discrete";
  nvec: number[];
}
export interface MultiBinarySpace {
  type: "multi_binary";
  shape: number[];
}
export interface DictSpace {
  type: "dict";
  /** Ordered: a list of pairs, not a map. */
  spaces: [string, Space][];
}
export interface TupleSpace {
  type: "tuple";
  spaces: Space[];
}
export type Space = BoxSpace | DiscreteSpace | MultiDiscreteSpace | MultiBinarySpace | DictSpace | TupleSpace;

/** One leaf of a space inside the buffer of its dtype. */
export interface Leaf {
  /** Keys from the root, e.g. `["camera", "left"]`; empty for a leaf space. */
  readonly path: readonly (string | number)[];
  readonly buffer: number;
  /** First element inside one row of the buffer. */
  readonly offset: number;
  readonly shape: readonly number[];
}

/** One typed buffer of a space: `size` elements a row. */
export interface BufferLayout {
  readonly dtype: Dtype;
  readonly size: number;
}

/** How a space is laid out: one buffer a dtype, in order of first appearance, leaves depth first. */
export interface SpaceLayout {
  readonly buffers: readonly BufferLayout[];
  readonly leaves: readonly Leaf[];
}

function leafType(space: Exclude<Space, DictSpace | TupleSpace>): { dtype: Dtype; shape: number[] } {
  switch (space.type) {
    case "box":
      return { dtype: space.dtype, shape: space.shape };
    case "discrete":
      return { dtype: "<i8", shape: [] };
    case "multi_discrete":
      return { dtype: "<i8", shape: [space.nvec.length] };
    case "multi_binary":
      return { dtype: "|i1", shape: space.shape };
  }
}

/** The layout both sides derive from a space; nothing of it travels. */
export function layoutOf(space: Space): SpaceLayout {
  const buffers: { dtype: Dtype; size: number }[] = [];
  const leaves: Leaf[] = [];
  const visit = (node: Space, path: readonly (string | number)[]): void => {
    if (node.type === "dict") {
      for (const [key, child] of node.spaces) visit(child, [...path, key]);
    } else if (node.type === "tuple") {
      node.spaces.forEach((child, index) => {
        visit(child, [...path, index]);
      });
    } else {
      const { dtype, shape } = leafType(node);
      let buffer = buffers.findIndex((b) => b.dtype === dtype);
      if (buffer < 0) buffer = buffers.push({ dtype, size: 0 }) - 1;
      const target = buffers[buffer];
      if (target === undefined) return;
      leaves.push({ path, buffer, offset: target.size, shape });
      target.size += elementCount(shape);
    }
  };
  visit(space, []);
  return { buffers, leaves };
}
