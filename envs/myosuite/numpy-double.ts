/**
 * exp and expm1 in float64 as NumPy computes them on x86-64 with AVX-512: x = n ln 2 + r with n a multiple of 1/16; 2^n from
 * a table with its rounding errors, exp r - 1 as a polynomial. A contact turns one last bit of ctrl into 1e-6 of qpos within
 * a few steps (one more iteration of a solver), and V8's functions differ from these in one of ten last bits.
 *
 * NumPy fuses multiplications and additions. So does this, with the exact error of a product from split factors (Dekker),
 * where a rounding could reach the result.
 */
const LOG2_E = 1.4426950408889634;
/** ln 2: 41 bits, the rest of its float64, the rest of ln 2. */
const LN2_HIGH = 0.693147180559663;
const LN2_MIDDLE = 2.823297151621773e-13;
const LN2_LOW = 2.3190468138462996e-17;
/** Entries of the table a power of two. */
const STEPS = 16;
/** 2^(j / 16), and what rounding took from it as a share of it. */
const POWERS = Float64Array.of(
  1,
  1.0442737824274138,
  1.0905077326652577,
  1.1387886347566916,
  1.189207115002721,
  1.241857812073484,
  1.2968395546510096,
  1.3542555469368927,
  1.4142135623730951,
  1.4768261459394993,
  1.5422108254079407,
  1.6104903319492543,
  1.681792830507429,
  1.7562521603732995,
  1.8340080864093424,
  1.9152065613971474,
);
const POWER_RESTS = Float64Array.of(
  0,
  8.189317638195515e-17,
  -2.7939114859515733e-17,
  7.826573258636076e-17,
  3.3484623336251524e-17,
  3.750854201303127e-17,
  1.9572585293112036e-17,
  5.68648095791174e-17,
  -6.835808657661922e-17,
  -2.3591094770850053e-17,
  5.1548301170786783e-17,
  1.5341410053603723e-17,
  4.875160526227062e-17,
  1.685487290628973e-17,
  1.790126907604513e-17,
  -5.545065618639427e-17,
);
/** exp r - 1 = C1 r + ... + C6 r⁶ on [0, ln 2 / 16). */
const C1 = 0.999999999999984;
const C2 = 0.5000000000059126;
const C3 = 0.1666666658485894;
const C4 = 0.0416667205488057;
const C5 = 0.008331512908898442;
const C6 = 0.0014193283516881214;
/** exp r - 1 = r + r² / 2 + D3 r³ + ... + D8 r⁸ on [-ln 2 / 32, ln 2 / 32]. */
const D3 = 0.1666666666666712;
const D4 = 0.04166666666666792;
const D5 = 0.008333333321199928;
const D6 = 0.0013888888868262008;
const D7 = 0.00019842304240775933;
const D8 = 2.4802880303830418e-5;

/** 2^27 + 1: splits a float64 into halves whose products are exact (Veltkamp). */
const SPLITTER = 134217729;

function upperHalf(x: number): number {
  const scaled = SPLITTER * x;
  return scaled - (scaled - x);
}

/** a b - product, exactly, where product is a b rounded. */
function productError(a: number, b: number, product: number): number {
  const highA = upperHalf(a);
  const lowA = a - highA;
  const highB = upperHalf(b);
  const lowB = b - highB;
  return highA * highB - product + highA * lowB + lowA * highB + lowA * lowB;
}

/** a b + c rounded once, for |a b| <= |c|. */
function fused(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = c + product;
  return sum + (product - (sum - c) + productError(a, b, product));
}

/** x - n ln 2 with ln 2 as float64, rounded once. */
function reduced(x: number, n: number): number {
  const near = x - n * LN2_HIGH;
  // What this subtraction loses where x is small (Knuth).
  const part = near - x;
  const lost = x - (near - part) - (n * LN2_HIGH + part);
  return near + (lost - n * LN2_MIDDLE);
}

/** exp of |x| <= 100. */
export function expDouble(x: number): number {
  const index = Math.floor(x * LOG2_E * STEPS);
  const n = index / STEPS;
  const r = reduced(x, n) - n * LN2_LOW;
  const r2 = r * r;
  const p = fused((C6 * r + C5) * r2 + (C4 * r + C3), r2, fused(r, C2, C1));
  const product = p * r;
  const entry = index & (STEPS - 1);
  const rest = product + (productError(p, r, product) + (POWER_RESTS[entry] ?? 0));
  const power = POWERS[entry] ?? 1;
  return fused(power, rest, power) * 2 ** Math.floor(n);
}

/** exp x - 1 of |x| <= 100. */
export function expm1Double(x: number): number {
  const index = Math.round(x * LOG2_E * STEPS);
  const n = index / STEPS;
  const near = reduced(x, n);
  const r = near - n * LN2_LOW;
  const rest = near - r - n * LN2_LOW;
  const entry = index & (STEPS - 1);
  const power = (POWERS[entry] ?? 1) * 2 ** Math.floor(n);
  const powerRest = POWER_RESTS[entry] ?? 0;
  const r2 = r * r;
  const q = fused(r, ((D8 * r + D7) * r2 + (D6 * r + D5)) * r2 + (D4 * r + D3), 0.5);
  const square = r2 * q;
  const beyond = square + (productError(r2, q, square) + (r * powerRest + (powerRest + rest)));
  // power (1 + r + beyond) - 1, the large parts with their rounding errors.
  const whole = power - 1;
  const wholeError = power < 1 ? power - (1 + whole) : power - whole - 1;
  const product = r * power;
  const productRest = productError(r, power, product);
  const high = whole + product + (product - (whole + product - whole) + productRest);
  const highError = product - (high - whole) + productRest;
  const low = beyond * power;
  return high + (low + (productError(beyond, power, low) + wholeError) + highError);
}
