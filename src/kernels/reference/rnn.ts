import { tanh } from './math.ts'
import { row } from './row.ts'

/*
 * The vanilla recurrent cell. H: hidden units. The input is a symbol: Wxh x for its one-hot vector x is row `symbol` of Wxh, which is stored (V, H).
 */

/** h (H) = tanh(Wxh x + Whh hprev + bh) */
export function forwardStep(
  h: Float64Array,
  hprev: Float64Array,
  symbol: number,
  Wxh: Float64Array,
  Whh: Float64Array,
  bh: Float64Array,
  H: number,
): void {
  for (let i = 0; i < H; i++) {
    let sum = Wxh[symbol * H + i]! + bh[i]!
    for (let j = 0; j < H; j++) sum += Whh[i * H + j]! * hprev[j]!
    h[i] = tanh(sum)
  }
}

/**
 * dhraw (H) = (1 - h * h) * dh, in place of dh; adds to dbh (H), to row `symbol` of dWxh, to dWhh (H, H), and Whh' dhraw to dhprev (H).
 */
export function backwardStep(
  dWxh: Float64Array,
  dWhh: Float64Array,
  dbh: Float64Array,
  dhprev: Float64Array,
  dh: Float64Array,
  h: Float64Array,
  hprev: Float64Array,
  symbol: number,
  Whh: Float64Array,
  H: number,
): void {
  const dhraw = dh
  tanhBackward(dhraw, dh, h, H)
  for (let i = 0; i < H; i++) {
    const d = dhraw[i]!
    dbh[i]! += d
    dWxh[symbol * H + i]! += d
    for (let j = 0; j < H; j++) {
      dWhh[i * H + j]! += d * hprev[j]!
      dhprev[j]! += Whh[i * H + j]! * d
    }
  }
}

/** draw (H) = (1 - h * h) * dh, the gradient before the tanh whose value is h */
export function tanhBackward(draw: Float64Array, dh: Float64Array, h: Float64Array, H: number): void {
  for (let i = 0; i < H; i++) draw[i] = (1 - h[i]! * h[i]!) * dh[i]!
}

export function rnnForward(
  hs: Float64Array,
  inputs: Int32Array,
  Wxh: Float64Array,
  Whh: Float64Array,
  bh: Float64Array,
  from: number,
  to: number,
  H: number,
): void {
  for (let t = from; t < to; t++) forwardStep(row(hs, t + 1, H), row(hs, t, H), inputs[t]!, Wxh, Whh, bh, H)
}

export function rnnBackward(
  dWxh: Float64Array,
  dWhh: Float64Array,
  dbh: Float64Array,
  dhs: Float64Array,
  hs: Float64Array,
  inputs: Int32Array,
  Whh: Float64Array,
  steps: number,
  H: number,
): void {
  for (let t = steps - 1; t >= 0; t--) {
    backwardStep(dWxh, dWhh, dbh, row(dhs, t, H), row(dhs, t + 1, H), row(hs, t + 1, H), row(hs, t, H), inputs[t]!, Whh, H)
  }
}
