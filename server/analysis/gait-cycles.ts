import type { Stance } from "./stances.ts";

/** A cycle this many times as long (or short) as the median has a missed (or a doubled) heel strike. */
const LONGEST_SHARE = 1.5;
const SHORTEST_SHARE = 0.5;
/** Longer than this is standing, shorter is bouncing or falling (a sprinter's stride lasts 0.45 s, an ostrich's 0.35 s). */
const LONGEST = 3;
const SHORTEST = 0.3;

/** From a heel strike of a foot to its next one, in fractional rows of one recording. */
export interface Cycle {
  readonly start: number;
  /** End of the stance. */
  readonly toeOff: number;
  readonly end: number;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Cycles between successive stances whose heel strikes are known. */
export function cyclesOf(stances: readonly Stance[], firstRow: number): Cycle[] {
  const cycles: Cycle[] = [];
  for (let i = 1; i < stances.length; i++) {
    const [stance, next] = [stances[i - 1], stances[i]];
    if (stance === undefined || next === undefined || stance.strike < 0) continue;
    cycles.push({ start: firstRow + stance.strike, toeOff: firstRow + stance.toeOff, end: firstRow + next.strike });
  }
  return cycles;
}

/** The cycles of a foot that are strides; the others miss a step, have one too many, or are a stand or a fall. */
export function regularCycles(cycles: readonly Cycle[], dt: number): Cycle[] {
  const durations = cycles.map(({ start, end }) => (end - start) * dt);
  const possible = (duration: number): boolean => duration >= SHORTEST && duration <= LONGEST;
  const typical = median(durations.filter(possible));
  return cycles.filter((_, i) => {
    const duration = durations[i] ?? NaN;
    return possible(duration) && duration >= SHORTEST_SHARE * typical && duration <= LONGEST_SHARE * typical;
  });
}
