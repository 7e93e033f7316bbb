import type * as Core from "@tensorflow/tfjs-core";
import { MyoError } from "../../../protocol/errors.ts";
import { findAddon, loadAddon } from "./addon.ts";
import type { Mlp, TensorBackend, TensorBackendId } from "./backend.ts";
import { fixLibrarySettings, tensorThreads } from "./library-settings.ts";
import type { Matrices, Matrix } from "./matrices.ts";
import { LayeredMlp } from "./mlp.ts";

/*
 * Axes: B rows, S repeats, I inputs, O outputs. All matrices are row-major f32.
 */

export interface TensorOptions {
  /** Default: the fastest that opens. */
  readonly backend?: TensorBackendId;
  /**
   * Threads to compute with, default MYOSERVE_TENSOR_THREADS, else one a core. With 1 no learner starts a thread of its own;
   * with more it does, and shares them with the library. TensorFlow's are fixed by the first one opened in a process, and only
   * its main thread can; TF_NUM_INTRAOP_THREADS, where it is set, comes first. tfjs in WebAssembly has one in Node.
   */
  readonly threads?: number;
  /** Where MYOSERVE_CACHE is read, default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Multiplications (rows · parameters) up to which plain loops beat the library's calls; measured, see README.md.
 */
const SMALL_WORK: Readonly<Record<TensorBackendId, number>> = { "tfjs-node-gpu": 60_000, "tfjs-wasm": 27_000 };

const SETUP = "npx myoserve setup tensorflow";

/** Listeners an emscripten module adds that would end the process on an error somebody else handles. */
const FATAL_EVENTS = ["uncaughtException", "unhandledRejection"] as const;

interface WasmMatrix extends Matrix {
  readonly tensor: Core.Tensor;
}

/**
 * Operations of tfjs on its wasm backend. Transposed operands are copied first: its product of one is 12 to 20 times
 * slower than that copy and a plain product.
 */
class WasmMatrices implements Matrices<WasmMatrix> {
  readonly #tf: typeof Core;

  constructor(tf: typeof Core) {
    this.#tf = tf;
  }

  upload(values: Float32Array, rows: number, columns: number): WasmMatrix {
    return { tensor: this.#tf.tensor2d(values, [rows, columns]), rows, columns };
  }

  uploadVector(values: Float32Array): WasmMatrix {
    return { tensor: this.#tf.tensor1d(values), rows: 1, columns: values.length };
  }

  dense(x: WasmMatrix, w: WasmMatrix, b: WasmMatrix, relu: boolean): WasmMatrix {
    const activation = relu ? "relu" : "linear";
    const tensor = this.#tf.fused.matMul({ a: x.tensor, b: w.tensor, bias: b.tensor, activation });
    return { tensor, rows: x.rows, columns: w.columns };
  }

  product(x: WasmMatrix, w: WasmMatrix): WasmMatrix {
    return { tensor: this.#tf.matMul(x.tensor, w.tensor), rows: x.rows, columns: w.columns };
  }

  addRepeated(own: WasmMatrix, shared: WasmMatrix, relu: boolean): WasmMatrix {
    const tf = this.#tf;
    const { rows, columns } = own;
    const tensor = tf.tidy(() => {
      const sum = tf.add(tf.reshape(own.tensor, [rows / shared.rows, shared.rows, columns]), shared.tensor);
      return tf.reshape(relu ? tf.relu(sum) : sum, [rows, columns]);
    });
    return { tensor, rows, columns };
  }

  weightGrad(x: WasmMatrix, g: WasmMatrix): WasmMatrix {
    const tf = this.#tf;
    const tensor = tf.tidy(() => tf.matMul(tf.transpose(x.tensor), g.tensor));
    return { tensor, rows: x.columns, columns: g.columns };
  }

  inputGrad(g: WasmMatrix, w: WasmMatrix): WasmMatrix {
    const tf = this.#tf;
    const tensor = tf.tidy(() => tf.matMul(g.tensor, tf.transpose(w.tensor)));
    return { tensor, rows: g.rows, columns: w.rows };
  }

  reluGrad(g: WasmMatrix, y: WasmMatrix): WasmMatrix {
    const tf = this.#tf;
    const tensor = tf.tidy(() => tf.mul(g.tensor, tf.step(y.tensor)));
    return { tensor, rows: g.rows, columns: g.columns };
  }

  columnSums(g: WasmMatrix): WasmMatrix {
    return { tensor: this.#tf.sum(g.tensor, 0), rows: 1, columns: g.columns };
  }

  repeatSums(g: WasmMatrix, rows: number): WasmMatrix {
    const tf = this.#tf;
    const tensor = tf.tidy(() => tf.sum(tf.reshape(g.tensor, [g.rows / rows, rows, g.columns]), 0));
    return { tensor, rows, columns: g.columns };
  }

  read(matrix: WasmMatrix, out: Float32Array): void {
    out.set(matrix.tensor.dataSync<"float32">());
  }

  free(matrix: WasmMatrix): void {
    matrix.tensor.dispose();
  }
}

type About = Pick<TensorBackend, "id" | "card" | "threads" | "parallel" | "advice">;

/** The parts both backends share. */
class MatrixBackend<M extends Matrix> implements TensorBackend {
  readonly id: TensorBackendId;
  readonly card: boolean;
  readonly threads: number;
  readonly parallel: boolean;
  readonly advice: string | null;
  readonly #matrices: Matrices<M>;
  readonly #count: () => number;
  readonly #networks = new Set<Mlp>();

  constructor(about: About, matrices: Matrices<M>, count: () => number) {
    this.id = about.id;
    this.card = about.card;
    this.threads = about.threads;
    this.parallel = about.parallel;
    this.advice = about.advice;
    this.#matrices = matrices;
    this.#count = count;
  }

  get numTensors(): number {
    return this.#count();
  }

  mlp(sizes: readonly number[], params: Float32Array): Mlp {
    const onDispose = (): void => void this.#networks.delete(network);
    const network: Mlp = new LayeredMlp(this.#matrices, sizes, params, { smallWork: SMALL_WORK[this.id], onDispose });
    this.#networks.add(network);
    return network;
  }

  [Symbol.dispose](): void {
    for (const network of this.#networks) network[Symbol.dispose]();
  }
}

async function openWasm(advice: string, parallel: boolean): Promise<TensorBackend> {
  const before = FATAL_EVENTS.map((event) => process.listeners(event as "exit"));
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend("wasm"))) {
    throw new MyoError("UNAVAILABLE", "tfjs-backend-wasm does not start; run npm ci again.");
  }
  await tf.ready();
  FATAL_EVENTS.forEach((event, i) => {
    for (const listener of process.listeners(event as "exit")) {
      if (before[i]?.includes(listener) !== true) process.removeListener(event, listener);
    }
  });
  const about = { id: "tfjs-wasm", card: false, threads: 1, parallel, advice } as const;
  return new MatrixBackend(about, new WasmMatrices(tf), () => tf.memory().numTensors);
}

/** @param all threads to compute with @throws Error where the addon is missing or does not load */
function openAddon({ env }: TensorOptions, all: number): TensorBackend {
  const file = findAddon(env);
  if (file === null) throw new Error(`TensorFlow is not set up; run: ${SETUP}`);
  const threads = fixLibrarySettings(all);
  const matrices = loadAddon(file);
  const about = { id: "tfjs-node-gpu", card: matrices.card, threads, parallel: all > 1, advice: null } as const;
  return new MatrixBackend(about, matrices, () => matrices.numTensors);
}

/**
 * The fastest matrix library there is: TensorFlow's own through the addon that `myoserve setup tensorflow` builds, else
 * tfjs in WebAssembly.
 * @throws MyoError UNAVAILABLE where the one that was asked for does not open.
 */
export async function openTensors(options: TensorOptions = {}): Promise<TensorBackend> {
  const { backend } = options;
  const all = options.threads ?? tensorThreads();
  let why = `for a faster one run: ${SETUP}`;
  if (backend !== "tfjs-wasm") {
    try {
      return openAddon(options, all);
    } catch (error) {
      why = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
      if (backend !== undefined) throw new MyoError("UNAVAILABLE", `${backend} does not open: ${why}`);
    }
  }
  return openWasm(`Matrices are multiplied in WebAssembly: ${why}`, all > 1);
}
