import { exp, log } from './math.ts'
import { row } from './row.ts'

/* From the hidden state to the loss. V: symbols, H: hidden units. */

/** y (V) = Why h + by */
export function outputStep(y: Float64Array, h: Float64Array, Why: Float64Array, by: Float64Array, V: number, H: number): void {
  for (let v = 0; v < V; v++) {
    let sum = by[v]!
    for (let j = 0; j < H; j++) sum += Why[v * H + j]! * h[j]!
    y[v] = sum
  }
}

/** dWhy (V, H) += dy h', dby (V) += dy, dh (H) += Why' dy */
export function outputBackwardStep(
  dWhy: Float64Array,
  dby: Float64Array,
  dh: Float64Array,
  dy: Float64Array,
  h: Float64Array,
  Why: Float64Array,
  V: number,
  H: number,
): void {
  for (let v = 0; v < V; v++) {
    const d = dy[v]!
    dby[v]! += d
    for (let j = 0; j < H; j++) {
      dWhy[v * H + j]! += d * h[j]!
      dh[j]! += Why[v * H + j]! * d
    }
  }
}

/** p (V) = exp(y) / sum exp(y); returns ln sum exp(y). The maximum is subtracted so that exp cannot overflow. */
export function softmax(p: Float64Array, y: Float64Array, V: number): number {
  let max = -Infinity
  for (let v = 0; v < V; v++) max = Math.max(max, y[v]!)
  let sum = 0
  for (let v = 0; v < V; v++) {
    p[v] = exp(y[v]! - max)
    sum += p[v]!
  }
  for (let v = 0; v < V; v++) p[v]! /= sum
  return max + log(sum)
}

/** dy (V) = p - the one-hot vector of the target; in place when dy is p */
export function crossEntropyStepBackward(dy: Float64Array, p: Float64Array, target: number): void {
  dy.set(p)
  dy[target]! -= 1
}

export function outputForward(
  ys: Float64Array,
  hs: Float64Array,
  Why: Float64Array,
  by: Float64Array,
  from: number,
  to: number,
  V: number,
  H: number,
): void {
  for (let t = from; t < to; t++) outputStep(row(ys, t, V), row(hs, t + 1, H), Why, by, V, H)
}

export function outputBackward(
  dWhy: Float64Array,
  dby: Float64Array,
  dhs: Float64Array,
  dys: Float64Array,
  hs: Float64Array,
  Why: Float64Array,
  lessons: Int32Array,
  V: number,
  H: number,
): void {
  for (const [k, t] of lessons.entries()) outputBackwardStep(dWhy, dby, row(dhs, t + 1, H), row(dys, k, V), row(hs, t + 1, H), Why, V, H)
}

export function softmaxForward(ps: Float64Array, logZs: Float64Array, ys: Float64Array, from: number, to: number, V: number): void {
  for (let t = from; t < to; t++) logZs[t] = softmax(row(ps, t, V), row(ys, t, V), V)
}

export function crossEntropyForward(
  losses: Float64Array,
  logZs: Float64Array,
  ys: Float64Array,
  targets: Int32Array,
  from: number,
  to: number,
  V: number,
): void {
  for (let t = from; t < to; t++) losses[t - from] = logZs[t]! - ys[t * V + targets[t]!]!
}

export function crossEntropyBackward(dys: Float64Array, targets: Int32Array, lessons: Int32Array, V: number): void {
  for (const [k, t] of lessons.entries()) crossEntropyStepBackward(row(dys, k, V), row(dys, t, V), targets[t]!)
}
