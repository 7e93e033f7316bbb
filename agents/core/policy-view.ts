import type { AgentContext } from "../../protocol/agent.ts";
import { didYouMean } from "../../protocol/closest.ts";
import { MyoError } from "../../protocol/errors.ts";
import { elementCount } from "../../protocol/ndarray.ts";
import { layoutOf } from "../../protocol/spaces.ts";

/*
 * Axes: N rows, F elements of the environment's observation, O of them that the policy sees.
 */

type Spec = AgentContext["spec"];

interface Group {
  readonly name: string;
  /** First element in an observation, and how many. */
  readonly offset: number;
  readonly size: number;
}

function groupsOf(spec: Spec): Group[] {
  return Object.entries(spec.obs_keys)
    .map(([name, { shape, offset }]) => ({ name, offset, size: elementCount(shape) }))
    .toSorted((a, b) => a.offset - b.offset);
}

/** Names checked; all but `hidden` where none are given, unless nothing were left. */
function chosen(
  groups: readonly Group[],
  names: readonly string[] | null,
  hidden: readonly string[],
): readonly Group[] {
  if (names === null) {
    const seen = groups.filter(({ name }) => !hidden.includes(name));
    return seen.length === 0 ? groups : seen;
  }
  const known = groups.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, known) || `; known: ${known.join(", ") || "none"}.`;
    throw new MyoError("BAD_OPTIONS", `policy_groups names no observation group "${unknown}"${hint}`);
  }
  return groups.filter(({ name }) => names.includes(name));
}

/** Which elements of the environment's observation the networks see: all, or those of some groups, in their order. */
export class PolicyView {
  /** O */
  readonly size: number;
  /** [O] elements of an observation; null: all. */
  readonly columns: Int32Array | null;
  readonly #groups: readonly Group[];
  /** F */
  readonly #width: number;

  /**
   * @param names groups that the policy sees; null: all but `hidden`.
   * @throws MyoError BAD_OPTIONS for a name that is no group.
   */
  constructor(spec: Spec, names: readonly string[] | null, hidden: readonly string[]) {
    const { buffers } = layoutOf(spec.obs_space);
    const all = groupsOf(spec);
    this.#width = buffers.reduce((sum, { size }) => sum + size, 0);
    this.#groups = chosen(all, names, hidden);
    // Groups are slices of a flat observation; without them, or with all of them, nothing is picked.
    this.columns =
      this.#groups.length === all.length
        ? null
        : Int32Array.from(
            this.#groups.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i)),
          );
    this.size = this.columns?.length ?? this.#width;
  }

  /** What the policy sees. @param obs [N, F] @param out [N, O], written */
  pick(obs: Float32Array, out: Float32Array): void {
    const { columns, size } = this;
    if (columns === null) {
      out.set(obs);
      return;
    }
    for (let from = 0, to = 0; to < out.length; from += this.#width, to += size) {
      for (let i = 0; i < size; i++) out[to + i] = obs[from + (columns[i] ?? 0)] ?? 0;
    }
  }

  /** Where a group lies in what the policy sees; null where it does not see it. */
  placesOf(name: string): Int32Array | null {
    const group = this.#groups.find((candidate) => candidate.name === name);
    if (group === undefined) return null;
    const start = this.columns === null ? group.offset : this.columns.indexOf(group.offset);
    return Int32Array.from({ length: group.size }, (_, i) => start + i);
  }
}
