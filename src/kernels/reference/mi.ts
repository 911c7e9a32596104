import { tanh } from './math.ts'
import { row } from './row.ts'

/*
 * A recurrent cell with multiplicative integration (Wu, Zhang, Zhang, Bengio and Salakhutdinov, NIPS 2016). H: hidden units. x (H) is what the input
 * sends, its bias included; `factors` (3, H) holds alpha, beta1 and beta2.
 *
 *     r = Whh hprev        h = tanh(alpha x r + beta1 r + beta2 x + bhh)
 *
 * gates (2H) holds r and x.
 */

function forwardStep(
  h: Float64Array,
  gates: Float64Array,
  hprev: Float64Array,
  x: Float64Array,
  Whh: Float64Array,
  factors: Float64Array,
  bhh: Float64Array,
  H: number,
): void {
  for (let i = 0; i < H; i++) {
    let r = 0
    for (let j = 0; j < H; j++) r += Whh[i * H + j]! * hprev[j]!
    h[i] = tanh(factors[i]! * (x[i]! * r) + factors[H + i]! * r + factors[2 * H + i]! * x[i]! + bhh[i]!)
    gates[i] = r
    gates[H + i] = x[i]!
  }
}

/** dx (H) is set; adds to dWhh (H, H), dfactors (3, H) and dbhh (H), and to dhprev (H) what dh sends back */
function backwardStep(
  dWhh: Float64Array,
  dfactors: Float64Array,
  dbhh: Float64Array,
  dhprev: Float64Array,
  dx: Float64Array,
  dh: Float64Array,
  h: Float64Array,
  hprev: Float64Array,
  gates: Float64Array,
  Whh: Float64Array,
  factors: Float64Array,
  H: number,
): void {
  for (let i = 0; i < H; i++) {
    const [r, x] = [gates[i]!, gates[H + i]!]
    const draw = (1 - h[i]! * h[i]!) * dh[i]!
    dfactors[i]! += draw * x * r
    dfactors[H + i]! += draw * r
    dfactors[2 * H + i]! += draw * x
    dbhh[i]! += draw
    dx[i] = draw * (factors[i]! * r + factors[2 * H + i]!)
    const dr = draw * (factors[i]! * x + factors[H + i]!)
    for (let j = 0; j < H; j++) {
      dWhh[i * H + j]! += dr * hprev[j]!
      dhprev[j]! += Whh[i * H + j]! * dr
    }
  }
}

export function miForward(
  hs: Float64Array,
  gates: Float64Array,
  xs: Float64Array,
  Whh: Float64Array,
  factors: Float64Array,
  bhh: Float64Array,
  from: number,
  to: number,
  H: number,
): void {
  for (let t = from; t < to; t++) forwardStep(row(hs, t + 1, H), row(gates, t, 2 * H), row(hs, t, H), row(xs, t, H), Whh, factors, bhh, H)
}

export function miBackward(
  dWhh: Float64Array,
  dfactors: Float64Array,
  dbhh: Float64Array,
  dhs: Float64Array,
  dxs: Float64Array,
  hs: Float64Array,
  gates: Float64Array,
  Whh: Float64Array,
  factors: Float64Array,
  steps: number,
  H: number,
): void {
  row(dhs, 0, H).fill(0)
  for (let t = steps - 1; t >= 0; t--) {
    const [dhprev, dx, dh, h] = [row(dhs, t, H), row(dxs, t, H), row(dhs, t + 1, H), row(hs, t + 1, H)]
    backwardStep(dWhh, dfactors, dbhh, dhprev, dx, dh, h, row(hs, t, H), row(gates, t, 2 * H), Whh, factors, H)
  }
}
