import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cacheDir } from "../../../protocol/places.ts";
import type { Matrices, Matrix } from "./matrices.ts";

/*
 * Axes: B rows, S repeats, I inputs, O outputs. All matrices are row-major f32.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** Version of TensorFlow whose library the addon is built against. */
export const TENSORFLOW_VERSION = "2.21.0";

/** Folder of the library and the addon that `myoserve setup tensorflow` makes. */
export function tensorflowFolder(env: Environment = process.env): string {
  return join(cacheDir(env), "tensorflow", TENSORFLOW_VERSION);
}

/** Below a folder that node-gyp built in; the library is found from there. */
export const ADDON_FILE = join("lib", "napi-v8", "tfjs_binding.node");

/** The addon, of the cache or where the package's own install script put it; null where there is none. */
export function findAddon(env: Environment = process.env): string | null {
  const made = join(tensorflowFolder(env), ADDON_FILE);
  if (existsSync(made)) return made;
  for (const version of packagedVersions()) {
    const packaged = join(version, "tfjs_binding.node");
    if (existsSync(packaged)) return packaged;
  }
  return null;
}

/** Folders `lib/napi-v*` of the package, newest interface first. */
function packagedVersions(): string[] {
  const lib = join(packageFolder() ?? "", "lib");
  if (!existsSync(lib)) return [];
  const names = readdirSync(lib).filter((name) => name.startsWith("napi-v"));
  return names.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true })).map((name) => join(lib, name));
}

/** Folder of the npm package whose C++ sources make the addon; null where it is not installed. */
export function packageFolder(): string | null {
  try {
    const file = createRequire(import.meta.url).resolve("@tensorflow/tfjs-node-gpu/package.json");
    return join(file, "..");
  } catch {
    return null;
  }
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What the addon exports, as far as it is used. */
interface Binding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  createTensor(shape: readonly number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array;
  executeOp(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    outputs: number,
  ): readonly { readonly id: number }[];
}

interface Handle extends Matrix {
  readonly id: number;
}

/**
 * Operations of TensorFlow's eager runtime, called through the addon itself: a call costs 5 µs instead of the 17 µs of
 * the library's JavaScript half, and its kernels take a transposed operand as it lies.
 */
export class AddonMatrices implements Matrices<Handle> {
  readonly #binding: Binding;
  readonly #type: Attribute;
  readonly #reshape: readonly Attribute[];
  readonly #plain: readonly Attribute[];
  readonly #firstTransposed: readonly Attribute[];
  readonly #secondTransposed: readonly Attribute[];

  constructor(binding: Binding) {
    this.#binding = binding;
    const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT, TF_INT32 } = binding;
    const type = { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT };
    const product = (first: boolean, second: boolean): Attribute[] => [
      type,
      { name: "transpose_a", type: TF_ATTR_BOOL, value: first },
      { name: "transpose_b", type: TF_ATTR_BOOL, value: second },
    ];
    this.#type = type;
    this.#reshape = [type, { name: "Tshape", type: TF_ATTR_TYPE, value: TF_INT32 }];
    this.#plain = product(false, false);
    this.#firstTransposed = product(true, false);
    this.#secondTransposed = product(false, true);
  }

  /**
   * The addon keeps the names of attributes in one set for all threads, without a lock. Here every name gets in, before this
   * thread starts another one that computes; after that the set is only read.
   */
  nameAttributes(): void {
    const one = this.upload(Float32Array.of(1), 1, 1);
    const results = [this.product(one, one), this.#shaped(one, [1])];
    for (const handle of [one, ...results]) this.free(handle);
  }

  get card(): boolean {
    return this.#binding.isUsingGpuDevice();
  }

  get numTensors(): number {
    return this.#binding.getNumOfTensors();
  }

  upload(values: Float32Array, rows: number, columns: number): Handle {
    return { id: this.#binding.createTensor([rows, columns], this.#binding.TF_FLOAT, values), rows, columns };
  }

  uploadVector(values: Float32Array): Handle {
    const columns = values.length;
    return { id: this.#binding.createTensor([columns], this.#binding.TF_FLOAT, values), rows: 1, columns };
  }

  dense(x: Handle, w: Handle, b: Handle, relu: boolean): Handle {
    const product = this.product(x, w);
    const sum = this.#run("BiasAdd", [this.#type], [product, b], product.rows, product.columns);
    this.free(product);
    return relu ? this.#relu(sum) : sum;
  }

  product(x: Handle, w: Handle): Handle {
    return this.#run("MatMul", this.#plain, [x, w], x.rows, w.columns);
  }

  addRepeated(own: Handle, shared: Handle, relu: boolean): Handle {
    const { rows, columns } = own;
    const repeats = rows / shared.rows;
    // As biases of one wide row a repeat.
    const wide = this.#shaped(own, [repeats, shared.rows * columns]);
    const bias = this.#shaped(shared, [shared.rows * columns]);
    const sum = this.#run("BiasAdd", [this.#type], [wide, bias], repeats, shared.rows * columns);
    const tall = this.#shaped(sum, [rows, columns]);
    for (const handle of [wide, bias, sum]) this.free(handle);
    return relu ? this.#relu(tall) : tall;
  }

  weightGrad(x: Handle, g: Handle): Handle {
    return this.#run("MatMul", this.#firstTransposed, [x, g], x.columns, g.columns);
  }

  inputGrad(g: Handle, w: Handle): Handle {
    return this.#run("MatMul", this.#secondTransposed, [g, w], g.rows, w.rows);
  }

  reluGrad(g: Handle, y: Handle): Handle {
    return this.#run("ReluGrad", [this.#type], [g, y], g.rows, g.columns);
  }

  columnSums(g: Handle): Handle {
    return this.#run("BiasAddGrad", [this.#type], [g], 1, g.columns);
  }

  repeatSums(g: Handle, rows: number): Handle {
    const wide = this.#shaped(g, [g.rows / rows, rows * g.columns]);
    const sums = this.columnSums(wide);
    const tall = this.#shaped(sums, [rows, g.columns]);
    this.free(wide);
    this.free(sums);
    return tall;
  }

  read(matrix: Handle, out: Float32Array): void {
    out.set(this.#binding.tensorDataSync(matrix.id));
  }

  free(matrix: Handle): void {
    this.#binding.deleteTensor(matrix.id);
  }

  #relu(matrix: Handle): Handle {
    const result = this.#run("Relu", [this.#type], [matrix], matrix.rows, matrix.columns);
    this.free(matrix);
    return result;
  }

  /** Another view of the same memory, a handle of its own. */
  #shaped(matrix: Handle, shape: readonly number[]): Handle {
    const binding = this.#binding;
    const wanted = binding.createTensor([shape.length], binding.TF_INT32, Int32Array.from(shape));
    const [result] = binding.executeOp("Reshape", this.#reshape, [matrix.id, wanted], 1);
    binding.deleteTensor(wanted);
    const [rows = 1, columns = rows] = shape;
    return { id: idOf(result), rows: shape.length === 1 ? 1 : rows, columns };
  }

  #run(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Handle[],
    rows: number,
    columns: number,
  ): Handle {
    const ids = inputs.map(({ id }) => id);
    const [result] = this.#binding.executeOp(name, attributes, ids, 1);
    return { id: idOf(result), rows, columns };
  }
}

function idOf(result: { readonly id: number } | undefined): number {
  if (result === undefined) throw new Error("TensorFlow returned no tensor.");
  return result.id;
}

/** @throws Error of the dynamic linker where the addon does not fit this machine or Node. */
export function loadAddon(file: string): AddonMatrices {
  const matrices = new AddonMatrices(createRequire(import.meta.url)(file) as Binding);
  matrices.nameAttributes();
  return matrices;
}
