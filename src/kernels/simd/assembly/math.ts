/*
 * exp and tanh of four float32 lanes, and log, from polynomials fitted for this file (weighted least squares towards the smallest largest relative
 * error; then, for tanh, a search through the neighbouring float32 coefficients). test/kernels/simd-math.test.ts asserts the errors.
 */

// adding it rounds to an integer, which is then in the low bits of the mantissa
const ROUNDER: f32 = 12582912.0
const INVERSE_LN2: f32 = 1.44269504
// ln 2 in two parts: k times the first is exact
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = -2.12194440e-4

/** exp(x), within 1 unit in the last place; zero below -104, infinite above 88.8 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89.0)), f32x4.splat(-105.0))
  const shifted = f32x4.add(f32x4.mul(clamped, f32x4.splat(INVERSE_LN2)), f32x4.splat(ROUNDER))
  const k = f32x4.sub(shifted, f32x4.splat(ROUNDER))
  const r = f32x4.sub(f32x4.sub(clamped, f32x4.mul(k, f32x4.splat(LN2_HIGH))), f32x4.mul(k, f32x4.splat(LN2_LOW)))
  let q = f32x4.splat(1.38145e-3)
  q = f32x4.add(f32x4.mul(q, r), f32x4.splat(8.36875e-3))
  q = f32x4.add(f32x4.mul(q, r), f32x4.splat(4.166839e-2))
  q = f32x4.add(f32x4.mul(q, r), f32x4.splat(0.1666652))
  q = f32x4.add(f32x4.mul(q, r), f32x4.splat(0.49999993))
  const ofRest = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), q), r), f32x4.splat(1))
  // 2^k in two factors, because 2^k alone may not be representable
  const exponent = i32x4.sub(shifted, f32x4.splat(ROUNDER))
  const half = i32x4.shr_s(exponent, 1)
  return f32x4.mul(f32x4.mul(ofRest, powerOfTwo4(half)), powerOfTwo4(i32x4.sub(exponent, half)))
}

// @ts-ignore: decorator
@inline
function powerOfTwo4(exponent: v128): v128 {
  return i32x4.shl(i32x4.add(exponent, i32x4.splat(127)), 23)
}

// from 9.02 on the nearest float32 is 1, and here the ratio is above 1
const TANH_LIMIT: f32 = 9.5

/** tanh(x) = x P(x * x) / Q(x * x), within 6 units in the last place */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const clamped = f32x4.pmax(f32x4.pmin(x, f32x4.splat(TANH_LIMIT)), f32x4.splat(-TANH_LIMIT))
  const u = f32x4.mul(clamped, clamped)
  let p = f32x4.splat(1.338454591603977e-8)
  let q = f32x4.splat(7.790236509208626e-7)
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(2.063578722300008e-5))
  q = f32x4.add(f32x4.mul(q, u), f32x4.splat(3.2885163091123104e-4))
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(3.4974568989127874e-3))
  q = f32x4.add(f32x4.mul(q, u), f32x4.splat(2.588435634970665e-2))
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(0.1338268667459488))
  q = f32x4.add(f32x4.mul(q, u), f32x4.splat(0.46716007590293884))
  p = f32x4.add(f32x4.mul(p, u), f32x4.splat(1))
  q = f32x4.add(f32x4.mul(q, u), f32x4.splat(1))
  const ratio = f32x4.div(f32x4.mul(clamped, p), q)
  return f32x4.pmax(f32x4.pmin(ratio, f32x4.splat(1)), f32x4.splat(-1))
}

/** 1 / (1 + exp(-x)) */
export function sigmoid4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp4(f32x4.neg(x))))
}

const LN2: f64 = 0.6931471805599453
const SQRT2: f64 = 1.4142135623730951

/** ln x in float64, within 1e-13; x is zero, or positive and no float64 denormal, infinite or NaN */
export function log(x: f64): f64 {
  if (!(x > 0) || x == Infinity) return x == 0 ? -Infinity : x < 0 ? NaN : x
  const bits = reinterpret<u64>(x)
  let k = <i32>(bits >> 52) - 1023
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000)
  if (m > SQRT2) {
    m *= 0.5
    k += 1
  }
  // ln m = 2 artanh(s) = 2 (s + s^3 / 3 + s^5 / 5 + ...), |s| < 0.172
  const s = (m - 1) / (m + 1)
  const u = s * s
  let sum: f64 = 1.0 / 15
  sum = sum * u + 1.0 / 13
  sum = sum * u + 1.0 / 11
  sum = sum * u + 1.0 / 9
  sum = sum * u + 1.0 / 7
  sum = sum * u + 1.0 / 5
  sum = sum * u + 1.0 / 3
  sum = sum * u + 1
  return <f64>k * LN2 + 2 * s * sum
}

/** One lane of exp4, for tests */
export function exp(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0)
}

/** One lane of tanh4, for tests */
export function tanh(x: f32): f32 {
  return f32x4.extract_lane(tanh4(f32x4.splat(x)), 0)
}

/** One lane of sigmoid4, for tests */
export function sigmoid(x: f32): f32 {
  return f32x4.extract_lane(sigmoid4(f32x4.splat(x)), 0)
}
