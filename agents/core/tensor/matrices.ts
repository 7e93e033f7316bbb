/*
 * Axes: B rows, S repeats, I inputs, O outputs. All matrices are row-major f32.
 */

/** A matrix, or a vector of one row, that a library holds until it is freed. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

/** The few operations a fully connected network needs, one call of the library each; every result is the caller's to free. */
export interface Matrices<M extends Matrix> {
  /** The values may be overwritten only after the matrix was freed: the library may read them where they lie. */
  upload(values: Float32Array, rows: number, columns: number): M;
  /** For the same values as long: a vector, which is no matrix of one row to a library. */
  uploadVector(values: Float32Array): M;
  /** x·w + b, its negative part cut off where `relu`. @param b a vector */
  dense(x: M /* [B, I] */, w: M /* [I, O] */, b: M, relu: boolean): M;
  /** x·w */
  product(x: M /* [B, I] */, w: M /* [I, O] */): M;
  /** own[s, b] + shared[b], its negative part cut off where `relu`. */
  addRepeated(own: M /* [S·B, O] */, shared: M /* [B, O] */, relu: boolean): M;
  /** xᵀ·g, the gradient of the weights. */
  weightGrad(x: M /* [B, I] */, g: M /* [B, O] */): M;
  /** g·wᵀ, the gradient of the inputs. */
  inputGrad(g: M /* [B, O] */, w: M /* [I, O] */): M;
  /** g where y > 0, else 0. */
  reluGrad(g: M, y: M): M;
  /** Sum over the rows, a vector. */
  columnSums(g: M): M;
  /** Sum over the repeats. */
  repeatSums(g: M /* [S·B, O] */, rows: number): M /* [B, O] */;
  /** Into an array of rows · columns elements. */
  read(matrix: M, out: Float32Array): void;
  free(matrix: M): void;
}
