import { clamp } from './optimizers'
import { addRow } from './rnn'
import { strideOf } from './rows'

/* Embeddings; see reference/embedding.ts. `features` holds N int32 per step, `touched` one int32 per row. */

/** xs[t] (X) += the rows of E that the features of step t name */
export function embeddingForward(xs: usize, features: usize, E: usize, steps: i32, N: i32, X: i32): void {
  const stride = strideOf(X)
  const size = <usize>N << 2
  for (; steps > 0; steps--) {
    for (let j: usize = 0; j < stride; j += 32) addRows8(xs + j, E + j, features, features + size, stride)
    features += size
    xs += stride
  }
}

/** 8 columns of it */
// @ts-ignore: decorator
@inline
function addRows8(x: usize, E: usize, features: usize, end: usize, stride: usize): void {
  let a = v128.load(x)
  let b = v128.load(x, 16)
  for (; features < end; features += 4) {
    const feature = load<i32>(features)
    if (feature < 0) continue
    const e = E + <usize>feature * stride
    a = f32x4.add(a, v128.load(e))
    b = f32x4.add(b, v128.load(e, 16))
  }
  v128.store(x, a)
  v128.store(x, b, 16)
}

/** dE[r] += dxs[t] (X) for the rows r that the features of step t name */
export function embeddingBackward(dE: usize, dxs: usize, features: usize, steps: i32, N: i32, X: i32): void {
  const stride = strideOf(X)
  for (; steps > 0; steps--) {
    for (const end = features + (<usize>N << 2); features < end; features += 4) {
      const feature = load<i32>(features)
      if (feature >= 0) addRow(dE + <usize>feature * stride, dxs, stride)
    }
    dxs += stride
  }
}

/** The sum of the squares of the rows of dE that are listed: float32 within a row, float64 over the rows */
export function embeddingSquaredNorm(dE: usize, touched: usize, count: i32, X: i32): f64 {
  const stride = strideOf(X)
  let sum: f64 = 0
  for (const end = touched + (<usize>count << 2); touched < end; touched += 4)
    sum += <f64>squares(dE + <usize>load<u32>(touched) * stride, stride, Infinity)
  return sum
}

/** The sum of clamp(row, -clip, clip) squared */
// @ts-ignore: decorator
@inline
function squares(row: usize, stride: usize, clip: f32): f32 {
  let sums = f32x4.splat(0)
  for (const end = row + stride; row < end; row += 16) {
    const g = clamp(v128.load(row), clip)
    sums = f32x4.add(sums, f32x4.mul(g, g))
  }
  const pairs = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 2, 3, 0, 1))
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)
}

/** The rows that are listed: g = clamp(dE[r]), v[r] = keep * v[r] + add * mean(g * g), E[r] -= learningRate * g / (sqrt(v[r]) + epsilon), then dE[r] = 0 */
export function embeddingDescend(
  E: usize,
  v: usize,
  dE: usize,
  touched: usize,
  count: i32,
  X: i32,
  learningRate: f32,
  clip: f32,
  keep: f32,
  add: f32,
  epsilon: f32,
): void {
  const stride = strideOf(X)
  for (const end = touched + (<usize>count << 2); touched < end; touched += 4) {
    const r = <usize>load<u32>(touched)
    const e = E + r * stride
    const de = dE + r * stride
    const accumulator = v + r * strideOf(1)
    const mean = keep * load<f32>(accumulator) + (add * squares(de, stride, clip)) / <f32>X
    const rate = f32x4.splat(learningRate / (sqrt<f32>(mean) + epsilon))
    store<f32>(accumulator, mean)
    for (let j: usize = 0; j < stride; j += 16) {
      v128.store(e + j, f32x4.sub(v128.load(e + j), f32x4.mul(rate, clamp(v128.load(de + j), clip))))
      v128.store(de + j, f32x4.splat(0))
    }
  }
}
