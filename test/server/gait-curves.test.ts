import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  correlation,
  curveSpread,
  overCycle,
  POINTS,
  rootMeanSquareError,
  spreadOf,
} from "../../server/analysis/curves.ts";
import { cyclesOf, regularCycles, type Cycle } from "../../server/analysis/gait-cycles.ts";
import { ticksOf } from "../../server/analysis/line-chart.ts";
import { inUnitOf, parseReference } from "../../server/analysis/reference.ts";
import { sideOf } from "../../server/analysis/signals.ts";
import { stancesOf } from "../../server/analysis/stances.ts";
import { codeOf } from "../contract/describe-env.ts";

const DT = 0.01;
const RULES = { on: 20, off: 10, leastSwing: 0.05, leastStance: 0.05 };

/** Rows of a force that is `force` for so many rows, piece after piece. */
const force = (...pieces: readonly (readonly [rows: number, force: number])[]): Float64Array =>
  Float64Array.from(pieces.flatMap(([rows, value]) => Array<number>(rows).fill(value)));

describe("contacts of a foot", () => {
  it("begin and end where the force crosses its thresholds, between rows", () => {
    // Crosses 20 N a fifth of the way from row 9 to 10, and 10 N nine tenths of the way from row 39 to 40.
    expect(stancesOf(force([10, 0], [30, 100], [20, 0]), DT, RULES)).toEqual([{ strike: 9.2, toeOff: 39.9 }]);
  });

  it("are one contact where the force wavers between the thresholds", () => {
    const wavering = force([10, 0], [5, 100], [5, 12], [5, 18], [15, 100], [20, 0]);
    expect(stancesOf(wavering, DT, RULES)).toHaveLength(1);
  });

  it("outlast a bounce and leave out a scuff", () => {
    const bounced = stancesOf(force([10, 0], [3, 100], [4, 0], [30, 100], [30, 0]), DT, RULES);
    expect(bounced).toEqual([{ strike: 9.2, toeOff: 46.9 }]);
    expect(stancesOf(force([10, 0], [30, 100], [20, 0], [4, 100], [20, 0]), DT, RULES)).toHaveLength(1);
  });

  it("have no known beginning or end where the series begins or ends within them", () => {
    const [first, last] = stancesOf(force([30, 100], [20, 0], [30, 100]), DT, RULES);
    expect(first).toEqual({ strike: -Infinity, toeOff: 29.9 });
    expect(last?.toeOff).toBe(Infinity);
  });

  it("survive noise: as many as there are, each within a row", () => {
    const draws = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 500, maxLength: 500 });
    fc.assert(
      fc.property(draws, (noise) => {
        const clean = force(
          ...Array.from(
            { length: 5 },
            () =>
              [
                [40, 0],
                [60, 500],
              ] as const,
          ).flat(),
        );
        const found = stancesOf(
          clean.map((value, row) => value + (noise[row] ?? 0)),
          DT,
          RULES,
        );
        expect(found).toHaveLength(5);
        found.forEach(({ strike }, i) => expect(Math.abs(strike - (100 * i + 39.5))).toBeLessThanOrEqual(0.5));
      }),
      { numRuns: 50 },
    );
  });
});

describe("cycles", () => {
  const stances = (...strikes: readonly number[]) => strikes.map((strike) => ({ strike, toeOff: strike + 60 }));

  it("go from a heel strike to the next, in rows of the recording", () => {
    expect(cyclesOf(stances(-Infinity, 100, 205), 1000)).toEqual([{ start: 1100, toeOff: 1160, end: 1205 }]);
    expect(cyclesOf(stances(-Infinity), 0)).toEqual([]);
  });

  it("are left out where a step is missing, doubled or a stand", () => {
    const missing = cyclesOf(stances(0, 100, 198, 301, 500, 602, 640, 703, 1100, 1200), 0);
    const kept = regularCycles(missing, DT).map(({ start }) => start);
    // 301 to 500 lacks a strike, 602 to 640 has one too many, 703 to 1100 lasts 4 s.
    expect(kept).toEqual([0, 100, 198, 500, 640, 1100]);
  });

  it("are none where the feet stand for seconds or bounce", () => {
    expect(regularCycles(cyclesOf(stances(0, 400, 800), 0), DT)).toEqual([]);
    // Two bounces of a fall.
    expect(regularCycles(cyclesOf(stances(0, 12, 25), 0), DT)).toEqual([]);
  });
});

describe("curves over the cycle", () => {
  it("are the sinusoid that was sampled, to the error of a line between its samples", () => {
    const period = 87.3;
    const cycle: Cycle = { start: 12.6, toeOff: 60, end: 12.6 + period };
    const series = Float64Array.from({ length: 120 }, (_, row) => Math.sin((2 * Math.PI * (row - 12.6)) / period));
    const curve = overCycle(series, cycle);
    // A chord of step h misses f by at most h² max|f''| / 8.
    const bound = ((2 * Math.PI) / period) ** 2 / 8;
    expect(curve).toHaveLength(POINTS);
    curve.forEach((value, percent) =>
      expect(Math.abs(value - Math.sin((2 * Math.PI * percent) / 100))).toBeLessThanOrEqual(bound),
    );
  });

  it("have the mean and the deviation of their points", () => {
    const curves = [Float64Array.of(1, 5), Float64Array.of(3, 5)];
    expect(curveSpread(curves)).toEqual({ mean: [2, 5], std: [Math.SQRT2, 0] });
    expect(spreadOf([4])).toEqual({ mean: 4, std: 0 });
  });

  it("correlate and deviate as the closed forms say", () => {
    const wave = Array.from({ length: 100 }, (_, i) => Math.sin((2 * Math.PI * i) / 100));
    const shifted = Array.from({ length: 100 }, (_, i) => Math.cos((2 * Math.PI * i) / 100));
    // The mean square of a sine over a period is 1/2; sine and cosine are orthogonal.
    expect(
      rootMeanSquareError(
        wave,
        wave.map((value) => value + 3),
      ),
    ).toBeCloseTo(3, 12);
    expect(
      rootMeanSquareError(
        wave,
        wave.map((value) => -2 * value),
      ),
    ).toBeCloseTo(3 * Math.SQRT1_2, 12);
    expect(rootMeanSquareError(wave, shifted)).toBeCloseTo(1, 12);
    expect(
      correlation(
        wave,
        wave.map((value) => 7 * value + 3),
      ),
    ).toBeCloseTo(1, 12);
    expect(
      correlation(
        wave,
        wave.map((value) => -value),
      ),
    ).toBeCloseTo(-1, 12);
    expect(correlation(wave, shifted)).toBeCloseTo(0, 12);
    expect(
      correlation(
        wave,
        wave.map(() => 0.1),
      ),
    ).toBeNull();
    expect(
      correlation(
        wave.map(() => 0),
        wave,
      ),
    ).toBeNull();
  });
});

describe("a reference", () => {
  it("is read with its units and brought to 0, 1, … 100 percent", () => {
    const text =
      "# a study\npercent,knee_angle [deg],knee_angle_std [deg],grf_vertical [N]\n0,10,1,0\n40,50,1,700\n100,10,1,0\n";
    const [knee, grf, ...others] = parseReference("ref.csv", text);
    expect(others).toEqual([]);
    expect([knee!.name, knee!.unit, grf!.name, grf!.unit]).toEqual(["knee_angle", "deg", "grf_vertical", "N"]);
    expect([0, 20, 40, 70, 100].map((percent) => knee!.values[percent])).toEqual([10, 30, 50, 30, 10]);
    expect(inUnitOf("angle", { ...knee!, unit: "rad" }, 70)[0]).toBeCloseTo(1800 / Math.PI, 12);
    expect(inUnitOf("force", grf!, 70)[40]).toBeCloseTo((100 * 700) / (70 * 9.81), 12);
    expect(inUnitOf("force", { ...grf!, unit: "N/kg" }, 70)[40]).toBeCloseTo((100 * 700) / 9.81, 9);
    expect(inUnitOf("activation", { ...grf!, unit: "%" }, 70)[40]).toBeCloseTo(7, 12);
  });

  it.each([
    ["no unit", "percent,knee\n0,1\n100,1\n", /names no unit/],
    ["percents that end early", "percent,knee [deg]\n0,1\n99,1\n", /from 0 to 100, but it is 0 to 99/],
    ["percents that fall", "percent,knee [deg]\n0,1\n50,1\n40,2\n100,1\n", /rising from 0 to 100/],
    ["a gap", "percent,knee [deg]\n0,1\n50,\n100,1\n", /one is "50,"/],
    ["nothing", "", /no column beside/],
  ])("is refused with %s", (_, text, sentence) => {
    expect(() => parseReference("ref.csv", text)).toThrow(sentence);
    expect(codeOf(() => parseReference("ref.csv", text))).toBe("BAD_OPTIONS");
  });

  it("is refused in a unit of another kind", () => {
    const column = { name: "knee_angle", unit: "N", values: new Float64Array(POINTS) };
    expect(() => inUnitOf("angle", column, 70)).toThrow("knee_angle is in N, but angles are in deg or rad");
  });
});

it.each([
  ["hip_flexion_r", "hip_flexion", "right"],
  ["l_knee", "knee", "left"],
  ["lumbar", "lumbar", null],
  ["recfem_l", "recfem", "left"],
] as const)("takes %s for %s of the side %s", (name, base, side) => {
  expect(sideOf(name)).toEqual({ base, side });
});

it.each([
  [0, 100, [0, 20, 40, 60, 80, 100]],
  [-0.31, 0.42, [-0.2, 0, 0.2, 0.4]],
  [-1, 1, [-1, -0.5, 0, 0.5, 1]],
])("puts ticks from %d to %d at round numbers", (low, high, ticks) => {
  expect(ticksOf(low, high)).toEqual(ticks);
});
