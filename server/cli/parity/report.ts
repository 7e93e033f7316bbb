import { whereOf, type Verdict } from "./compare.ts";
import type { Worst } from "./deviations.ts";

/** A deviation in two digits; 0 stands for equal to the last bit. */
function digits(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

function placeOf(worst: Worst): string {
  return `${digits(worst.deviation)} in ${worst.section} ${worst.key} at ${whereOf(worst)}`;
}

/** One environment: a line, then a line a section. */
export function printVerdict({ id, ok, worst, first, unlike, deviations }: Verdict): void {
  const summary = worst === null ? "nothing compared" : `worst ${placeOf(worst)}`;
  console.log(`${ok ? "ok  " : "FAIL"} ${id}: ${summary}`);
  if (first !== null) console.log(`     beyond the tolerance first: ${placeOf(first)}`);
  for (const sentence of unlike) console.log(`     ${sentence}`);
  for (const [section, keys] of Object.entries(deviations)) {
    const values = Object.entries(keys).map(([key, value]) => `${key} ${digits(value)}`);
    console.log(`     ${section}: ${values.join(", ")}`);
  }
}
