import { describe, expect, it } from "vitest";
import { DUAL, dualCount, MpoLoss, type MpoBounds, type MpoInput } from "../../agents/mpo/loss.ts";
import { gaussianHead, gaussianHeadGrad } from "../../agents/mpo/networks.ts";
import { createRng } from "../../protocol/random/generator.ts";

const BOUNDS: MpoBounds = { epsilon: 0.1, epsilonPenalty: 1e-3, epsilonMean: 1e-3, epsilonStd: 1e-6 };
const f64 = (...values: number[]): Float64Array => Float64Array.from(values);

/** B = 2, S = 3, D = 2; values computed with torch's autograd independently. */
const GOLDEN: MpoInput = {
  target: { mean: f64(0.1, -0.2, 0.3, 0.4), scale: f64(0.5, 0.6, 0.4, 0.3) },
  online: { mean: f64(0.15, -0.25, 0.25, 0.45), scale: f64(0.55, 0.5, 0.45, 0.35) },
  actions: f64(0.2, -0.6, 0.9, 0.1, -0.4, 0.3, 0.1, 0.8, 1.2, -1.1, 0.5, 0.4),
  values: f64(1, 0.2, 0.5, -0.3, 2, 0.9),
  duals: f64(1, 1, 1, 1, 10, 10),
};

function near(actual: ArrayLike<number>, wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(actual[i]! - value), `element ${i}`).toBeLessThan(1e-9));
}

function evaluated(input: MpoInput, bounds = BOUNDS): MpoLoss {
  const rows = input.values.length;
  const [batch, actions] = [2, input.target.mean.length / 2];
  const loss = new MpoLoss({ batch, samples: rows / batch, actions }, bounds);
  loss.evaluate(input);
  return loss;
}

describe("MPO loss", () => {
  it("golden numbers", () => {
    const loss = evaluated(GOLDEN);
    const { report } = loss;
    const w = [0.261453774, 0.2952082637, 0.1786674163, 0.2017339316, 0.5598788097, 0.5030578047];
    const penalty = [0.3516868728, 1 / 3, 0.3516868728, 1 / 3, 0.2966262544, 1 / 3];
    near(
      loss.weights,
      w.map((value, i) => value + penalty[i]!),
    );
    const { meanLoss, stdLoss, klMeanLoss, klStdLoss, alphaMeanLoss, alphaStdLoss } = report;
    near([meanLoss, stdLoss], [2.9682738883, 3.0692904022]);
    near(report.klMean, [0.00640625, 0.0086805556]);
    near(report.klStd, [0.0106890422, 0.0295880309]);
    near(
      [klMeanLoss, klStdLoss, alphaMeanLoss, alphaStdLoss],
      [0.0198129239, 0.4027725597, -0.0171864005, -0.4027525596],
    );
    const { temperatureLoss, penaltyTemperatureLoss } = report;
    near([temperatureLoss, penaltyTemperatureLoss], [0.970567912, -0.0338809853]);
    const total =
      meanLoss +
      stdLoss +
      klMeanLoss +
      klStdLoss +
      alphaMeanLoss +
      alphaStdLoss +
      temperatureLoss +
      penaltyTemperatureLoss;
    near([total], [6.9768977407]);
    near(loss.meanGrad, [-1.1452588114, 0.8128758151, -1.8845400553, 0.7788814333]);
    near(loss.scaleGrad, [-0.1355032977, -6.0978606906, 3.0116247947, 4.9891774889]);
    near(loss.dualGrad, [0.005376698, -0.0003992253, -0.0039522854, -0.005614936, -0.010687557, -0.0295856877]);
  });

  it("without the penalty the weights of a column sum to 1 and its temperature rests", () => {
    const loss = evaluated(GOLDEN, { ...BOUNDS, epsilonPenalty: null });
    near([loss.weights[0]! + loss.weights[2]! + loss.weights[4]!], [1]);
    expect(loss.dualGrad[DUAL.penaltyTemperature]).toBe(0);
    expect(loss.report.penaltyTemperatureLoss).toBe(0);
  });

  it("values far apart and far from zero overflow nothing", () => {
    const loss = evaluated({ ...GOLDEN, values: f64(1e6, -1e6, -1e6, 1e6, 3e6, 0), duals: f64(-18, 1, 1, 1, 10, 10) });
    for (const value of [...loss.weights, ...loss.meanGrad, ...loss.dualGrad, loss.report.temperatureLoss]) {
      expect(Number.isFinite(value)).toBe(true);
    }
  });
});

/** A random problem, B = 2, S = 5, D = 3, some samples beyond the range. */
function randomInput(seed: number): MpoInput {
  const rng = createRng(seed);
  const normals = (count: number, std: number): Float64Array =>
    Float64Array.from({ length: count }, () => std * rng.standardNormal());
  const scales = (): Float64Array => Float64Array.from({ length: 6 }, () => rng.uniform(0.1, 1));
  return {
    target: { mean: normals(6, 0.4), scale: scales() },
    online: { mean: normals(6, 0.4), scale: scales() },
    actions: normals(30, 1),
    values: normals(10, 2),
    duals: normals(dualCount(3), 2),
  };
}

const STEP = 1e-5;

/** Central difference of a loss by one number. */
function slope(values: Float64Array | Float32Array, i: number, loss: () => number): number {
  const kept = values[i]!;
  values[i] = kept + STEP;
  const above = loss();
  values[i] = kept - STEP;
  const below = loss();
  values[i] = kept;
  return (above - below) / (2 * STEP);
}

describe("gradients of the MPO loss against finite differences", () => {
  /** What the actor descends: multipliers, weights and target fixed. */
  const policyPart = (input: MpoInput): number => {
    const { report } = evaluated(input);
    return report.meanLoss + report.stdLoss + report.klMeanLoss + report.klStdLoss;
  };
  /** What the duals descend: KLs fixed. */
  const dualPart = (input: MpoInput): number => {
    const { report } = evaluated(input);
    return report.alphaMeanLoss + report.alphaStdLoss + report.temperatureLoss + report.penaltyTemperatureLoss;
  };

  it.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
    const input = randomInput(seed);
    const { meanGrad, scaleGrad, dualGrad } = evaluated(input);
    const { mean, scale } = input.online;
    const check = (actual: number, wanted: number): void =>
      expect(Math.abs(actual - wanted) / (1 + Math.abs(wanted))).toBeLessThan(1e-7);
    for (let i = 0; i < mean.length; i++) {
      check(
        meanGrad[i]!,
        slope(mean, i, () => policyPart(input)),
      );
      check(
        scaleGrad[i]!,
        slope(scale, i, () => policyPart(input)),
      );
    }
    for (let i = 0; i < dualGrad.length; i++)
      check(
        dualGrad[i]!,
        slope(input.duals, i, () => dualPart(input)),
      );
  });
});

describe("Gaussian head", () => {
  it("bounds mean and deviation", () => {
    const [mean, scale] = [new Float64Array(4), new Float64Array(4)];
    gaussianHead(f64(0, 50, -50, 50, -1, 1, 0, 0), 2, mean, scale);
    near(mean, [0, 1, Math.tanh(-1), Math.tanh(1)]);
    near(scale, [1e-4, 1, Math.log(2), Math.log(2)]);
  });

  it("passes gradients as finite differences say, and none at a bound", () => {
    const raw = f64(0.3, -1.2, 0.1, -2, 0.7, 2, -12, 5);
    const weights = [f64(1, -2, 0.5, 3), f64(-1, 2, 4, 0.25)] as const;
    const [mean, scale] = [new Float64Array(4), new Float64Array(4)];
    const loss = (): number => {
      gaussianHead(raw, 2, mean, scale);
      return mean.reduce((sum, value, i) => sum + value * weights[0][i]! + scale[i]! * weights[1][i]!, 0);
    };
    loss();
    const grad = new Float64Array(8);
    gaussianHeadGrad(raw, 2, mean, ...weights, grad);
    for (let i = 0; i < raw.length; i++) expect(grad[i]).toBeCloseTo(slope(raw, i, loss), 8);
    expect(Array.from(grad.subarray(6))).toEqual([0, 0]);
  });
});
