/*
 * Axes: B rows, S repeats, I inputs, O outputs. All matrices are row-major f32.
 */

/** Which library multiplies the matrices, fastest first. */
export type TensorBackendId = "tfjs-node-gpu" | "tfjs-wasm";

/** What a pass reads: plain rows, or S variants of each row that share their first columns. */
export type MlpInput =
  | { readonly rows: number; readonly x: Float32Array /* [B, I] */ }
  | {
      readonly rows: number;
      readonly repeats: number;
      /** [B, I - D], used once for all S variants. */
      readonly shared: Float32Array;
      /** [S, B, D], the last D columns of each variant. */
      readonly own: Float32Array;
    };

/**
 * A fully connected network, ReLU between its layers, none after the last. The caller owns the parameters and
 * optimises them in place, between passes; a `touch` has to follow before the next one, since the backend may hold a copy.
 */
export interface Mlp extends Disposable {
  /** [inputs, hidden …, outputs] */
  readonly sizes: readonly number[];
  /** Flat; by layer W [in, out], then b [out]. */
  readonly params: Float32Array;
  /** Flat like `params`: what the last `backward` wrote. */
  readonly grads: Float32Array;
  /** `params` were written. */
  touch(): void;
  /**
   * Outputs of every row, [B, O] or [S, B, O], into `out`.
   * @param keep remember the activations for one `backward`.
   */
  forward(input: MlpInput, out: Float32Array, keep?: boolean): void;
  /**
   * Gradients of the pass that was kept. Writes `grads`; where `inputGrad` is given ([B, I], or [S, B, D] for repeated
   * rows: their own columns) writes that too.
   * @param outGrad gradient of the loss by the outputs, of their shape
   */
  backward(outGrad: Float32Array, inputGrad?: Float32Array): void;
}

/** Matrix library of a process or worker. Synchronous once it is open. */
export interface TensorBackend extends Disposable {
  readonly id: TensorBackendId;
  /** It computes on an NVIDIA card; sums differ from those of processors. */
  readonly card: boolean;
  /** Threads it computes with; part of a checkpoint, since sums depend on it. */
  readonly threads: number;
  /** A second thread of the caller's, with a backend of its own, makes independent passes faster. */
  readonly parallel: boolean;
  /** One sentence about what to do for the faster one; null where it is the fastest. */
  readonly advice: string | null;
  /** @param params flat, kept and shared with the caller. */
  mlp(sizes: readonly number[], params: Float32Array): Mlp;
  /** Tensors alive, for tests: flat over updates. */
  readonly numTensors: number;
}

/** What sums depend on beside the number of threads, as a checkpoint names it. */
export const libraryOf = ({ id, card }: TensorBackend): string => (card ? `${id} on a card` : id);

/** Number of parameters of `sizes`. */
export function paramCount(sizes: readonly number[]): number {
  return sizes.slice(1).reduce((count, outputs, layer) => count + ((sizes[layer] ?? 0) + 1) * outputs, 0);
}
