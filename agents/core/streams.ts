import { namedStream, type Rng } from "../../protocol/random/generator.ts";

/** Seeds are the integers of [0, 2^53). */
const SEED_LIMIT = 2 ** 53;

function rowSeed(seed: number, row: number): number {
  const headroom = SEED_LIMIT - seed;
  return row < headroom ? seed + row : row - headroom;
}

/** One stream a row: row i of seed s draws what a lone row of seed s + i draws. */
export function rowStreams(seed: number, numEnvs: number, name: string): Rng[] {
  return Array.from({ length: numEnvs }, (_, row) => namedStream(rowSeed(seed, row), name));
}
