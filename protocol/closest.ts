/** Edit distance counting insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let current = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (current[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min((current[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (previous[j - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    previous = current;
    current = next;
  }
  return current[b.length] ?? 0;
}

/** Longer names are compared by their first characters only: the cost of a comparison is quadratic. */
const LONGEST_COMPARED = 128;

/**
 * The candidate a mistyped name most likely meant, ignoring case.
 * @returns null when nothing is near: more than a third of the longer name's characters differ.
 */
export function closest(name: string, candidates: Iterable<string>): string | null {
  const wanted = name.slice(0, LONGEST_COMPARED).toLowerCase();
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const offered = candidate.slice(0, LONGEST_COMPARED).toLowerCase();
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, offered.length) / 3));
    if (Math.abs(wanted.length - offered.length) > allowed) continue;
    const distance = editDistance(wanted, offered);
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The end of a sentence about an unknown name: `; did you mean "x"?`, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const near = closest(name, candidates);
  return near === null ? "" : `; did you mean "${near}"?`;
}
