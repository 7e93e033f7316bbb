import { MyoError } from "../../../protocol/errors.ts";
import { createRng } from "../../../protocol/random/generator.ts";
import { symmetricEigen } from "./linear-algebra.ts";

/*
 * Axes: T recorded steps, A actions, K synergies.
 */

/** Components whose variance is below this share of the largest are rounding. */
const RANK_SHARE = 1e-10;
/** FastICA stops when no unit vector turns by more, as 1 - |cosine|, or after so many rounds. */
const ICA_TOLERANCE = 1e-4;
const ICA_ROUNDS = 200;
/** The start of FastICA: any, but always the same. */
const ICA_SEED = 0;

/** Muscle synergies: a = offset + M c for activations c of [-1, 1], and back. */
export interface Synergies {
  readonly count: number;
  /** M, [A, K] */
  readonly decoder: Float64Array;
  /** [A] */
  readonly offset: Float64Array;
  /** Its pseudo-inverse, [K, A]: c = E a + e */
  readonly encoder: Float64Array;
  /** e, [K] */
  readonly encoderOffset: Float64Array;
}

/** Recorded actions, one row a step. */
export interface Recording {
  readonly steps: number;
  readonly actions: number;
  /** [T, A] */
  readonly values: Float64Array;
}

function columnMeans({ steps, actions, values }: Recording): Float64Array {
  const means = new Float64Array(actions);
  for (let i = 0; i < values.length; i++) means[i % actions] = (means[i % actions] ?? 0) + (values[i] ?? 0) / steps;
  return means;
}

function covarianceOf({ steps, actions, values }: Recording, means: Float64Array): Float64Array {
  const covariance = new Float64Array(actions * actions);
  const centred = new Float64Array(actions);
  for (let t = 0; t < steps; t++) {
    for (let i = 0; i < actions; i++) centred[i] = (values[t * actions + i] ?? 0) - (means[i] ?? 0);
    for (let i = 0; i < actions; i++) {
      const share = (centred[i] ?? 0) / steps;
      for (let j = 0; j < actions; j++) {
        covariance[i * actions + j] = (covariance[i * actions + j] ?? 0) + share * (centred[j] ?? 0);
      }
    }
  }
  return covariance;
}

/** Whitening of the first K principal components, rows v_k / σ_k: [K, A], and the deviations σ_k: [K]. */
function whitening(recording: Recording, means: Float64Array, count: number) {
  const { actions } = recording;
  const { values, vectors } = symmetricEigen(covarianceOf(recording, means), actions);
  const floor = RANK_SHARE * (values[0] ?? 0);
  const rank = values.filter((value) => value > floor).length;
  if (count > rank) {
    throw new MyoError(
      "BAD_OPTIONS",
      `The recorded actions vary in ${rank} directions, but ${count} synergies are asked for; record more, or lower synergies.`,
    );
  }
  const deviations = Float64Array.from({ length: count }, (_, k) => Math.sqrt(values[k] ?? 0));
  const components = vectors.subarray(0, count * actions);
  return { deviations, components };
}

/** W <- (W Wᵀ)^(-1/2) W: orthonormal rows, all treated alike. @param w [K, K] */
function decorrelate(w: Float64Array, count: number): Float64Array {
  const gram = multiply(w, transpose(w, count, count), count, count, count);
  const { values, vectors } = symmetricEigen(gram, count);
  const scaled = vectors.map((value, i) => value / Math.sqrt(values[Math.floor(i / count)] ?? 1));
  const root = multiply(transpose(vectors, count, count), scaled, count, count, count);
  return multiply(root, w, count, count, count);
}

function transpose(a: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: a.length }, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
}

/** [n, m] times [m, l]. */
function multiply(a: Float64Array, b: Float64Array, n: number, m: number, l: number): Float64Array {
  const out = new Float64Array(n * l);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < m; k++) {
      const factor = a[i * m + k] ?? 0;
      for (let j = 0; j < l; j++) out[i * l + j] = (out[i * l + j] ?? 0) + factor * (b[k * l + j] ?? 0);
    }
  }
  return out;
}

/** One fixed-point step of all units, g = tanh: w⁺ = E[z g(w z)] - E[g'(w z)] w. @param z [T, K] white */
function icaStep(z: Float64Array, w: Float64Array, steps: number, count: number): Float64Array {
  const next = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    const row = w.subarray(k * count, (k + 1) * count);
    let slope = 0;
    for (let t = 0; t < steps; t++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += (row[i] ?? 0) * (z[t * count + i] ?? 0);
      const g = Math.tanh(sum);
      slope += (1 - g * g) / steps;
      for (let i = 0; i < count; i++)
        next[k * count + i] = (next[k * count + i] ?? 0) + (g * (z[t * count + i] ?? 0)) / steps;
    }
    for (let i = 0; i < count; i++) next[k * count + i] = (next[k * count + i] ?? 0) - slope * (row[i] ?? 0);
  }
  return decorrelate(next, count);
}

/** Largest 1 - |cosine| between the old and the new unit vectors. */
function turned(a: Float64Array, b: Float64Array, count: number): number {
  let most = 0;
  for (let k = 0; k < count; k++) {
    let cosine = 0;
    for (let i = 0; i < count; i++) cosine += (a[k * count + i] ?? 0) * (b[k * count + i] ?? 0);
    most = Math.max(most, 1 - Math.abs(cosine));
  }
  return most;
}

/** Rotation of white data to independent sources: FastICA with symmetric decorrelation (Hyvärinen 1999). */
function icaRotation(z: Float64Array, steps: number, count: number): Float64Array {
  const rng = createRng(ICA_SEED);
  let w = decorrelate(
    Float64Array.from({ length: count * count }, () => rng.standardNormal()),
    count,
  );
  for (let round = 0; round < ICA_ROUNDS; round++) {
    const next = icaStep(z, w, steps, count);
    const change = turned(w, next, count);
    w = next;
    if (change < ICA_TOLERANCE) break;
  }
  return w;
}

/** Middle and half width of each source over the recording. @param sources [T, K] */
function ranges(sources: Float64Array, count: number): { middle: Float64Array; half: Float64Array } {
  const low = new Float64Array(count).fill(Infinity);
  const high = new Float64Array(count).fill(-Infinity);
  sources.forEach((value, i) => {
    low[i % count] = Math.min(low[i % count] ?? 0, value);
    high[i % count] = Math.max(high[i % count] ?? 0, value);
  });
  return {
    middle: low.map((value, k) => (value + (high[k] ?? 0)) / 2),
    half: low.map((value, k) => ((high[k] ?? 0) - value) / 2),
  };
}

/**
 * Synergies of recorded actions: principal components, rotated to independent ones, each scaled so that the recording
 * spans [-1, 1] (Berg et al. 2023, section III).
 *
 * @throws MyoError BAD_OPTIONS where the recording varies in fewer directions than synergies are asked for.
 */
export function extractSynergies(recording: Recording, count: number): Synergies {
  const { steps, actions, values } = recording;
  const means = columnMeans(recording);
  const { deviations, components } = whitening(recording, means, count);
  const whiten = components.map((value, i) => value / (deviations[Math.floor(i / actions)] ?? 1));
  const centred = values.map((value, i) => value - (means[i % actions] ?? 0));
  const white = multiply(centred, transpose(whiten, count, actions), steps, actions, count);
  const rotation = icaRotation(white, steps, count);
  const sources = multiply(white, transpose(rotation, count, count), steps, count, count);
  const { middle, half } = ranges(sources, count);
  const mixing = multiply(
    transpose(components, count, actions).map((value, i) => value * (deviations[i % count] ?? 0)),
    transpose(rotation, count, count),
    actions,
    count,
    count,
  );
  const unmixing = multiply(rotation, whiten, count, count, actions);
  const decoder = mixing.map((value, i) => value * (half[i % count] ?? 0));
  const encoder = unmixing.map((value, i) => value / (half[Math.floor(i / actions)] ?? 1));
  const shift = multiply(mixing, middle, actions, count, 1);
  const unshift = multiply(encoder, means, count, actions, 1);
  return {
    count,
    decoder,
    offset: means.map((value, i) => value + (shift[i] ?? 0)),
    encoder,
    encoderOffset: unshift.map((value, k) => -value - (middle[k] ?? 0) / (half[k] ?? 1)),
  };
}
