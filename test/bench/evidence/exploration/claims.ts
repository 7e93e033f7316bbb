import type { Rng } from "../../../../protocol/random/generator.ts";
import { bootstrap, iqm, type Interval } from "../statistics.ts";
import { decide, whole, type Claim, type ClaimPart } from "../verdict.ts";
import { BOUNDS, INDEPENDENT_NOISE, LEAST_GAIN, RESAMPLES, TEST_SEEDS, type Method } from "./plan.ts";

/** Coverage by seed of a method in a world by its name. */
export type CoverageOf = (world: string, method: Method) => readonly number[];

interface Sample {
  readonly world: string;
  readonly method: Method;
}

const ARM_FEW = "arm26-6";
const ARM_MANY = "arm26-600";
const LEG = "held-leg";

/** Gain of IQMs over `hold`. */
export const gain = (values: ArrayLike<number>, hold: ArrayLike<number>): number => iqm(values) - iqm(hold);

/** IQM of coverage minus that of `hold` in the same world. */
export function gainOf({ world, method }: Sample, coverage: CoverageOf, rng: Rng): Interval {
  const groups = [coverage(world, method), coverage(world, "hold")];
  return bootstrap(groups, ([values = [], hold = []]) => gain(values, hold), RESAMPLES, rng);
}

/** R(a, b) of PLAN.md; where both lie in one world they share its `hold`. */
function ratioOf(a: Sample, b: Sample, coverage: CoverageOf, rng: Rng): Interval {
  const groups = [coverage(a.world, a.method), coverage(b.world, b.method), coverage(a.world, "hold")];
  if (a.world !== b.world) groups.push(coverage(b.world, "hold"));
  const ratio = ([over = [], under = [], hold = [], other = hold]: readonly ArrayLike<number>[]): number =>
    gain(over, hold) / gain(under, other);
  return bootstrap(groups, ratio, RESAMPLES, rng);
}

/** The claims of PLAN.md from coverages of one regime. */
export class ClaimMaker {
  readonly #coverage: CoverageOf;
  readonly #rng: Rng;

  constructor(coverage: CoverageOf, rng: Rng) {
    this.#coverage = coverage;
    this.#rng = rng;
  }

  arm(): Claim[] {
    const at = (world: string, method: Method): Sample => ({ world, method });
    const noises = INDEPENDENT_NOISE;
    const dep = at(ARM_MANY, "dep");
    return [
      whole(
        "collapse",
        noises.map((noise) => this.#part(at(ARM_MANY, noise), at(ARM_FEW, noise), BOUNDS.collapse, "below")),
      ),
      whole("oracle", [this.#part(dep, at(ARM_MANY, "oracle"), BOUNDS.oracle, "at least")]),
      whole(
        "better",
        noises.map((noise) => this.#part(at(ARM_MANY, noise), dep, BOUNDS.better, "below")),
      ),
      whole("scale", [this.#part(dep, at(ARM_FEW, "dep"), BOUNDS.scale, "at least")]),
      whole("shuffle", [this.#part(at(ARM_MANY, "shuffled"), dep, BOUNDS.shuffle, "below")]),
    ];
  }

  leg(): Claim[] {
    const at = (method: Method): Sample => ({ world: LEG, method });
    return [
      whole(
        "leg-better",
        INDEPENDENT_NOISE.map((noise) => this.#part(at(noise), at("dep"), BOUNDS.leg, "below")),
      ),
      whole("leg-shuffle", [this.#part(at("shuffled"), at("dep"), BOUNDS.leg, "below")]),
    ];
  }

  #part(over: Sample, under: Sample, bound: number, side: ClaimPart["side"]): ClaimPart {
    const ratio = ratioOf(over, under, this.#coverage, this.#rng);
    const { low } = gainOf(under, this.#coverage, this.#rng);
    const enough = this.#coverage(under.world, under.method).length >= TEST_SEEDS.length;
    const decision = enough && low >= LEAST_GAIN ? decide(ratio, bound, side) : "undecided";
    const label = ({ world, method }: Sample): string => `${method} (${world})`;
    return { name: `${label(over)} / ${label(under)}`, ratio, bound, side, decision };
  }
}
