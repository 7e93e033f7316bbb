/**
 * exp and cos in float32 as NumPy computes them on x86-64 (its SIMD kernels): argument reduction in two or three parts, then
 * polynomials of fused multiply-adds. A float64 product of float32 numbers is exact, so rounding `a * b + c` to float32 once
 * is the fused operation.
 */
const f = Math.fround;

/** exp: x = k ln 2 + r, exp r = P(r) / Q(r), |r| <= ln 2 / 2. */
const LOG2_E = f(1.4426950408889634);
const LN2_HIGH = f(-0.693145752);
const LN2_LOW = f(-1.42860677e-6);
const P0 = f(0.9999999999980871);
const P1 = f(0.7257664613233125);
const P2 = f(0.24736154348955208);
const P3 = f(0.051145120816372985);
const P4 = f(0.006757896990527505);
const P5 = f(0.0005082762527590694);
const Q1 = f(-0.27423353904116676);
const Q2 = f(0.021595093756858297);

/** cos: x = k pi/2 + r, then the cosine or sine polynomial in r, |r| <= pi/4. */
const TWO_OVER_PI = f(2 / Math.PI);
const HALF_PI_HIGH = f(-1.570796012878418);
const HALF_PI_MIDDLE = f(-3.1391647326017846e-7);
const HALF_PI_LOW = f(-5.390302529957765e-15);
const COS_2 = -0.5;
const COS_4 = 0x155553c / 2 ** 29;
const COS_6 = -0x16c06dc / 2 ** 34;
const COS_8 = 0x198e616 / 2 ** 40;
const SIN_3 = -0x1555556 / 2 ** 27;
const SIN_5 = 0x111119a / 2 ** 31;
const SIN_7 = -0x1a06bba / 2 ** 37;
const SIN_9 = 0x17d3bbc / 2 ** 43;

/** Nearest integer, ties to even, of |x| < 2^22: adding 1.5 x 2^23 leaves no fraction bits in a float32. */
const ROUND = 12582912;
const nearest = (x: number): number => f(f(x + ROUND) - ROUND);

/** exp of a float32 number with |x| <= 80. */
export function expSingle(x: number): number {
  const k = nearest(f(x * LOG2_E));
  const r = f(k * LN2_LOW + f(k * LN2_HIGH + x));
  const p = f(f(f(f(f(P5 * r + P4) * r + P3) * r + P2) * r + P1) * r + P0);
  const q = f(f(Q2 * r + Q1) * r + 1);
  return f(f(p / q) * 2 ** k);
}

/** cos of a float32 number with 0 <= x <= 10000. */
export function cosSingle(x: number): number {
  const k = nearest(f(x * TWO_OVER_PI));
  const r = f(k * HALF_PI_LOW + f(k * HALF_PI_MIDDLE + f(k * HALF_PI_HIGH + x)));
  const r2 = f(r * r);
  const cosine = f(f(f(f(COS_8 * r2 + COS_6) * r2 + COS_4) * r2 + COS_2) * r2 + 1);
  const sine = f(f(f(f(f(SIN_9 * r2 + SIN_7) * r2 + SIN_5) * r2 + SIN_3) * r2) * r + r);
  const quadrant = k % 4;
  const value = quadrant % 2 === 0 ? cosine : sine;
  return quadrant === 1 || quadrant === 2 ? -value : value;
}
