import { sigmoid4, tanh4 } from './math'
import { addBackwardProduct, addOuterProducts, forwardProduct } from './products'
import { addRow } from './rnn'
import { clearPadding, clearRow, loadSome, storeSome, strideOf } from './rows'

/*
 * The gated recurrent unit over `steps` steps; reference/gru.ts has the equations. H: hidden units. A row of gates (4H) holds r, z, q and n, one of
 * xs (3H) what the input sends to r, z and n. Where H is no multiple of 4 a gate does not end with a vector: its last numbers go one by one.
 */

/** hs[t + 1] (H) and gates[t] (4H) from hs[t] and xs[t] (3H). Whh is (3H, H). */
export function gruForward(hs: usize, gates: usize, xs: usize, Whh: usize, bhh: usize, steps: i32, H: i32): void {
  const hStride = strideOf(H)
  for (let t = 0; t < steps; t++) {
    // n is computed after this and may be written over
    forwardProduct(gates, Whh, hs, hStride, 3 * H)
    activate(hs + hStride, gates, hs, xs, bhh, H)
    hs += hStride
    gates += strideOf(4 * H)
    xs += strideOf(3 * H)
  }
}

/** On entry gates hold Whh hprev */
function activate(h: usize, gates: usize, hprev: usize, x: usize, bhh: usize, H: i32): void {
  const size = <usize>H << 2
  let j: usize = 0
  for (; j + 16 <= size; j += 16) activate4(h + j, gates + j, hprev + j, x + j, bhh + j, size, 4)
  if (j < size) activate4(h + j, gates + j, hprev + j, x + j, bhh + j, size, H & 3)
}

/** `count` units; `size`: bytes from one gate to the next */
function activate4(h: usize, gates: usize, hprev: usize, x: usize, bhh: usize, size: usize, count: i32): void {
  const r = sigmoid4(f32x4.add(loadSome(x, count), f32x4.add(loadSome(gates, count), loadSome(bhh, count))))
  const z = sigmoid4(f32x4.add(loadSome(x + size, count), f32x4.add(loadSome(gates + size, count), loadSome(bhh + size, count))))
  const q = f32x4.add(loadSome(gates + 2 * size, count), loadSome(bhh + 2 * size, count))
  const n = tanh4(f32x4.add(loadSome(x + 2 * size, count), f32x4.mul(r, q)))
  storeSome(gates, r, count)
  storeSome(gates + size, z, count)
  storeSome(gates + 2 * size, q, count)
  storeSome(gates + 3 * size, n, count)
  storeSome(h, f32x4.add(n, f32x4.mul(z, f32x4.sub(loadSome(hprev, count), n))), count)
}

/**
 * Last step to first: dxs[t] (3H) is set, and dhs[t] (H) grows by what dhs[t + 1] sends back; dhs[0] is overwritten. Adds to dWhh (3H, H) and
 * dbhh (3H). draws (steps, 3H), the gradients at Whh hs[t] + bhh, is scratch space.
 */
export function gruBackward(
  dWhh: usize,
  dbhh: usize,
  dhs: usize,
  dxs: usize,
  draws: usize,
  hs: usize,
  gates: usize,
  Whh: usize,
  steps: i32,
  H: i32,
): void {
  const hStride = strideOf(H)
  const stride = strideOf(3 * H)
  clearRow(dhs, hStride)
  for (let t = <usize>steps; t-- > 0; ) {
    const draw = draws + t * stride
    const dhprev = dhs + t * hStride
    activateBackward(draw, dxs + t * stride, dhprev, dhprev + hStride, gates + t * strideOf(4 * H), hs + t * hStride, H)
    clearPadding(draw, 3 * H)
    addRow(dbhh, draw, stride)
    addBackwardProduct(dhprev, Whh, draw, 3 * H, H)
  }
  addOuterProducts(dWhh, draws, stride, hs, hStride, steps, 3 * H)
}

/** draw (3H) and dx (3H) are set, dhprev (H) += z dh */
function activateBackward(draw: usize, dx: usize, dhprev: usize, dh: usize, gates: usize, hprev: usize, H: i32): void {
  const size = <usize>H << 2
  let j: usize = 0
  for (; j + 16 <= size; j += 16) activateBackward4(draw + j, dx + j, dhprev + j, dh + j, gates + j, hprev + j, size, 4)
  if (j < size) activateBackward4(draw + j, dx + j, dhprev + j, dh + j, gates + j, hprev + j, size, H & 3)
}

function activateBackward4(draw: usize, dx: usize, dhprev: usize, dh: usize, gates: usize, hprev: usize, size: usize, count: i32): void {
  const r = loadSome(gates, count)
  const z = loadSome(gates + size, count)
  const q = loadSome(gates + 2 * size, count)
  const n = loadSome(gates + 3 * size, count)
  const d = loadSome(dh, count)
  const dTimesRest = f32x4.mul(d, minusFrom1(z))
  const dn = f32x4.mul(dTimesRest, minusFrom1(f32x4.mul(n, n)))
  const dz = f32x4.mul(f32x4.mul(dTimesRest, z), f32x4.sub(loadSome(hprev, count), n))
  const dq = f32x4.mul(dn, r)
  const dr = f32x4.mul(f32x4.mul(dq, minusFrom1(r)), q)
  storeSome(draw, dr, count)
  storeSome(draw + size, dz, count)
  storeSome(draw + 2 * size, dq, count)
  storeSome(dx, dr, count)
  storeSome(dx + size, dz, count)
  storeSome(dx + 2 * size, dn, count)
  storeSome(dhprev, f32x4.add(loadSome(dhprev, count), f32x4.mul(d, z)), count)
}

/** 1 - x */
// @ts-ignore: decorator
@inline
export function minusFrom1(x: v128): v128 {
  return f32x4.sub(f32x4.splat(1), x)
}
