/** When a foot counts as on the ground. */
export interface ContactRules {
  /** Contact begins where the force rises above `on` and ends where it falls below `off`, N; off < on. */
  readonly on: number;
  readonly off: number;
  /** Shorter losses of contact are bounces, s. */
  readonly leastSwing: number;
  /** Shorter contacts are scuffs of a swinging foot, s. */
  readonly leastStance: number;
}

/** A contact with the ground, in fractional rows; -Infinity and Infinity where the series begins or ends within it. */
export interface Stance {
  readonly strike: number;
  readonly toeOff: number;
}

/** Fractional row between `row` - 1 and `row` where the series crosses a level. */
function crossing(force: Float64Array, row: number, level: number): number {
  const [before, after] = [force[row - 1] ?? 0, force[row] ?? 0];
  return row - 1 + (level - before) / (after - before);
}

/** Contacts by the two thresholds alone. */
function rawStances(force: Float64Array, { on, off }: ContactRules): Stance[] {
  const stances: Stance[] = [];
  let strike: number | null = null;
  for (let row = 0; row < force.length; row++) {
    const value = force[row] ?? 0;
    if (strike === null && value > on) strike = row === 0 ? -Infinity : crossing(force, row, on);
    else if (strike !== null && value < off) {
      stances.push({ strike, toeOff: crossing(force, row, off) });
      strike = null;
    }
  }
  if (strike !== null) stances.push({ strike, toeOff: Infinity });
  return stances;
}

/**
 * Contacts of one foot with the ground, in order.
 * @param force [T] vertical force of the ground, N, of one episode.
 * @param dt time between rows, s.
 */
export function stancesOf(force: Float64Array, dt: number, rules: ContactRules): Stance[] {
  const joined: Stance[] = [];
  for (const stance of rawStances(force, rules)) {
    const last = joined.at(-1);
    const bounced = last !== undefined && (stance.strike - last.toeOff) * dt < rules.leastSwing;
    if (bounced) joined[joined.length - 1] = { strike: last.strike, toeOff: stance.toeOff };
    else joined.push(stance);
  }
  return joined.filter(({ strike, toeOff }) => (toeOff - strike) * dt >= rules.leastStance);
}
