import { boundedInteger } from "./bounded.ts";
import type { Mt19937State } from "./mt19937.ts";
import { Pcg64, type Pcg64State } from "./pcg64.ts";
import { SeedSequence, type Seed } from "./seed-sequence.ts";
import { standardNormal } from "./ziggurat.ts";

/** A stream frozen between two draws; JSON-safe. */
export type RngState = Pcg64State | Mt19937State;

/**
 * A seeded random stream: the draws of `numpy.random.Generator(PCG64(SeedSequence(seed)))`, bit for bit; one made by
 * `createRandomState` those of `numpy.random.RandomState(seed)`.
 *
 * A refused call throws a RangeError and draws nothing.
 */
export interface Rng {
  /** Uniform on [0, 1), 53 bits. */
  random(): number;
  randomInto(out: Float64Array): void;
  /** Uniform on [low, high); RangeError unless high - low is finite and not negative. */
  uniform(low: number, high: number): number;
  /** One draw per element of `out`, in order; a bound is a number or has one element per element of `out`. */
  uniformInto(low: ArrayLike<number> | number, high: ArrayLike<number> | number, out: Float64Array): void;
  /** Integer of [low, high); RangeError unless there are 1 to 2^53 of them and both bounds are safe integers. */
  integers(low: number, high: number): number;
  /** As `integers`, for bounds that fit in 32 bits. */
  integersInto(low: number, high: number, out: Int32Array): void;
  /** Gaussian; mean 0 and standard deviation 1 unless given, RangeError where `std` is negative. */
  normal(mean?: number, std?: number): number;
  normalInto(mean: ArrayLike<number> | number, std: ArrayLike<number> | number, out: Float64Array): void;
  standardNormal(): number;
  standardNormalInto(out: Float64Array): void;
  /** Index of [0, n), n >= 1: `choice(n)`. */
  choiceIndex(n: number): number;
  /** An item, all equally likely: `choice(items)`. RangeError where there are none. */
  choice<T>(items: readonly T[]): T;
  /** Index i with probability `probabilities[i]`: `choice(n, p=…)`. They must sum to 1 within 1.5e-8. */
  choiceP(probabilities: ArrayLike<number>): number;
  save(): RngState;
  /** Continue exactly where `save` was called; RangeError where `state` is not such a state. */
  load(state: RngState): void;
}

/** A stream of PCG64. */
export interface Pcg64Rng extends Rng {
  save(): Pcg64State;
}

/** What NumPy's streams differ in: where the bits come from, and how they become integers and normals. */
export interface DrawSource<State extends RngState> {
  /** Uniform on [0, 1), 53 bits. */
  nextDouble(): number;
  /** Integer of [0, count), 1 <= count <= 2^53. */
  boundedInteger(count: number): number;
  standardNormal(): number;
  save(): State;
  /** @throws RangeError, and changes nothing, where it is no state of such a stream. */
  load(state: RngState): void;
}

/** NumPy's tolerance on a sum of probabilities: sqrt of the double epsilon. */
const PROBABILITY_TOLERANCE = Math.sqrt(Number.EPSILON);

/** First word of the spawn key of a named stream: "name" in ASCII. */
const NAME_TAG = 0x6e616d65;

function width(low: number, high: number): number {
  const range = high - low;
  if (range >= 0 && range < Infinity) return range;
  throw new RangeError(`uniform needs low <= high and a finite range, got ${low} and ${high}; swap or bound them.`);
}

function countOf(low: number, high: number): number {
  const count = high - low;
  if (count >= 1 && count <= 2 ** 53 && Number.isSafeInteger(low) && Number.isSafeInteger(high)) return count;
  throw new RangeError(
    `integers needs safe integers low < high at most 2^53 apart, got ${low} and ${high}; high is exclusive.`,
  );
}

function deviation(std: number): number {
  if (std >= 0) return std;
  throw new RangeError(`normal needs std >= 0, got ${std}; pass its absolute value.`);
}

/** A scalar argument for every element, or the argument's own element. */
function element(values: ArrayLike<number> | number, i: number): number {
  return typeof values === "number" ? values : (values[i] ?? NaN);
}

function assertLength(name: string, values: ArrayLike<number> | number, length: number): void {
  if (typeof values === "number" || values.length === length) return;
  throw new RangeError(`${name} has ${values.length} elements for ${length} draws; pass as many, or one number.`);
}

/** NumPy's checks of `p`; returns the plain running sum, which scales the cumulative distribution. */
function totalOf(probabilities: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i] ?? NaN;
    if (!(p >= 0)) throw new RangeError(`Probability ${i} must be at least 0, got ${p}; clip it.`);
    total += p;
  }
  if (Math.abs(total - 1) <= PROBABILITY_TOLERANCE) return total;
  throw new RangeError(`Probabilities must sum to 1, got ${total}; divide them by their sum.`);
}

/** The methods of `Rng` over any source. */
export class Stream<State extends RngState> implements Rng {
  readonly #source: DrawSource<State>;

  constructor(source: DrawSource<State>) {
    this.#source = source;
  }

  random(): number {
    return this.#source.nextDouble();
  }

  randomInto(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.#source.nextDouble();
  }

  uniform(low: number, high: number): number {
    return low + width(low, high) * this.#source.nextDouble();
  }

  uniformInto(low: ArrayLike<number> | number, high: ArrayLike<number> | number, out: Float64Array): void {
    assertLength("low", low, out.length);
    assertLength("high", high, out.length);
    for (let i = 0; i < out.length; i++) width(element(low, i), element(high, i));
    for (let i = 0; i < out.length; i++) out[i] = this.uniform(element(low, i), element(high, i));
  }

  integers(low: number, high: number): number {
    return low + this.#source.boundedInteger(countOf(low, high));
  }

  integersInto(low: number, high: number, out: Int32Array): void {
    if (low < -(2 ** 31) || high > 2 ** 31) {
      throw new RangeError(`integersInto writes 32-bit integers, got bounds ${low} and ${high}; use integers().`);
    }
    const count = countOf(low, high);
    for (let i = 0; i < out.length; i++) out[i] = low + this.#source.boundedInteger(count);
  }

  normal(mean = 0, std = 1): number {
    return mean + deviation(std) * this.#source.standardNormal();
  }

  normalInto(mean: ArrayLike<number> | number, std: ArrayLike<number> | number, out: Float64Array): void {
    assertLength("mean", mean, out.length);
    assertLength("std", std, out.length);
    for (let i = 0; i < out.length; i++) deviation(element(std, i));
    for (let i = 0; i < out.length; i++) out[i] = this.normal(element(mean, i), element(std, i));
  }

  standardNormal(): number {
    return this.#source.standardNormal();
  }

  standardNormalInto(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.#source.standardNormal();
  }

  choiceIndex(n: number): number {
    return this.integers(0, n);
  }

  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("choice needs at least one item, got none; check the list first.");
    return items[this.integers(0, items.length)] as T;
  }

  choiceP(probabilities: ArrayLike<number>): number {
    const total = totalOf(probabilities);
    const u = this.#source.nextDouble();
    let sum = 0;
    let i = 0;
    for (; i < probabilities.length - 1; i++) {
      sum += probabilities[i] ?? 0;
      if (u < sum / total) break;
    }
    return i;
  }

  save(): State {
    return this.#source.save();
  }

  load(state: RngState): void {
    this.#source.load(state);
  }
}

class Pcg64Source implements DrawSource<Pcg64State> {
  readonly #pcg: Pcg64;

  constructor(seeds: SeedSequence) {
    this.#pcg = new Pcg64(seeds);
  }

  nextDouble(): number {
    return this.#pcg.nextDouble();
  }

  boundedInteger(count: number): number {
    return boundedInteger(this.#pcg, count);
  }

  standardNormal(): number {
    return standardNormal(this.#pcg);
  }

  save(): Pcg64State {
    return this.#pcg.save();
  }

  load(state: RngState): void {
    if (state.algorithm !== "pcg64") {
      throw new RangeError(
        `Rng state: the algorithm must be pcg64, got ${state.algorithm}; pass what save() returned.`,
      );
    }
    this.#pcg.load(state);
  }
}

/**
 * The stream of a seed; null seeds from the platform's secure source.
 *
 * Further numbers pick an independent stream of the same seed: `createRng(seed, i)` is the generator of
 * `SeedSequence(seed).spawn(n)[i]`, and more numbers descend further.
 */
export function createRng(seed: Seed, ...stream: number[]): Pcg64Rng {
  return new Stream(new Pcg64Source(new SeedSequence(seed, stream)));
}

/**
 * An independent stream of a seed for one purpose, such as "dep" or "noise"; further numbers tell rows apart.
 *
 * In NumPy: `SeedSequence(seed, spawn_key=(0x6e616d65, len(utf8), *utf8, *stream))`.
 */
export function namedStream(seed: Seed, name: string, ...stream: number[]): Pcg64Rng {
  const bytes = new TextEncoder().encode(name);
  return createRng(seed, NAME_TAG, bytes.length, ...bytes, ...stream);
}
