/** Largest deviation of each quantity, and where the largest of all was met. */

/** Where a deviation was met; step -1 is the reset that starts the episode. */
export interface Place {
  readonly seed: number;
  readonly forced: boolean;
  readonly episode: number;
  readonly step: number;
}

/** In the order of the report. */
const SECTIONS = [
  "reset",
  "unseeded reset",
  "observation",
  "reward",
  "state",
  "forced observation",
  "forced reward",
  "forced state",
] as const;
export type Section = (typeof SECTIONS)[number];

export interface Worst extends Place {
  readonly section: Section;
  readonly key: string;
  readonly deviation: number;
}

/** |got - want| / max(1, |want|) at its largest; Infinity where lengths differ or one side alone is NaN. */
export function deviation(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const a = got[i] ?? NaN;
    const b = want[i] ?? NaN;
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
  }
  return worst;
}

/** Collects the largest deviation a key, section by section. */
export class Deviations {
  readonly #sections = new Map<Section, Map<string, number>>(SECTIONS.map((section) => [section, new Map()]));
  /** The first place where the tolerance was left, null where it never was. */
  first: Worst | null = null;
  worst: Worst | null = null;
  readonly #tolerance: number;

  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  note(section: Section, key: string, value: number, place: Place): void {
    const keys = this.#sections.get(section);
    keys?.set(key, Math.max(keys.get(key) ?? 0, value));
    if (value > (this.worst?.deviation ?? -1)) this.worst = { ...place, section, key, deviation: value };
    if (value > this.#tolerance) this.first ??= { ...place, section, key, deviation: value };
  }

  /** By section and key; sections that nothing was compared in are left out. */
  toObject(): Record<string, Record<string, number>> {
    const met = [...this.#sections].filter(([, keys]) => keys.size > 0);
    return Object.fromEntries(met.map(([section, keys]) => [section, Object.fromEntries(keys)]));
  }
}
