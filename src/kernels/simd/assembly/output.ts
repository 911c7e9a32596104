import { exp4, log } from './math'
import { addBackwardProducts, addOuterProducts, dots4x2, forwardProduct } from './products'
import { addRow } from './rnn'
import { clearPadding, gatherRows, scatterRows, strideOf } from './rows'

/* From the hidden state to the loss, over `steps` steps. V: symbols, H: hidden units. */

/** ys[t] (V) = Why hs[t] + by */
export function outputForward(ys: usize, hs: usize, Why: usize, by: usize, steps: i32, V: i32, H: i32): void {
  const hStride = strideOf(H)
  const yStride = strideOf(V)
  for (; steps >= 2; steps -= 2) {
    outputForward2(ys, hs, Why, by, V, H)
    hs += 2 * hStride
    ys += 2 * yStride
  }
  if (steps > 0) outputForward1(ys, hs, Why, by, V, H)
}

function outputForward1(y: usize, h: usize, Why: usize, by: usize, V: i32, H: i32): void {
  forwardProduct(y, Why, h, strideOf(H), V)
  addRow(y, by, strideOf(V))
  clearPadding(y, V)
}

// @ts-ignore: decorator
@inline
function outputForward2(y: usize, h: usize, Why: usize, by: usize, V: i32, H: i32): void {
  const stride = strideOf(H)
  const yNext = y + strideOf(V)
  const end = (<usize>(V + 3) & ~3) << 2
  for (let v: usize = 0; v < end; v += 16) {
    dots4x2(y + v, yNext + v, Why, h, stride)
    add4(y + v, by + v)
    add4(yNext + v, by + v)
    Why += 4 * stride
  }
  clearPadding(y, V)
  clearPadding(yNext, V)
}

// @ts-ignore: decorator
@inline
function add4(sum: usize, term: usize): void {
  v128.store(sum, f32x4.add(v128.load(sum), v128.load(term)))
}

/**
 * With t = lessons[k], for each k below `count`: dWhy (V, H) += dys[k] hs[t]', dby (V) += dys[k], dhs[t] (H) += Why' dys[k]. `scratch` is space for twice
 * `count` rows of H.
 */
export function outputBackward(
  dWhy: usize,
  dby: usize,
  dhs: usize,
  dys: usize,
  hs: usize,
  Why: usize,
  lessons: usize,
  scratch: usize,
  count: i32,
  V: i32,
  H: i32,
): void {
  const hStride = strideOf(H)
  const yStride = strideOf(V)
  const dstates = scratch + <usize>count * hStride
  gatherRows(scratch, hs, lessons, count, hStride)
  gatherRows(dstates, dhs, lessons, count, hStride)
  addOuterProducts(dWhy, dys, yStride, scratch, hStride, count, V)
  for (let k: usize = 0; k < <usize>count; k++) addRow(dby, dys + k * yStride, yStride)
  addBackwardProducts(dstates, dys, yStride, Why, count, V, H)
  scatterRows(dhs, dstates, lessons, count, hStride)
}

/** ps[t] (V) = softmax(ys[t]), logZs[t] = ln sum exp(ys[t]). The maximum is subtracted so that exp cannot overflow. */
export function softmaxForward(ps: usize, logZs: usize, ys: usize, steps: i32, V: i32): void {
  const stride = strideOf(V)
  const zStride = strideOf(1)
  for (let t = 0; t < steps; t++) {
    store<f32>(logZs, softmax(ps, ys, V))
    ps += stride
    ys += stride
    logZs += zStride
  }
}

function softmax(p: usize, y: usize, V: i32): f32 {
  const last = (<usize>(V - 1) & ~3) << 2
  const max = maximum(y, last, V)
  const max4 = f32x4.splat(max)
  let sums = f32x4.splat(0)
  for (let j: usize = 0; j < last; j += 16) {
    const e = exp4(f32x4.sub(v128.load(y + j), max4))
    sums = f32x4.add(sums, e)
    v128.store(p + j, e)
  }
  const e = exp4(f32x4.sub(lastLogits(y + last, V), max4))
  const sum = sumOf(f32x4.add(sums, e))
  const scale = f32x4.splat(1 / sum)
  v128.store(p + last, f32x4.mul(e, scale))
  for (let j: usize = 0; j < last; j += 16) v128.store(p + j, f32x4.mul(v128.load(p + j), scale))
  clearPadding(p, V)
  return <f32>(<f64>max + log(<f64>sum))
}

/** The largest of y (V); when there is a NaN, some number or NaN */
// @ts-ignore: decorator
@inline
function maximum(y: usize, last: usize, V: i32): f32 {
  let max4 = lastLogits(y + last, V)
  for (let j: usize = 0; j < last; j += 16) max4 = f32x4.pmax(max4, v128.load(y + j))
  max4 = f32x4.pmax(max4, v128.shuffle<f32>(max4, max4, 2, 3, 0, 1))
  max4 = f32x4.pmax(max4, v128.shuffle<f32>(max4, max4, 1, 0, 3, 2))
  return f32x4.extract_lane(max4, 0)
}

/** The last 1 to 4 of V logits, and minus infinity in place of the padding: its exp is the zero that belongs there */
// @ts-ignore: decorator
@inline
function lastLogits(y: usize, V: i32): v128 {
  const isLogit = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(((V - 1) & 3) + 1))
  return v128.bitselect(v128.load(y), f32x4.splat(-Infinity), isLogit)
}

// @ts-ignore: decorator
@inline
function sumOf(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1))
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)
}
