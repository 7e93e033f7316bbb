/** Largest deviation of each quantity, and where the largest of all was met. */

/** Where a deviation was met; step -1 is the reset that starts the episode. */
export interface Place {
  readonly seed: number;
  readonly forced: boolean;
  readonly episode: number;
  readonly step: number;
}

export type Section =
  | "reset"
  | "unseeded reset"
  | "observation"
  | "reward"
  | "state"
  | "forced observation"
  | "forced reward"
  | "forced state";

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
  readonly sections = new Map<Section, Map<string, number>>();
  /** The first place where the tolerance was left, null where it never was. */
  first: Worst | null = null;
  worst: Worst | null = null;
  readonly #tolerance: number;

  constructor(tolerance: number) {
    this.#tolerance = tolerance;
  }

  note(section: Section, key: string, value: number, place: Place): void {
    const keys = this.sections.get(section) ?? new Map<string, number>();
    this.sections.set(section, keys);
    keys.set(key, Math.max(keys.get(key) ?? 0, value));
    if (value > (this.worst?.deviation ?? -1)) this.worst = { ...place, section, key, deviation: value };
    if (value > this.#tolerance) this.first ??= { ...place, section, key, deviation: value };
  }

  /** For JSON. */
  toObject(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.sections].map(([section, keys]) => [section, Object.fromEntries(keys)]));
  }
}
