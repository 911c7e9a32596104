import { affine, affineBackward } from './affine.ts'
import { sigmoid, tanh } from './math.ts'
import { row } from './row.ts'

/*
 * The gated recurrent unit of Cho et al. (2014) with the equations of PyTorch's nn.GRU. H: hidden units. x (3H) is what the input sends, its bias
 * included; Whh (3H, H) and bhh (3H) hold the rows for r, then for z, then for n.
 *
 *     r = sigmoid(x_r + Whr hprev + bhr)      q = Whn hprev + bhn
 *     z = sigmoid(x_z + Whz hprev + bhz)      n = tanh(x_n + r q)        h = (1 - z) n + z hprev
 *
 * gates (4H) holds r, z, q and n.
 */

function forwardStep(
  h: Float64Array,
  gates: Float64Array,
  hprev: Float64Array,
  x: Float64Array,
  Whh: Float64Array,
  bhh: Float64Array,
  H: number,
): void {
  for (let i = 0; i < H; i++) {
    const r = sigmoid(x[i]! + affine(Whh, bhh, hprev, i, H))
    const z = sigmoid(x[H + i]! + affine(Whh, bhh, hprev, H + i, H))
    const q = affine(Whh, bhh, hprev, 2 * H + i, H)
    const n = tanh(x[2 * H + i]! + r * q)
    h[i] = n + z * (hprev[i]! - n)
    gates[i] = r
    gates[H + i] = z
    gates[2 * H + i] = q
    gates[3 * H + i] = n
  }
}

/** dx (3H) is set; adds to dWhh (3H, H) and dbhh (3H), and to dhprev (H) what dh sends back */
function backwardStep(
  dWhh: Float64Array,
  dbhh: Float64Array,
  dhprev: Float64Array,
  dx: Float64Array,
  dh: Float64Array,
  hprev: Float64Array,
  gates: Float64Array,
  Whh: Float64Array,
  H: number,
): void {
  for (let i = 0; i < H; i++) {
    const [r, z, q, n] = [gates[i]!, gates[H + i]!, gates[2 * H + i]!, gates[3 * H + i]!]
    const dn = dh[i]! * (1 - z) * (1 - n * n)
    const dz = dh[i]! * (hprev[i]! - n) * z * (1 - z)
    const dr = dn * q * r * (1 - r)
    dx[i] = dr
    dx[H + i] = dz
    dx[2 * H + i] = dn
    dhprev[i]! += dh[i]! * z
    affineBackward(dWhh, dbhh, dhprev, dr, hprev, Whh, i, H)
    affineBackward(dWhh, dbhh, dhprev, dz, hprev, Whh, H + i, H)
    affineBackward(dWhh, dbhh, dhprev, dn * r, hprev, Whh, 2 * H + i, H)
  }
}

export function gruForward(
  hs: Float64Array,
  gates: Float64Array,
  xs: Float64Array,
  Whh: Float64Array,
  bhh: Float64Array,
  from: number,
  to: number,
  H: number,
): void {
  for (let t = from; t < to; t++) forwardStep(row(hs, t + 1, H), row(gates, t, 4 * H), row(hs, t, H), row(xs, t, 3 * H), Whh, bhh, H)
}

export function gruBackward(
  dWhh: Float64Array,
  dbhh: Float64Array,
  dhs: Float64Array,
  dxs: Float64Array,
  hs: Float64Array,
  gates: Float64Array,
  Whh: Float64Array,
  steps: number,
  H: number,
): void {
  row(dhs, 0, H).fill(0)
  for (let t = steps - 1; t >= 0; t--) {
    const [dhprev, dx, dh] = [row(dhs, t, H), row(dxs, t, 3 * H), row(dhs, t + 1, H)]
    backwardStep(dWhh, dbhh, dhprev, dx, dh, row(hs, t, H), row(gates, t, 4 * H), Whh, H)
  }
}
