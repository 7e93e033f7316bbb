import { MyoError } from "../../protocol/errors.ts";
import { elementCount, fromNdArray, type NdArray, type NumericArray } from "../../protocol/ndarray.ts";
import { layoutOf, type Space, type SpaceLayout } from "../../protocol/spaces.ts";

function badAction(sentence: string): MyoError {
  return new MyoError("BAD_ACTION", sentence);
}

/** Index of the first NaN or infinity, or -1. */
export function firstNonFinite(values: Float32Array | Float64Array): number {
  // One pass without branches: 0 x NaN and 0 x infinity are NaN, and NaN stays.
  let sum = 0;
  for (const value of values) sum += value * 0;
  if (sum === 0) return -1;
  return values.findIndex((value) => !Number.isFinite(value));
}

/** Whether a shape is [rows, size], or [rows, ...shape] for a space of one leaf. */
function fits(shape: readonly number[], rows: number, size: number, layout: SpaceLayout): boolean {
  if (shape[0] !== rows) return false;
  if (shape.length === 2 && shape[1] === size) return true;
  const [leaf] = layout.leaves;
  if (layout.leaves.length !== 1 || leaf === undefined || shape.length !== leaf.shape.length + 1) return false;
  return leaf.shape.every((length, axis) => shape[axis + 1] === length);
}

/** Lowest value and number of values of each element of a discrete leaf; null for a box. */
interface Choice {
  readonly buffer: number;
  readonly offset: number;
  readonly low: number;
  readonly count: number;
}

function choicesOf(space: Space): Choice[] {
  const leaves = layoutOf(space).leaves.values();
  const choices: Choice[] = [];
  const visit = (node: Space): void => {
    if (node.type === "dict") for (const [, child] of node.spaces) visit(child);
    else if (node.type === "tuple") for (const child of node.spaces) visit(child);
    else {
      const { value: leaf } = leaves.next();
      if (leaf === undefined || node.type === "box") return;
      const { buffer, offset } = leaf;
      if (node.type === "discrete") choices.push({ buffer, offset, low: node.start, count: node.n });
      else if (node.type === "multi_discrete") {
        node.nvec.forEach((count, i) => choices.push({ buffer, offset: offset + i, low: 0, count }));
      } else {
        const bits = elementCount(node.shape);
        for (let i = 0; i < bits; i++) choices.push({ buffer, offset: offset + i, low: 0, count: 2 });
      }
    }
  };
  visit(space);
  return choices;
}

/** Checks what enters as an action: shape, dtype, NaN and infinity, discrete values. Box bounds are the task's. */
export class ActionCheck {
  readonly #layout: SpaceLayout;
  readonly #choices: readonly Choice[];

  constructor(space: Space) {
    this.#layout = layoutOf(space);
    this.#choices = choicesOf(space);
  }

  /**
   * Typed arrays [rows, size], one per dtype; views into the frame where it is aligned.
   * @throws MyoError BAD_ACTION
   */
  parse(action: NdArray | readonly NdArray[], rows: number): NumericArray[] {
    const arrays = "dtype" in action ? [action] : action;
    const { buffers } = this.#layout;
    if (arrays.length !== buffers.length) {
      const dtypes = buffers.map((buffer) => buffer.dtype).join(", ");
      throw badAction(
        `An action has one array per dtype (${dtypes}), but ${arrays.length} came; send ${buffers.length}.`,
      );
    }
    return arrays.map((array, index) => this.#parseBuffer(array, index, rows));
  }

  #parseBuffer(array: NdArray, index: number, rows: number): NumericArray {
    const { dtype, size } = this.#layout.buffers[index] ?? { dtype: array.dtype, size: 0 };
    if (array.dtype !== dtype) {
      throw badAction(`The action's dtype is ${dtype}, but ${array.dtype} came; convert the array before sending it.`);
    }
    if (!fits(array.shape, rows, size, this.#layout)) {
      throw badAction(
        `The action's shape is [${rows}, ${size}] (rows, elements), but [${array.shape.join(", ")}] came; send one line per row.`,
      );
    }
    const values = fromNdArray(array);
    if (values instanceof Float32Array || values instanceof Float64Array) this.#checkFinite(values, size);
    if (this.#choices.length > 0) this.#checkChoices(values, index, size, rows);
    return values;
  }

  #checkFinite(values: Float32Array | Float64Array, size: number): void {
    const at = firstNonFinite(values);
    if (at < 0) return;
    const where = `element ${at % size} of line ${Math.floor(at / size)}`;
    throw badAction(`An action holds finite numbers, but ${where} is ${values[at]}; check the policy for overflow.`);
  }

  #checkChoices(values: NumericArray, buffer: number, size: number, rows: number): void {
    for (const choice of this.#choices) {
      if (choice.buffer !== buffer) continue;
      for (let row = 0; row < rows; row++) {
        const value = Number(values[row * size + choice.offset]);
        if (value >= choice.low && value < choice.low + choice.count) continue;
        const range = `${choice.low} to ${choice.low + choice.count - 1}`;
        throw badAction(
          `Element ${choice.offset} of an action is ${range}, but ${value} came in line ${row}; send one of these.`,
        );
      }
    }
  }
}
