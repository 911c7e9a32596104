/**
 * exp, log and tanh in float64 from +, -, * and / alone. The engines' own differ in the last bits from one to the next, and the numbers of a
 * stream must not. The relative error stays under 1.9e-16 (exp), 3.4e-16 (log) and 1.4e-15 (tanh, worst just beyond the switch near zero), but for
 * denormal results of exp, which are off by one at most (test/kernels/math.test.ts).
 */

// ln 2 in two parts: k times the first is exact for every exponent k
const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const INVERSE_LN2 = 1.4426950408889634
const MIN_EXPONENT = -1074
const MAX_EXPONENT = 1023

/** 2 ** k at index k - MIN_EXPONENT; doubling is exact */
const POWERS_OF_TWO = Float64Array.from({ length: MAX_EXPONENT - MIN_EXPONENT + 1 })
for (let i = 0, power = Number.MIN_VALUE; i < POWERS_OF_TWO.length; i++, power *= 2) POWERS_OF_TWO[i] = power

/** 1 / n! */
const INVERSE_FACTORIALS = new Float64Array(15)
for (let n = 0, factorial = 1; n < INVERSE_FACTORIALS.length; n++, factorial *= n) INVERSE_FACTORIALS[n] = 1 / factorial

export function exp(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > 709.782712893384) return Infinity
  if (x < -745.1332191019412) return 0
  const k = Math.floor(x * INVERSE_LN2 + 0.5)
  const r = x - k * LN2_HIGH - k * LN2_LOW
  return scale(1 + expm1OfSmall(r), k)
}

export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN
  if (x === 0) return -Infinity
  if (x === Infinity) return x
  let k = exponentOf(x)
  let m = scale(x, -k)
  if (m > Math.SQRT2) {
    m /= 2
    k += 1
  }
  // ln m = 2 artanh(s) = 2 (s + s^3 / 3 + s^5 / 5 + ...), |s| < 0.172
  const s = (m - 1) / (m + 1)
  let tail = 0
  for (let n = 23; n >= 3; n -= 2) tail = s * s * (1 / n + tail)
  return k * LN2_HIGH + (k * LN2_LOW + 2 * s * tail + 2 * s)
}

export function tanh(x: number): number {
  if (x > 20) return 1
  if (x < -20) return -1
  // near zero the other form would subtract nearly equal numbers
  if (x > -0.17 && x < 0.17) {
    const t = expm1OfSmall(2 * x)
    return t / (t + 2)
  }
  return 1 - 2 / (exp(2 * x) + 1)
}

export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x))
}

/** exp(r) - 1 for |r| < 0.35, by its Taylor series */
function expm1OfSmall(r: number): number {
  let sum = 0
  for (let n = INVERSE_FACTORIALS.length - 1; n >= 1; n--) sum = r * (INVERSE_FACTORIALS[n]! + sum)
  return sum
}

/** x * 2 ** k, in two steps because 2 ** k alone may not be representable */
function scale(x: number, k: number): number {
  const half = k >> 1
  return x * POWERS_OF_TWO[half - MIN_EXPONENT]! * POWERS_OF_TWO[k - half - MIN_EXPONENT]!
}

/** The largest k with 2 ** k <= x, by bisection; x is positive and finite */
function exponentOf(x: number): number {
  let low = 0
  let high = POWERS_OF_TWO.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (POWERS_OF_TWO[middle]! <= x) low = middle
    else high = middle
  }
  return low + MIN_EXPONENT
}
