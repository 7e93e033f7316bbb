import type { NumericArray } from "../../protocol/ndarray.ts";
import type { DepParameters } from "./config.ts";
import type { Correlation, DeltaWindow, WindowShape } from "./delta-window.ts";
import { LowRankCorrelation } from "./low-rank-correlation.ts";
import { RollingCorrelation } from "./rolling-correlation.ts";

/** Largest change of the bias in one step, without the leak. */
const BIAS_STEP = 0.05;
/** Share of the bias that leaks away in one step. */
const BIAS_LEAK = 0.001;
/** Norms below this are taken for a standstill: their direction is rounding. */
const STANDSTILL = 1e-20;
/** Readings beyond this would overflow when squared twice; they count as no reading. */
const LARGEST_READING = 1e60;

/** How the correlation is computed; both give the same numbers up to rounding. */
export type CorrelationForm = "rolling" | "low-rank";

/** Both forms take the same time where n is a third of tau - 2, measured for tau 40. */
const BREAK_EVEN = 3;

/** The cheaper form: the rolling one costs O(n²) a step and keeps n² numbers a row, the other O(tau n) and tau². */
export function correlationForm(size: number, tau: number): CorrelationForm {
  return size * BREAK_EVEN > tau - 2 ? "low-rank" : "rolling";
}

function createCorrelation(shape: WindowShape, form: CorrelationForm, parameters: DepParameters): Correlation {
  return form === "low-rank"
    ? new LowRankCorrelation(shape, parameters.normalization !== "none")
    : new RollingCorrelation(shape);
}

/** ‖z‖₂ */
function lengthOf(z: Float64Array): number {
  let squares = 0;
  for (let j = 0; j < z.length; j++) squares += (z[j] ?? 0) ** 2;
  return Math.sqrt(squares);
}

function largestOf(z: Float64Array): number {
  let largest = 0;
  for (let j = 0; j < z.length; j++) largest = Math.max(largest, Math.abs(z[j] ?? 0));
  return largest;
}

const inverseUnlessStill = (norm: number, shift: number): number => (norm < STANDSTILL ? 0 : 1 / (norm + shift));

/**
 * Differential extrinsic plasticity (Der & Martius 2015) in float64: rows are independent controllers of n sensors and
 * n motors. Equations in the README.
 *
 * Axes: E rows, n muscles.
 */
export class DepController {
  readonly rows: number;
  readonly size: number;
  /** Live arrays: everything the next step depends on. */
  readonly arrays: Readonly<Record<string, NumericArray>>;
  readonly #parameters: DepParameters;
  /** ρ */
  readonly #shift: number;
  readonly #window: DeltaWindow;
  readonly #correlation: Correlation;
  /** Learning steps since (re)start, t, [E]. */
  readonly #time: Float64Array;
  /** 1 once a row has a reading, [E]. */
  readonly #started: Uint8Array;
  /** x̃, y and h, [E, n]. */
  readonly #smoothed: Float64Array;
  readonly #action: Float64Array;
  readonly #bias: Float64Array;
  /** Factors on sensors and on motors that turn C into Ĉ, and what they are applied to; [n]. */
  readonly #input: Float64Array;
  readonly #output: Float64Array;
  readonly #scaled: Float64Array;

  constructor(rows: number, size: number, parameters: DepParameters, form = correlationForm(size, parameters.tau)) {
    this.rows = rows;
    this.size = size;
    this.#parameters = parameters;
    this.#shift = 10 ** -parameters.regularization;
    const { tau, time_dist: timeDist } = parameters;
    this.#correlation = createCorrelation({ rows, size, tau, timeDist }, form, parameters);
    this.#window = this.#correlation.window;
    this.#time = new Float64Array(rows);
    this.#started = new Uint8Array(rows);
    this.#smoothed = new Float64Array(rows * size);
    this.#action = new Float64Array(rows * size);
    this.#bias = new Float64Array(rows * size);
    this.#input = new Float64Array(size);
    this.#output = new Float64Array(size);
    this.#scaled = new Float64Array(size);
    this.arrays = {
      ...this.#correlation.arrays,
      deltas: this.#window.deltas,
      lengths: this.#window.lengths,
      time: this.#time,
      started: this.#started,
      smoothed: this.#smoothed,
      action: this.#action,
      bias: this.#bias,
    };
  }

  /**
   * One control step of all rows. An element of x that is not finite counts as unchanged.
   * @param x [E, n] sensors @param y [E, n] actions in [-1, 1], written
   * @param acts [E] 0 where no action is wanted, because `execute` tells another one: such a row learns, which costs
   * little, and its y stays as it was. null: all act.
   */
  step(x: Float64Array, y: Float64Array, acts: Uint8Array | null = null): void {
    const length = this.rows * this.size;
    if (x.length !== length || y.length !== length) {
      throw new RangeError(`x and y must hold ${this.rows} x ${this.size} elements, got ${x.length} and ${y.length}.`);
    }
    for (let row = 0; row < this.rows; row++) {
      this.#sense(row, x);
      if (this.#parameters.with_learning) this.#learn(row);
      if (acts === null || acts[row]) this.#act(row, y);
    }
  }

  /**
   * The row executed something else than the last step proposed: the bias opposes that instead.
   * @param action [n] in [-1, 1]
   */
  execute(row: number, action: Float64Array): void {
    this.#action.set(action, row * this.size);
  }

  /** Back to t = 0: window, matrix and bias of the row are forgotten. */
  resetRow(row: number): void {
    const { size, slots, deltas, lengths } = this.#window;
    deltas.fill(0, row * slots * size, (row + 1) * slots * size);
    lengths.fill(0, row * slots, (row + 1) * slots);
    this.#correlation.clear(row);
    this.#time[row] = 0;
    this.#started[row] = 0;
    for (const values of [this.#smoothed, this.#action, this.#bias]) values.fill(0, row * size, (row + 1) * size);
  }

  /** Copies of a row's x̃, h, C and Ĉ (motors by sensors, [n, n]), for tests and displays. */
  inspect(row: number): { smoothed: Float64Array; bias: Float64Array; raw: Float64Array; normalized: Float64Array } {
    const { size } = this;
    const part = (values: Float64Array): Float64Array => values.slice(row * size, (row + 1) * size);
    const raw = new Float64Array(size * size);
    const unit = new Float64Array(size);
    const column = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      unit.fill(0);
      unit[k] = 1;
      this.#correlation.multiply(row, unit, column);
      for (let j = 0; j < size; j++) raw[j * size + k] = this.#parameters.model_sign * (column[j] ?? 0);
    }
    this.#correlation.settle(row);
    this.#factors(row);
    const normalized = raw.map(
      (value, i) => value * (this.#output[Math.floor(i / size)] ?? 0) * (this.#input[i % size] ?? 0),
    );
    return { smoothed: part(this.#smoothed), bias: part(this.#bias), raw, normalized };
  }

  /** Smooths the reading and, while learning, enters its change into the window. */
  #sense(row: number, x: Float64Array): void {
    const { size } = this;
    const { deltas } = this.#window;
    const { s4avg, with_learning: learning } = this.#parameters;
    const smooths = this.#started[row] === 1 && s4avg > 1;
    const t = this.#time[row] ?? 0;
    const at = row * size;
    const deltaAt = learning && t > 0 ? this.#window.at(row, t) : -1;
    for (let i = 0; i < size; i++) {
      const old = this.#smoothed[at + i] ?? 0;
      const reading = x[at + i] ?? NaN;
      const smoothed = smooths ? old + (reading - old) / s4avg : reading;
      const next = Math.abs(reading) < LARGEST_READING ? smoothed : old;
      this.#smoothed[at + i] = next;
      if (deltaAt >= 0) deltas[deltaAt + i] = next - old;
    }
    this.#started[row] = 1;
    if (deltaAt >= 0) this.#window.seal(row, t);
  }

  #learn(row: number): void {
    const t = this.#time[row] ?? 0;
    this.#time[row] = t + 1;
    this.#correlation.advance(row, t);
    if (t >= this.#parameters.time_dist + 2) this.#learnBias(row);
  }

  /** h <- h - [clip(b y, ±0.05) + 0.001 h], with the row's last action y. */
  #learnBias(row: number): void {
    const { size } = this;
    const { bias_rate: rate } = this.#parameters;
    for (let i = row * size; i < (row + 1) * size; i++) {
      const bias = this.#bias[i] ?? 0;
      const change = Math.min(Math.max(rate * (this.#action[i] ?? 0), -BIAS_STEP), BIAS_STEP);
      this.#bias[i] = rate < 0 ? 0 : bias - (change + BIAS_LEAK * bias);
    }
  }

  /** Fills the factors on sensors (columns) and motors (rows): Ĉ_jk = output_j C_jk input_k. */
  #factors(row: number): void {
    const { size } = this;
    const { kappa, normalization } = this.#parameters;
    const { norms } = this.#correlation;
    this.#input.fill(1);
    this.#output.fill(1);
    if (normalization === "none") return;
    if (normalization === "global") {
      let squares = 0;
      for (let j = row * size; j < (row + 1) * size; j++) squares += (norms[j] ?? 0) ** 2;
      this.#output.fill(kappa * inverseUnlessStill(Math.sqrt(squares), this.#shift));
      return;
    }
    const factors = normalization === "row" ? this.#output : this.#input;
    for (let j = 0; j < size; j++) factors[j] = kappa * inverseUnlessStill(norms[row * size + j] ?? 0, this.#shift);
  }

  /** y = tanh(κ q + h), q = Ĉ x̃ / ‖Ĉ x̃‖. */
  #act(row: number, y: Float64Array): void {
    const { size } = this;
    const { model_sign: sign, kappa, output_gain: gain } = this.#parameters;
    const at = row * size;
    const z = this.#output;
    this.#correlation.settle(row);
    this.#factors(row);
    for (let i = 0; i < size; i++) this.#scaled[i] = (this.#input[i] ?? 0) * (this.#smoothed[at + i] ?? 0);
    // The sensors' factors are used up: their array takes the product.
    this.#correlation.multiply(row, this.#scaled, this.#input);
    for (let j = 0; j < size; j++) z[j] = sign * (z[j] ?? 0) * (this.#input[j] ?? 0);
    const scale = (gain ? kappa : 1) * this.#inverseNorm(z);
    for (let j = 0; j < size; j++) {
      const value = Math.tanh(scale * (z[j] ?? 0) + (this.#bias[at + j] ?? 0));
      this.#action[at + j] = value;
      y[at + j] = value;
    }
  }

  /** g of q = g z. */
  #inverseNorm(z: Float64Array): number {
    const { q_norm: kind } = this.#parameters;
    if (kind === "none") return 1;
    return inverseUnlessStill(kind === "l2" ? lengthOf(z) : largestOf(z), this.#shift);
  }
}
