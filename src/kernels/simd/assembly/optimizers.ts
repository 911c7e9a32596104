import { clearPadding, strideOf } from './rows'

/* Each works on the first `rows` rows: parameters w, gradient dw, accumulator m. */

/** The sum of the squares of dw (rows, columns): float32 within a row, float64 over the rows */
export function squaredNorm(dw: usize, rows: i32, columns: i32): f64 {
  const stride = strideOf(columns)
  let sum: f64 = 0
  for (let i = 0; i < rows; i++) {
    sum += rowSquaredNorm(dw, stride)
    dw += stride
  }
  return sum
}

// @ts-ignore: decorator
@inline
function rowSquaredNorm(row: usize, stride: usize): f64 {
  let even = f32x4.splat(0)
  let odd = even
  for (const end = row + stride; row < end; row += 32) {
    const a = v128.load(row)
    const b = v128.load(row, 16)
    even = f32x4.add(even, f32x4.mul(a, a))
    odd = f32x4.add(odd, f32x4.mul(b, b))
  }
  const sums = f32x4.add(even, odd)
  return (
    <f64>f32x4.extract_lane(sums, 0) +
    <f64>f32x4.extract_lane(sums, 1) +
    (<f64>f32x4.extract_lane(sums, 2) + <f64>f32x4.extract_lane(sums, 3))
  )
}

/** dw *= factor */
export function scale(dw: usize, rows: i32, columns: i32, factor: f32): void {
  for (const end = dw + <usize>rows * strideOf(columns); dw < end; dw += 16) {
    v128.store(dw, f32x4.mul(v128.load(dw), f32x4.splat(factor)))
  }
}

/** w -= learningRate * clamp(dw, -clip, clip), then dw = 0 */
export function sgd(w: usize, dw: usize, rows: i32, columns: i32, learningRate: f32, clip: f32): void {
  const stride = strideOf(columns)
  const rate = f32x4.splat(learningRate)
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < stride; j += 16) {
      const g = clamp(v128.load(dw + j), clip)
      v128.store(w + j, f32x4.sub(v128.load(w + j), f32x4.mul(rate, g)))
      v128.store(dw + j, f32x4.splat(0))
    }
    clearPadding(w, columns)
    w += stride
    dw += stride
  }
}

/** g = clamp(dw, -clip, clip), m += g * g, w -= learningRate * g / sqrt(m + epsilon), then dw = 0 */
export function adagrad(w: usize, m: usize, dw: usize, rows: i32, columns: i32, learningRate: f32, clip: f32, epsilon: f32): void {
  const stride = strideOf(columns)
  for (let i = 0; i < rows; i++) {
    // a gradient of zeros changes neither m nor w: so it is for the symbols that a window does not hold
    if (!(epsilon > 0 && isZero(dw, stride))) adagradRow(w, m, dw, stride, learningRate, clip, epsilon)
    clearPadding(w, columns)
    w += stride
    m += stride
    dw += stride
  }
}

// @ts-ignore: decorator
@inline
function adagradRow(w: usize, m: usize, dw: usize, stride: usize, learningRate: f32, clip: f32, epsilon: f32): void {
  for (let j: usize = 0; j < stride; j += 32) {
    adagrad4(w + j, m + j, dw + j, learningRate, clip, epsilon)
    adagrad4(w + j + 16, m + j + 16, dw + j + 16, learningRate, clip, epsilon)
  }
}

// @ts-ignore: decorator
@inline
function adagrad4(w: usize, m: usize, dw: usize, learningRate: f32, clip: f32, epsilon: f32): void {
  const g = clamp(v128.load(dw), clip)
  const mj = f32x4.add(v128.load(m), f32x4.mul(g, g))
  const step = f32x4.div(f32x4.mul(f32x4.splat(learningRate), g), f32x4.sqrt(f32x4.add(mj, f32x4.splat(epsilon))))
  v128.store(m, mj)
  v128.store(w, f32x4.sub(v128.load(w), step))
  v128.store(dw, f32x4.splat(0))
}

/** g = clamp(dw, -clip, clip), m = momentum * m + g, w -= learningRate * m, then dw = 0 */
export function momentum(w: usize, m: usize, dw: usize, rows: i32, columns: i32, learningRate: f32, clip: f32, momentum: f32): void {
  const stride = strideOf(columns)
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < stride; j += 16) {
      const mj = withoutTiny(f32x4.add(f32x4.mul(f32x4.splat(momentum), v128.load(m + j)), clamp(v128.load(dw + j), clip)))
      v128.store(m + j, mj)
      v128.store(w + j, f32x4.sub(v128.load(w + j), f32x4.mul(f32x4.splat(learningRate), mj)))
      v128.store(dw + j, f32x4.splat(0))
    }
    clearPadding(w, columns)
    w += stride
    m += stride
    dw += stride
  }
}

/** g = clamp(dw, -clip, clip), v = keep * v + add * g * g, w -= learningRate * g / (sqrt(v) + epsilon), then dw = 0 */
export function rmsprop(
  w: usize,
  v: usize,
  dw: usize,
  rows: i32,
  columns: i32,
  learningRate: f32,
  clip: f32,
  keep: f32,
  add: f32,
  epsilon: f32,
): void {
  const stride = strideOf(columns)
  for (let i = 0; i < rows; i++) {
    // a gradient of zeros does not change w: so it is for the symbols that a window does not hold
    if (isZero(dw, stride)) decayRow(v, stride, keep)
    else for (let j: usize = 0; j < stride; j += 16) rmsprop4(w + j, v + j, dw + j, learningRate, clip, keep, add, epsilon)
    clearPadding(w, columns)
    w += stride
    v += stride
    dw += stride
  }
}

// @ts-ignore: decorator
@inline
function rmsprop4(w: usize, v: usize, dw: usize, learningRate: f32, clip: f32, keep: f32, add: f32, epsilon: f32): void {
  const g = clamp(v128.load(dw), clip)
  const vj = withoutTiny(f32x4.add(f32x4.mul(f32x4.splat(keep), v128.load(v)), f32x4.mul(f32x4.mul(f32x4.splat(add), g), g)))
  const step = f32x4.div(f32x4.mul(f32x4.splat(learningRate), g), f32x4.add(f32x4.sqrt(vj), f32x4.splat(epsilon)))
  v128.store(v, vj)
  v128.store(w, f32x4.sub(v128.load(w), step))
  v128.store(dw, f32x4.splat(0))
}

// @ts-ignore: decorator
@inline
function decayRow(v: usize, stride: usize, keep: f32): void {
  for (const end = v + stride; v < end; v += 16) v128.store(v, withoutTiny(f32x4.mul(f32x4.splat(keep), v128.load(v))))
}

/** g = clamp(dw, -clip, clip), m = beta1 * m + (1 - beta1) * g, v = beta2 * v + (1 - beta2) * g * g, w -= learningRate * m / (sqrt(v) + epsilon), then dw = 0 */
export function adam(
  w: usize,
  m: usize,
  v: usize,
  dw: usize,
  rows: i32,
  columns: i32,
  learningRate: f32,
  clip: f32,
  beta1: f32,
  beta2: f32,
  oneMinusBeta1: f32,
  oneMinusBeta2: f32,
  epsilon: f32,
): void {
  const stride = strideOf(columns)
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < stride; j += 16) {
      const g = clamp(v128.load(dw + j), clip)
      const mj = withoutTiny(f32x4.add(f32x4.mul(f32x4.splat(beta1), v128.load(m + j)), f32x4.mul(f32x4.splat(oneMinusBeta1), g)))
      const squares = f32x4.mul(f32x4.mul(f32x4.splat(oneMinusBeta2), g), g)
      const vj = withoutTiny(f32x4.add(f32x4.mul(f32x4.splat(beta2), v128.load(v + j)), squares))
      v128.store(m + j, mj)
      v128.store(v + j, vj)
      const step = f32x4.div(f32x4.mul(f32x4.splat(learningRate), mj), f32x4.add(f32x4.sqrt(vj), f32x4.splat(epsilon)))
      v128.store(w + j, f32x4.sub(v128.load(w + j), step))
      v128.store(dw + j, f32x4.splat(0))
    }
    clearPadding(w, columns)
    w += stride
    m += stride
    v += stride
    dw += stride
  }
}

/** Zero for what an accumulator that decays would keep as a denormal forever, with which processors are slow. Keeps a NaN. */
// @ts-ignore: decorator
@inline
function withoutTiny(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(1e-30)))
}

/** Whether every bit of a row is zero */
// @ts-ignore: decorator
@inline
function isZero(row: usize, stride: usize): bool {
  let bits = v128.load(row)
  for (let j: usize = 16; j < stride; j += 16) bits = v128.or(bits, v128.load(row + j))
  return !v128.any_true(bits)
}

/** pmin and pmax are one instruction each, and in this order they keep a NaN */
// @ts-ignore: decorator
@inline
export function clamp(x: v128, limit: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(limit)), f32x4.splat(-limit))
}
