import { describe, expect, it } from "vitest";
import { DEP_DEFAULTS } from "../../agents/dep/config.ts";
import { DepController } from "../../agents/dep/controller.ts";
import { createRng } from "../../protocol/random/generator.ts";

/*
 * One joint, pulled both ways by n muscles: moment arms 1 ± 0.1, first-order activation. All muscles of one side at full
 * activation hold the joint at about 1 rad, whatever n is.
 */
const DT = 0.01; // s
const SUBSTEPS = 5;
const ACTIVATION_TIME = 0.05; // s
const STIFFNESS = 60; // N m/rad
const DAMPING = 10; // N m s/rad
const PULL = 120; // N m of all muscles together, inertia 1 kg m²
const STEPS = 1200;

type Controller = (x: Float64Array, y: Float64Array) => void;

/** Peak |angle|, rad. */
function peakAngle(muscles: number, seed: number, control: Controller): number {
  const rng = createRng(seed);
  const arms = Float64Array.from({ length: muscles }, (_, i) => (i % 2 === 1 ? -1 : 1) * rng.uniform(0.9, 1.1));
  const activation = new Float64Array(muscles);
  const y = new Float64Array(muscles);
  let [angle, velocity, peak] = [0.01 * rng.standardNormal(), 0, 0];
  for (let t = 0; t < STEPS; t++) {
    control(
      arms.map((arm) => -arm * angle),
      y,
    );
    let torque = 0;
    for (let i = 0; i < muscles; i++) {
      activation[i]! += (DT / ACTIVATION_TIME) * ((y[i]! + 1) / 2 - activation[i]!);
      torque += (PULL / muscles) * arms[i]! * activation[i]!;
    }
    for (let s = 0; s < SUBSTEPS; s++) {
      velocity += (DT / SUBSTEPS) * (torque - STIFFNESS * angle - DAMPING * velocity);
      angle += (DT / SUBSTEPS) * velocity;
    }
    peak = Math.max(peak, Math.abs(angle));
  }
  return peak;
}

function dep(muscles: number, normalization: "row" | "deprl"): Controller {
  const controller = new DepController(1, muscles, { ...DEP_DEFAULTS, normalization });
  return (x, y) => controller.step(x, y);
}

function white(seed: number): Controller {
  const rng = createRng(seed, 1);
  return (_x, y) => {
    for (let i = 0; i < y.length; i++) y[i] = rng.uniform(-1, 1);
  };
}

const SEEDS = [1, 2, 3];
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("an over-actuated joint", () => {
  it.each(["row", "deprl"] as const)("DEP's excursion does not shrink with the number of muscles: %s", (kind) => {
    const few = SEEDS.map((seed) => peakAngle(2, seed, dep(2, kind)));
    const many = SEEDS.map((seed) => peakAngle(40, seed, dep(40, kind)));
    expect(Math.min(...few, ...many)).toBeGreaterThan(0.7);
    expect(Math.abs(mean(many) / mean(few) - 1)).toBeLessThan(0.3);
  });

  it("white noise cancels itself", () => {
    const few = SEEDS.map((seed) => peakAngle(2, seed, white(seed)));
    const many = SEEDS.map((seed) => peakAngle(40, seed, white(seed)));
    expect(Math.max(...few)).toBeLessThan(0.35);
    expect(Math.max(...many)).toBeLessThan(0.1);
  });
});
