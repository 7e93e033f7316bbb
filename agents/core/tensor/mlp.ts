import { MyoError } from "../../../protocol/errors.ts";
import { paramCount, type Mlp, type MlpInput } from "./backend.ts";
import type { Matrices, Matrix } from "./matrices.ts";
import { SmallForward } from "./small-forward.ts";

/*
 * Axes: B rows, S repeats, I inputs, D inputs of their own of a repeated row, O outputs. All matrices are row-major f32.
 */

/** Where a layer lies in the flat parameters. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weightsAt: number;
  readonly biasAt: number;
  readonly end: number;
}

/** What the first layer read. */
type FirstInput<M> =
  | { readonly kind: "plain"; readonly x: M /* [B, I] */ }
  | { readonly kind: "repeated"; readonly shared: M /* [B, I - D] */; readonly own: M /* [S·B, D] */ };

interface Kept<M> {
  readonly first: FirstInput<M>;
  /** Of every layer; the last one's are not needed. */
  readonly outputs: readonly M[];
  readonly rows: number;
}

function layersOf(sizes: readonly number[]): Layer[] {
  const layers: Layer[] = [];
  let at = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    const inputs = sizes[layer - 1] ?? 0;
    const outputs = sizes[layer] ?? 0;
    const biasAt = at + inputs * outputs;
    layers.push({ inputs, outputs, weightsAt: at, biasAt, end: biasAt + outputs });
    at = biasAt + outputs;
  }
  return layers;
}

function assertLength(what: string, found: number, wanted: number): void {
  if (found === wanted) return;
  throw new MyoError("BAD_OPTIONS", `${what} has ${found} elements and must have ${wanted}; check rows and sizes.`);
}

/** Columns of a repeated row that are its own. */
const ownColumns = (input: Extract<MlpInput, { repeats: number }>): number =>
  input.own.length / (input.repeats * input.rows);

export interface MlpOptions {
  /** Multiplications (rows · parameters) up to which plain loops are faster than the library. */
  readonly smallWork: number;
  readonly onDispose: () => void;
}

/** A network over a matrix library; forward and backward are written out, no graph is recorded. */
export class LayeredMlp<M extends Matrix> implements Mlp {
  readonly sizes: readonly number[];
  readonly params: Float32Array;
  readonly grads: Float32Array;
  readonly #matrices: Matrices<M>;
  readonly #options: MlpOptions;
  readonly #small: SmallForward;
  readonly #layers: readonly Layer[];
  /** Uploaded parts of `params` by first element and number of rows, made when a pass first needs them. */
  readonly #uploaded = new Map<string, M>();
  /** Copies of a kept pass's inputs, which the caller may overwrite before `backward`. */
  #inputs: Float32Array[] = [];
  #kept: Kept<M> | null = null;
  #disposed = false;

  constructor(matrices: Matrices<M>, sizes: readonly number[], params: Float32Array, options: MlpOptions) {
    if (sizes.length < 2 || sizes.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new MyoError(
        "BAD_OPTIONS",
        `A network's sizes are two or more positive integers, not [${sizes.join(", ")}].`,
      );
    }
    assertLength("params", params.length, paramCount(sizes));
    this.sizes = [...sizes];
    this.params = params;
    this.grads = new Float32Array(params.length);
    this.#matrices = matrices;
    this.#options = options;
    this.#small = new SmallForward(this.sizes);
    this.#layers = layersOf(sizes);
  }

  touch(): void {
    this.#assertOpen();
    // Gradients of a pass with the old parameters would mix both.
    this.#forget();
    this.#freeUploads();
  }

  forward(input: MlpInput, out: Float32Array, keep = false): void {
    this.#assertOpen();
    const rows = this.#checkInput(input, out);
    if (!keep && "x" in input && rows * this.params.length <= this.#options.smallWork) {
      this.#small.run(this.params, input.x, rows, out);
      return;
    }
    if (keep) this.#forget();
    const first = this.#uploadInput(input, keep);
    const outputs: M[] = [];
    const matrices = this.#matrices;
    for (const layer of this.#layers) {
      const before = outputs.at(-1);
      const after = before === undefined ? this.#firstLayer(first) : this.#dense(before, layer);
      if (!keep && before !== undefined) matrices.free(before);
      outputs.push(after);
    }
    const result = outputs.pop();
    if (result !== undefined) {
      matrices.read(result, out);
      matrices.free(result);
    }
    if (keep) this.#kept = { first, outputs, rows };
    else this.#freeInput(first);
  }

  backward(outGrad: Float32Array, inputGrad?: Float32Array): void {
    this.#assertOpen();
    const kept = this.#kept;
    if (kept === null)
      throw new MyoError(
        "INTERNAL",
        "backward needs a forward pass with keep after the last touch; each is used once.",
      );
    const { first, outputs, rows } = kept;
    const columns = this.sizes.at(-1) ?? 0;
    assertLength("outGrad", outGrad.length, rows * columns);
    if (inputGrad !== undefined) assertLength("inputGrad", inputGrad.length, rows * inputColumns(first));
    const matrices = this.#matrices;
    // The library may read the caller's array in place, but not after this call.
    let grad = matrices.upload(outGrad, rows, columns);
    for (let at = this.#layers.length - 1; at > 0; at--) {
      const layer = this.#layers[at];
      const before = outputs[at - 1];
      if (layer === undefined || before === undefined) continue;
      this.#readGrads(layer, grad, matrices.weightGrad(before, grad));
      const passed = matrices.inputGrad(grad, this.#weights(layer));
      matrices.free(grad);
      grad = matrices.reluGrad(passed, before);
      matrices.free(passed);
    }
    this.#firstGrads(first, grad, inputGrad);
    matrices.free(grad);
    this.#forget();
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#forget();
    this.#freeUploads();
    this.#disposed = true;
    this.#options.onDispose();
  }

  #assertOpen(): void {
    if (this.#disposed) throw new MyoError("INTERNAL", "This network was disposed; make another one.");
  }

  /** @returns rows of the pass, S·B for repeated ones */
  #checkInput(input: MlpInput, out: Float32Array): number {
    const inputs = this.sizes[0] ?? 0;
    const outputs = this.sizes.at(-1) ?? 0;
    let { rows } = input;
    if ("x" in input) assertLength("x", input.x.length, rows * inputs);
    else {
      const own = ownColumns(input);
      if (!Number.isInteger(own)) assertLength("own", input.own.length, Math.round(own) * input.repeats * rows);
      assertLength("shared", input.shared.length, rows * (inputs - own));
      rows *= input.repeats;
    }
    assertLength("out", out.length, rows * outputs);
    return rows;
  }

  #uploadInput(input: MlpInput, keep: boolean): FirstInput<M> {
    const inputs = this.sizes[0] ?? 0;
    const upload = (values: Float32Array, columns: number, slot: number): M =>
      this.#matrices.upload(keep ? this.#copy(values, slot) : values, values.length / columns, columns);
    if ("x" in input) return { kind: "plain", x: upload(input.x, inputs, 0) };
    const own = ownColumns(input);
    return { kind: "repeated", shared: upload(input.shared, inputs - own, 0), own: upload(input.own, own, 1) };
  }

  #copy(values: Float32Array, slot: number): Float32Array {
    const held = this.#inputs[slot];
    const target = held?.length === values.length ? held : new Float32Array(values.length);
    target.set(values);
    this.#inputs[slot] = target;
    return target;
  }

  #firstLayer(first: FirstInput<M>): M {
    const layer = this.#layer(0);
    if (first.kind === "plain") return this.#dense(first.x, layer);
    const matrices = this.#matrices;
    const { sharedWeights, ownWeights } = this.#splitWeights(first);
    const shared = matrices.dense(first.shared, sharedWeights, this.#bias(layer), false);
    const own = matrices.product(first.own, ownWeights);
    const sum = matrices.addRepeated(own, shared, this.#layers.length > 1);
    matrices.free(shared);
    matrices.free(own);
    return sum;
  }

  #firstGrads(first: FirstInput<M>, grad: M, inputGrad: Float32Array | undefined): void {
    const layer = this.#layer(0);
    const matrices = this.#matrices;
    if (first.kind === "plain") {
      this.#readGrads(layer, grad, matrices.weightGrad(first.x, grad));
      if (inputGrad !== undefined) this.#take(matrices.inputGrad(grad, this.#weights(layer)), inputGrad);
      return;
    }
    const { shared, own } = first;
    const split = layer.weightsAt + shared.columns * layer.outputs;
    const sums = matrices.repeatSums(grad, shared.rows);
    this.#take(matrices.weightGrad(shared, sums), this.grads.subarray(layer.weightsAt, split));
    this.#take(matrices.columnSums(sums), this.grads.subarray(layer.biasAt, layer.end));
    matrices.free(sums);
    this.#take(matrices.weightGrad(own, grad), this.grads.subarray(split, layer.biasAt));
    if (inputGrad !== undefined) this.#take(matrices.inputGrad(grad, this.#splitWeights(first).ownWeights), inputGrad);
  }

  #dense(x: M, layer: Layer): M {
    const relu = layer.end < this.params.length;
    return this.#matrices.dense(x, this.#weights(layer), this.#bias(layer), relu);
  }

  #readGrads(layer: Layer, grad: M, weightGrad: M): void {
    this.#take(weightGrad, this.grads.subarray(layer.weightsAt, layer.biasAt));
    this.#take(this.#matrices.columnSums(grad), this.grads.subarray(layer.biasAt, layer.end));
  }

  /** Read and free. */
  #take(matrix: M, out: Float32Array): void {
    this.#matrices.read(matrix, out);
    this.#matrices.free(matrix);
  }

  #layer(at: number): Layer {
    const layer = this.#layers[at];
    if (layer === undefined) throw new MyoError("INTERNAL", `The network has no layer ${at}.`);
    return layer;
  }

  #weights({ weightsAt, inputs, outputs }: Layer): M {
    return this.#upload(weightsAt, inputs, outputs);
  }

  #bias({ biasAt, outputs }: Layer): M {
    return this.#upload(biasAt, 0, outputs);
  }

  #splitWeights({ shared, own }: Extract<FirstInput<M>, { kind: "repeated" }>): { sharedWeights: M; ownWeights: M } {
    const { weightsAt, outputs } = this.#layer(0);
    return {
      sharedWeights: this.#upload(weightsAt, shared.columns, outputs),
      ownWeights: this.#upload(weightsAt + shared.columns * outputs, own.columns, outputs),
    };
  }

  /** @param rows 0 for a vector */
  #upload(at: number, rows: number, columns: number): M {
    const key = `${at} ${rows}`;
    const there = this.#uploaded.get(key);
    if (there !== undefined) return there;
    const values = this.params.subarray(at, at + Math.max(rows, 1) * columns);
    const made = rows === 0 ? this.#matrices.uploadVector(values) : this.#matrices.upload(values, rows, columns);
    this.#uploaded.set(key, made);
    return made;
  }

  #freeUploads(): void {
    for (const matrix of this.#uploaded.values()) this.#matrices.free(matrix);
    this.#uploaded.clear();
  }

  #freeInput(first: FirstInput<M>): void {
    if (first.kind === "plain") this.#matrices.free(first.x);
    else {
      this.#matrices.free(first.shared);
      this.#matrices.free(first.own);
    }
  }

  /** Free what a kept pass holds. */
  #forget(): void {
    const kept = this.#kept;
    if (kept === null) return;
    this.#kept = null;
    this.#freeInput(kept.first);
    for (const matrix of kept.outputs) this.#matrices.free(matrix);
  }
}

const inputColumns = <M extends Matrix>(first: FirstInput<M>): number =>
  first.kind === "plain" ? first.x.columns : first.own.columns;
