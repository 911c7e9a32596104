import { affine, affineBackward } from './affine.ts'
import { sigmoid, tanh } from './math.ts'
import { row } from './row.ts'

/*
 * The long short-term memory of Hochreiter and Schmidhuber (1997) and Gers et al. (2000) with the equations of PyTorch's nn.LSTM. H: hidden units.
 * x (4H) is what the input sends, its bias included; Whh (4H, H) and bhh (4H) hold the rows for i, then for f, then for g, then for o.
 *
 *     i = sigmoid(x_i + Whi hprev + bhi)      g = tanh(x_g + Whg hprev + bhg)         c = f cprev + i g
 *     f = sigmoid(x_f + Whf hprev + bhf)      o = sigmoid(x_o + Who hprev + bho)      h = o tanh(c)
 *
 * gates (5H) holds i, f, g, o and tanh(c).
 */

function forwardStep(
  h: Float64Array,
  c: Float64Array,
  gates: Float64Array,
  hprev: Float64Array,
  cprev: Float64Array,
  x: Float64Array,
  Whh: Float64Array,
  bhh: Float64Array,
  H: number,
): void {
  for (let u = 0; u < H; u++) {
    const i = sigmoid(x[u]! + affine(Whh, bhh, hprev, u, H))
    const f = sigmoid(x[H + u]! + affine(Whh, bhh, hprev, H + u, H))
    const g = tanh(x[2 * H + u]! + affine(Whh, bhh, hprev, 2 * H + u, H))
    const o = sigmoid(x[3 * H + u]! + affine(Whh, bhh, hprev, 3 * H + u, H))
    const cell = f * cprev[u]! + i * g
    const tanhC = tanh(cell)
    c[u] = cell
    h[u] = o * tanhC
    gates[u] = i
    gates[H + u] = f
    gates[2 * H + u] = g
    gates[3 * H + u] = o
    gates[4 * H + u] = tanhC
  }
}

/** dx (4H) is set, and dc (H), on entry the gradient at c, becomes that at cprev; adds to dWhh (4H, H), dbhh (4H) and dhprev (H) */
function backwardStep(
  dWhh: Float64Array,
  dbhh: Float64Array,
  dhprev: Float64Array,
  dx: Float64Array,
  dc: Float64Array,
  dh: Float64Array,
  hprev: Float64Array,
  cprev: Float64Array,
  gates: Float64Array,
  Whh: Float64Array,
  H: number,
): void {
  for (let u = 0; u < H; u++) {
    const [i, f, g, o, tanhC] = [gates[u]!, gates[H + u]!, gates[2 * H + u]!, gates[3 * H + u]!, gates[4 * H + u]!]
    const dcell = dc[u]! + dh[u]! * o * (1 - tanhC * tanhC)
    dx[u] = dcell * g * i * (1 - i)
    dx[H + u] = dcell * cprev[u]! * f * (1 - f)
    dx[2 * H + u] = dcell * i * (1 - g * g)
    dx[3 * H + u] = dh[u]! * tanhC * o * (1 - o)
    dc[u] = dcell * f
  }
  for (let u = 0; u < 4 * H; u++) affineBackward(dWhh, dbhh, dhprev, dx[u]!, hprev, Whh, u, H)
}

export function lstmForward(
  hs: Float64Array,
  cs: Float64Array,
  gates: Float64Array,
  xs: Float64Array,
  Whh: Float64Array,
  bhh: Float64Array,
  from: number,
  to: number,
  H: number,
): void {
  for (let t = from; t < to; t++) {
    const [h, c, hprev, cprev] = [row(hs, t + 1, H), row(cs, t + 1, H), row(hs, t, H), row(cs, t, H)]
    forwardStep(h, c, row(gates, t, 5 * H), hprev, cprev, row(xs, t, 4 * H), Whh, bhh, H)
  }
}

export function lstmBackward(
  dWhh: Float64Array,
  dbhh: Float64Array,
  dhs: Float64Array,
  dxs: Float64Array,
  hs: Float64Array,
  cs: Float64Array,
  gates: Float64Array,
  Whh: Float64Array,
  steps: number,
  H: number,
): void {
  row(dhs, 0, H).fill(0)
  const dc = new Float64Array(H)
  for (let t = steps - 1; t >= 0; t--) {
    const [dhprev, dx, dh] = [row(dhs, t, H), row(dxs, t, 4 * H), row(dhs, t + 1, H)]
    backwardStep(dWhh, dbhh, dhprev, dx, dc, dh, row(hs, t, H), row(cs, t, H), row(gates, t, 5 * H), Whh, H)
  }
}
