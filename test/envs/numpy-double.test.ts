import { expect, it } from "vitest";
import { expDouble, expm1Double } from "../../envs/myosuite/numpy-double.ts";

/** x and numpy.exp(x) of NumPy 2.4.6 with AVX-512; the first six differ from the C library's. */
const EXP = [
  [-0.10436038170476669, 0.9009005708284172],
  [1.524982981039816, 4.595065365406719],
  [-2.1964970561588837, 0.11119197620945077],
  [5.652562779950456, 285.02097668124355],
  [2.630035828222085, 13.874266983543833],
  [0.8268145921132488, 2.2860252072680565],
  [0, 1],
  [2.5, 12.182493960703473],
  [-2.5, 0.0820849986238988],
  [7.5, 1808.0424144560632],
  [-1e-5, 0.9999900000499998],
] as const;
/** x and numpy.expm1(x), likewise. */
const EXPM1 = [
  [-1.3842422575700335, -0.7494864473611588],
  [-0.9373396009968578, -0.6083315551332044],
  [-1.0465977399321833, -0.6488696440298812],
  [-0.9056392861128153, -0.5957166502583416],
  [-1.2621458243200654, -0.7169539926243603],
  [-1.1014939025365031, -0.6676258220014292],
  [-2, -0.8646647167633873],
  [-1e-6, -9.999995000001667e-7],
  [-0.5, -0.3934693402873666],
] as const;
/** ulp of a number near 1, generously. */
const LAST_BITS = 4e-16;

it.each(EXP)("exp(%s) is NumPy's to the last bit", (x, want) => {
  expect(expDouble(x)).toBe(want);
});

it.each(EXPM1)("expm1(%s) is NumPy's to the last bit", (x, want) => {
  expect(expm1Double(x)).toBe(want);
});

it("is never more than a last bit from the exact values", () => {
  for (let x = -90; x <= 90; x += 0.0137) {
    expect(Math.abs(expDouble(x) / Math.exp(x) - 1)).toBeLessThanOrEqual(LAST_BITS);
    if (x !== 0) expect(Math.abs(expm1Double(x) / Math.expm1(x) - 1)).toBeLessThanOrEqual(LAST_BITS);
  }
});
