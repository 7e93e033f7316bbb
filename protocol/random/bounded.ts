import { multiplyHigh } from "./multiply-high.ts";
import type { Pcg64 } from "./pcg64.ts";

const WORD = 2 ** 32;
const INVERSE_WORD = 2 ** -32;

/** 2^64 mod count, for a count up to 2^53: 2^53 doubled eleven times, each step exact. */
function wordModulo(count: number): number {
  let rest = 2 ** 53 % count;
  for (let i = 0; i < 11; i++) rest = (rest * 2) % count;
  return rest;
}

function bounded32(pcg: Pcg64, count: number): number {
  let word = pcg.next32();
  if (Math.imul(word, count) >>> 0 < count) {
    const reject = WORD % count;
    while (Math.imul(word, count) >>> 0 < reject) word = pcg.next32();
  }
  return multiplyHigh(word, count);
}

function bounded64(pcg: Pcg64, count: number): number {
  const countHigh = Math.floor(count * INVERSE_WORD);
  const countLow = count >>> 0;
  let reject = -1;
  for (;;) {
    pcg.next64();
    const { high, low } = pcg;
    const column1 = multiplyHigh(low, countLow) + (Math.imul(low, countHigh) >>> 0) + (Math.imul(high, countLow) >>> 0);
    const remainder = (column1 >>> 0) * WORD + (Math.imul(low, countLow) >>> 0);
    // A remainder beyond 2^53 is rounded, and above every count all the same.
    if (reject < 0 && remainder < count) reject = wordModulo(count);
    if (remainder >= reject) {
      const column2 =
        multiplyHigh(low, countHigh) +
        multiplyHigh(high, countLow) +
        (Math.imul(high, countHigh) >>> 0) +
        Math.floor(column1 * INVERSE_WORD);
      return multiplyHigh(high, countHigh) * WORD + column2;
    }
  }
}

/**
 * Uniform integer of [0, count), 1 <= count <= 2^53, bit-exact to NumPy's int64 path.
 *
 * A single choice draws nothing; up to 2^32 choices take buffered 32-bit draws, more take 64 bits. Source: D. Lemire,
 * "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019.
 */
export function boundedInteger(pcg: Pcg64, count: number): number {
  if (count === 1) return 0;
  if (count < WORD) return bounded32(pcg, count);
  if (count === WORD) return pcg.next32();
  return bounded64(pcg, count);
}
