import type { Rng } from "../../../../protocol/random/generator.ts";
import { bootstrap, iqm } from "../statistics.ts";
import { decide, whole, type Claim, type DifferencePart } from "../verdict.ts";
import { BOUNDS, FEW, LEARNT, MANY, RESAMPLES, TEST_SEEDS, type Method, type World } from "./plan.ts";

/** The metric by seed. */
export type MetricOf = (world: World, method: Method) => readonly number[];

/** The claims of PLAN.md. */
export class ClaimMaker {
  readonly #metric: MetricOf;
  readonly #rng: Rng;

  constructor(metric: MetricOf, rng: Rng) {
    this.#metric = metric;
    this.#rng = rng;
  }

  claims(): Claim<DifferencePart>[] {
    return [
      whole("many", [this.#difference(MANY, "mpo"), this.#difference(MANY, "mpo-pink")]),
      whole("few", [this.#harm()]),
      whole("widening", [this.#widening()]),
    ];
  }

  /** dep-rl − other with many muscles. */
  #difference(world: World, other: Method): DifferencePart {
    const groups = [this.#metric(world, "dep-rl"), this.#metric(world, other)];
    const name = `dep-rl − ${other} (${world.name})`;
    return this.#judge(
      name,
      groups,
      BOUNDS.many,
      groups.some((group) => iqm(group) >= LEARNT),
    );
  }

  #harm(): DifferencePart {
    const groups = [this.#metric(FEW, "dep-rl"), this.#metric(FEW, "mpo")];
    return this.#judge(`dep-rl − mpo (${FEW.name})`, groups, BOUNDS.few, iqm(groups[1] ?? []) >= LEARNT);
  }

  #widening(): DifferencePart {
    const groups = [MANY, FEW].flatMap((world) => [this.#metric(world, "dep-rl"), this.#metric(world, "mpo")]);
    const learnt = groups.slice(0, 2).some((group) => iqm(group) >= LEARNT);
    return this.#judge(`(dep-rl − mpo) of ${MANY.name} − of ${FEW.name}`, groups, BOUNDS.widening, learnt);
  }

  /** @param groups of which the even ones count positive in the first pair, negative in the second */
  #judge(name: string, groups: readonly (readonly number[])[], bound: number, says: boolean): DifferencePart {
    const statistic = ([a = [], b = [], c = [], d = c]: readonly ArrayLike<number>[]): number =>
      iqm(a) - iqm(b) - (groups.length > 2 ? iqm(c) - iqm(d) : 0);
    const difference = bootstrap(groups, statistic, RESAMPLES, this.#rng);
    const enough = groups.every((group) => group.length >= TEST_SEEDS.length);
    const decision = enough && says ? decide(difference, bound, "at least") : "undecided";
    return { name, difference, bound, side: "at least", decision };
  }
}
