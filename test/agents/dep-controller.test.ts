import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEP_DEFAULTS, DEP_PRESETS, NORMALIZATIONS, type DepParameters } from "../../agents/dep/config.ts";
import { correlationForm, DepController, type CorrelationForm } from "../../agents/dep/controller.ts";
import { createRng } from "../../protocol/random/generator.ts";
import { GOLDEN_INPUTS, GOLDEN_RUNS, type GoldenStep } from "./dep-golden.ts";

const FORMS: readonly CorrelationForm[] = ["rolling", "low-rank"];
const TOLERANCE = 1e-6;
/** Parameters A. */
const A: DepParameters = {
  ...DEP_DEFAULTS,
  kappa: 2,
  tau: 6,
  bias_rate: 0.02,
  time_dist: 1,
  s4avg: 2,
  normalization: "deprl",
};
const D: DepParameters = { ...A, kappa: 100, tau: 20, time_dist: 5, bias_rate: 2e-5 };

function close(actual: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, what: string): void {
  expect(actual.length, what).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const allowed = tolerance * Math.max(1, Math.abs(wanted[i]!));
    expect(Math.abs(actual[i]! - wanted[i]!), `${what}[${i}]: ${actual[i]} for ${wanted[i]}`).toBeLessThanOrEqual(
      allowed,
    );
  }
}

/** Steps x_0 to x_9; `check` sees every step. */
function replay(
  parameters: DepParameters,
  form: CorrelationForm,
  check: (t: number, y: Float64Array, dep: DepController) => void,
): void {
  const dep = new DepController(1, 2, parameters, form);
  const y = new Float64Array(2);
  GOLDEN_INPUTS.forEach((x, t) => {
    dep.step(Float64Array.from(x), y);
    check(t, y, dep);
  });
}

const TABLES: readonly [string, DepParameters, readonly GoldenStep[], number][] = [
  ["A1: depRL's index order", A, GOLDEN_RUNS.A1, 3],
  ["A2: published row normalisation", { ...A, normalization: "row" }, GOLDEN_RUNS.A2, 3],
  ["B: global", { ...A, normalization: "global" }, GOLDEN_RUNS.B, 3],
  ["D: depRL's default parameters", D, GOLDEN_RUNS.D, 7],
  ["E: no lag, no smoothing", { ...A, time_dist: 0, s4avg: 1 }, GOLDEN_RUNS.E, 2],
];

describe.each(FORMS)("DepController golden tables, %s form", (form) => {
  it.each(TABLES)("%s", (_name, parameters, table, lastStill) => {
    const steps = new Map(table.map((step) => [step.t, step]));
    replay(parameters, form, (t, y, dep) => {
      if (t <= lastStill) expect(Math.hypot(...y), `y at t=${t}`).toBe(0);
      const step = steps.get(t);
      if (step === undefined) return;
      const state = dep.inspect(0);
      close(state.smoothed, step.smoothed, TOLERANCE, `smoothed at t=${t}`);
      close(state.raw, step.raw, TOLERANCE, `C at t=${t}`);
      close(state.normalized, step.normalized, TOLERANCE, `normalised C at t=${t}`);
      close(state.bias, step.bias, TOLERANCE, `h at t=${t}`);
      close(y, step.y, TOLERANCE, `y at t=${t}`);
      steps.delete(t);
    });
    expect(steps.size, "steps not reached").toBe(0);
  });

  it("C: none acts as global and leaves C as it is", () => {
    const steps = new Map<number, GoldenStep>(GOLDEN_RUNS.B.map((step) => [step.t, step]));
    replay({ ...A, normalization: "none" }, form, (t, y, dep) => {
      const state = dep.inspect(0);
      close(state.normalized, state.raw, 0, `C at t=${t}`);
      const step = steps.get(t);
      if (step !== undefined) close(y, step.y, TOLERANCE, `y at t=${t}`);
    });
  });

  it("A with tau 4: two terms only", () => {
    replay({ ...A, tau: 4 }, form, (t, y, dep) => {
      if (t !== 9) return;
      close(dep.inspect(0).raw, [-0.04373932, -0.00238983, 0.11417267, -0.07099762], TOLERANCE, "C");
      close(y, [0.3973359, -0.95719006], TOLERANCE, "y");
    });
  });

  it("q_norm max and none differ from l2 as their definitions say", () => {
    replay({ ...A, kappa: 0.5, q_norm: "max", bias_rate: -1 }, form, (t, y) => {
      if (t >= 4) expect(Math.max(...y.map(Math.abs))).toBeCloseTo(Math.tanh(0.5), 12);
    });
    replay({ ...A, kappa: 0.7, q_norm: "none", bias_rate: -1 }, form, (t, y, dep) => {
      const { normalized: c, smoothed: x } = dep.inspect(0);
      const wanted = [0, 1].map((j) => Math.tanh(0.7 * (c[2 * j]! * x[0]! + c[2 * j + 1]! * x[1]!)));
      close(y, wanted, 1e-12, `y at t=${t}`);
    });
  });

  it("preset classic is y = tanh(C x + h): kappa once, rows of norm kappa, nothing normalised after", () => {
    const parameters: DepParameters = { ...DEP_DEFAULTS, ...DEP_PRESETS.classic, tau: 6, time_dist: 1 };
    replay(parameters, form, (t, y, dep) => {
      const { normalized: c, smoothed: x, bias: h } = dep.inspect(0);
      const rows = [0, 1].map((j) => [c[2 * j]!, c[2 * j + 1]!] as const);
      const wanted = rows.map(([left, right], j) => Math.tanh(left * x[0]! + right * x[1]! + h[j]!));
      close(y, wanted, 1e-12, `y at t=${t}`);
      if (t >= 4) for (const row of rows) expect(Math.hypot(...row)).toBeCloseTo(parameters.kappa, 9);
    });
  });
});

/** A bounded random walk with pauses: all that moves, stops and starts again. */
function* motion(size: number, steps: number, seed: number): Generator<Float64Array> {
  const rng = createRng(seed);
  const x = new Float64Array(size);
  for (let t = 0; t < steps; t++) {
    const still = t % 97 > 80;
    for (let i = 0; i < size; i++) if (!still) x[i] = Math.sin(x[i]! + 0.3 * rng.standardNormal());
    yield Float64Array.from(x);
  }
}

describe("DepController", () => {
  it.each(NORMALIZATIONS.flatMap((normalization) => [3, 24].map((size) => [normalization, size] as const)))(
    "rolling and low-rank form agree over rebuilds and pauses: %s, n = %i",
    (normalization, size) => {
      const parameters: DepParameters = { ...A, kappa: 3, tau: 12, time_dist: 3, normalization };
      const [rolling, lowRank] = FORMS.map((form) => new DepController(1, size, parameters, form));
      const y = [new Float64Array(size), new Float64Array(size)] as const;
      let t = 0;
      for (const x of motion(size, 2300, 7)) {
        rolling!.step(x, y[0]);
        lowRank!.step(x, y[1]);
        close(y[0], y[1], TOLERANCE, `y at t=${t++}`);
      }
      close(rolling!.inspect(0).normalized, lowRank!.inspect(0).normalized, TOLERANCE, "normalised C");
    },
  );

  it("a body that comes to rest gets the bias alone: no rounding is blown up to motion", () => {
    for (const form of FORMS) {
      const dep = new DepController(1, 4, { ...A, s4avg: 1, bias_rate: -1, normalization: "row" }, form);
      const y = new Float64Array(4);
      const rng = createRng(3);
      const x = new Float64Array(4);
      for (let t = 0; t < 500; t++) {
        for (let i = 0; i < 4; i++) if (t < 400) x[i] = rng.uniform(-1, 1);
        dep.step(x, y);
      }
      expect(Array.from(y), form).toEqual([0, 0, 0, 0]);
    }
  });

  it("a single motor at rest stays silent while the others move", () => {
    const dep = new DepController(1, 4, { ...A, s4avg: 1, bias_rate: -1, normalization: "row" }, "rolling");
    const y = new Float64Array(4);
    const rng = createRng(4);
    const x = new Float64Array(4);
    for (let t = 0; t < 300; t++) {
      for (let i = 0; i < 4; i++) if (i > 0 || t < 200) x[i] = rng.uniform(-1, 1);
      dep.step(x, y);
    }
    expect(y[0]).toBe(0);
    expect(Math.abs(y[1]!)).toBeGreaterThan(0.01);
  });

  it("rows do not touch each other, and a reset row starts over", () => {
    for (const form of FORMS) {
      const batch = new DepController(3, 5, A, form);
      const lone = [1, 2, 3].map(() => new DepController(1, 5, A, form));
      const sources = [11, 12, 13].map((seed) => [...motion(5, 120, seed)]);
      const y = new Float64Array(15);
      for (let t = 0; t < 120; t++) {
        const x = Float64Array.from(sources.flatMap((source) => Array.from(source[t]!)));
        batch.step(x, y);
        lone.forEach((dep, row) => {
          const own = new Float64Array(5);
          dep.step(sources[row]![t]!, own);
          expect(Array.from(y.subarray(row * 5, row * 5 + 5))).toEqual(Array.from(own));
        });
        if (t !== 50) continue;
        batch.resetRow(1);
        lone[1] = new DepController(1, 5, A, form);
      }
    }
  });

  it("a frozen controller keeps matrix and bias but follows the sensors", () => {
    const learnt = new DepController(1, 3, A, "rolling");
    const frozen = new DepController(1, 3, { ...A, with_learning: false }, "rolling");
    const y = new Float64Array(3);
    for (const x of motion(3, 60, 5)) learnt.step(x, y);
    for (const [name, values] of Object.entries(learnt.arrays))
      (frozen.arrays[name] as Float64Array).set(values as Float64Array);
    const before = frozen.inspect(0);
    frozen.step(Float64Array.of(0.4, -0.8, 0.1), y);
    const first = Array.from(y);
    frozen.step(Float64Array.of(-0.4, 0.8, 0.3), y);
    const after = frozen.inspect(0);
    expect(after.raw).toEqual(before.raw);
    expect(after.bias).toEqual(before.bias);
    expect(Array.from(y)).not.toEqual(first);
  });

  it("the larger the body, the sooner the matrix is left out", () => {
    expect(correlationForm(6, 40)).toBe("rolling");
    expect(correlationForm(80, 40)).toBe("low-rank");
  });

  it.each(NORMALIZATIONS)("a row that did not act for a while proposes what it would have: %s", (normalization) => {
    const parameters: DepParameters = { ...A, kappa: 3, tau: 12, time_dist: 3, normalization };
    for (const form of FORMS) {
      const always = new DepController(2, 9, parameters, form);
      const seldom = new DepController(2, 9, parameters, form);
      const wanted = new Float64Array(18);
      const y = new Float64Array(18);
      const rng = createRng(6);
      let t = 0;
      for (const x of motion(18, 400, 8)) {
        const acts = Uint8Array.from([0, 1], () => Number(rng.random() < 0.4));
        const before = y.slice();
        always.step(x, wanted);
        seldom.step(x, y, acts);
        acts.forEach((acting, row) => {
          const own = y.subarray(9 * row, 9 * row + 9);
          if (acting) close(own, wanted.subarray(9 * row, 9 * row + 9), TOLERANCE, `${form}: y at t=${t}`);
          else {
            expect(own).toEqual(before.subarray(9 * row, 9 * row + 9));
            seldom.execute(row, wanted.subarray(9 * row, 9 * row + 9));
          }
        });
        t += 1;
      }
    }
  });

  it("goes on bit for bit from its arrays, whether or not the row acted before they were copied", () => {
    for (const form of FORMS) {
      const parameters: DepParameters = { ...A, tau: 12, normalization: "row" };
      const dep = new DepController(2, 9, parameters, form);
      const y = new Float64Array(18);
      const readings = [...motion(18, 120, 9)];
      for (let t = 0; t < 60; t++) dep.step(readings[t]!, y, Uint8Array.of(1, Number(t < 55)));
      const copy = new DepController(2, 9, parameters, form);
      for (const [name, values] of Object.entries(dep.arrays))
        (copy.arrays[name] as Float64Array).set(values as Float64Array);
      const other = new Float64Array(18);
      for (let t = 60; t < 120; t++) {
        dep.step(readings[t]!, y);
        copy.step(readings[t]!, other);
        expect(other).toEqual(y);
      }
    }
  });

  it("refuses a batch of another shape", () => {
    const dep = new DepController(2, 3, A);
    expect(() => dep.step(new Float64Array(3), new Float64Array(6))).toThrow(RangeError);
  });
});

describe("DepController properties", () => {
  const reading = fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.double(), fc.constant(NaN));
  const parameters = fc.record({
    kappa: fc.double({ min: 1e-3, max: 1e5, noNaN: true }),
    tau: fc.integer({ min: 3, max: 12 }),
    time_dist: fc.integer({ min: 0, max: 6 }),
    bias_rate: fc.double({ min: -1, max: 100, noNaN: true }),
    s4avg: fc.double({ min: 1, max: 8, noNaN: true }),
    normalization: fc.constantFrom(...NORMALIZATIONS),
    q_norm: fc.constantFrom("l2" as const, "max" as const, "none" as const),
    output_gain: fc.boolean(),
  });

  it("y stays in [-1, 1] and the bias moves by at most 0.05 beside its leak, whatever comes in", () => {
    fc.assert(
      fc.property(
        parameters,
        fc.array(fc.tuple(reading, reading, reading), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...FORMS),
        (drawn, readings, form) => {
          const dep = new DepController(1, 3, { ...DEP_DEFAULTS, ...drawn }, form);
          const y = new Float64Array(3);
          let bias: Float64Array = new Float64Array(3);
          for (const x of readings) {
            dep.step(Float64Array.from(x), y);
            for (const value of y) expect(Math.abs(value)).toBeLessThanOrEqual(1);
            const next = dep.inspect(0).bias;
            next.forEach((value, i) => expect(Math.abs(value - bias[i]! * 0.999)).toBeLessThanOrEqual(0.05 + 1e-12));
            bias = next;
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});
