import { listEnvs } from "../../../envs/registry.ts";
import { didYouMean } from "../../../protocol/closest.ts";
import { MyoError } from "../../../protocol/errors.ts";

/** `*` any text, `?` one character. */
function matcher(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`);
}

/**
 * Ids that a pattern names and MyoSuite has as well, those of one model next to each other.
 * @param modelOf model of the pack by id of MyoSuite
 * @throws MyoError ENV_UNKNOWN where a pattern matches none.
 */
export function selectIds(patterns: readonly string[], modelOf: Readonly<Record<string, string>>): string[] {
  const known = listEnvs()
    .filter(({ id, pack }) => pack === "myosuite" && Object.hasOwn(modelOf, id))
    .map(({ id }) => id);
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const matching = known.filter((id) => matcher(pattern).test(id));
    if (matching.length === 0) {
      const hint = didYouMean(pattern, known) || "; list them with: npx myoserve envs --prefix myo";
      throw new MyoError("ENV_UNKNOWN", `No environment of MyoSuite is called ${pattern}${hint}`);
    }
    for (const id of matching) chosen.add(id);
  }
  const order = Object.keys(modelOf).map((id) => modelOf[id]);
  return [...chosen].sort((a, b) => order.indexOf(modelOf[a]) - order.indexOf(modelOf[b]));
}
