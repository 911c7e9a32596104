import { tanh4 } from './math'
import { addBackwardProduct, addOuterProducts, forwardProduct } from './products'
import { clearPadding, clearRow, loadSome, storeSome, strideOf } from './rows'

/*
 * A cell with multiplicative integration over `steps` steps; reference/mi.ts has the equations. H: hidden units. A row of gates (2H) holds r and x;
 * `factors` (3, H) alpha, beta1 and beta2, each a row.
 */

/** hs[t + 1] (H) and gates[t] (2H) from hs[t] and xs[t] (H). Whh is (H, H). */
export function miForward(hs: usize, gates: usize, xs: usize, Whh: usize, factors: usize, bhh: usize, steps: i32, H: i32): void {
  const stride = strideOf(H)
  for (let t = 0; t < steps; t++) {
    // x is written after this and may be written over
    forwardProduct(gates, Whh, hs, stride, H)
    activate(hs + stride, gates, xs, factors, bhh, H)
    clearPadding(hs + stride, H)
    hs += stride
    gates += strideOf(2 * H)
    xs += stride
  }
}

/** On entry gates hold Whh hprev */
function activate(h: usize, gates: usize, x: usize, factors: usize, bhh: usize, H: i32): void {
  const size = <usize>H << 2
  const stride = strideOf(H)
  let j: usize = 0
  for (; j + 16 <= size; j += 16) activate4(h + j, gates + j, x + j, factors + j, bhh + j, size, stride, 4)
  if (j < size) activate4(h + j, gates + j, x + j, factors + j, bhh + j, size, stride, H & 3)
}

/** `count` units; `size`: bytes from r to x, `stride`: from one factor to the next */
function activate4(h: usize, gates: usize, x: usize, factors: usize, bhh: usize, size: usize, stride: usize, count: i32): void {
  const r = loadSome(gates, count)
  const xj = v128.load(x)
  const product = f32x4.mul(v128.load(factors), f32x4.mul(xj, r))
  const sum = f32x4.add(f32x4.mul(v128.load(factors + stride), r), f32x4.mul(v128.load(factors + 2 * stride), xj))
  storeSome(gates + size, xj, count)
  v128.store(h, tanh4(f32x4.add(f32x4.add(product, sum), v128.load(bhh))))
}

/**
 * Last step to first: dxs[t] (H) is set, and dhs[t] (H) grows by what dhs[t + 1] sends back; dhs[0] is overwritten. Adds to dWhh (H, H),
 * dfactors (3, H) and dbhh (H). draws (steps, H), the gradients at Whh hs[t], is scratch space.
 */
export function miBackward(
  dWhh: usize,
  dfactors: usize,
  dbhh: usize,
  dhs: usize,
  dxs: usize,
  draws: usize,
  hs: usize,
  gates: usize,
  Whh: usize,
  factors: usize,
  steps: i32,
  H: i32,
): void {
  const stride = strideOf(H)
  const size = <usize>H << 2
  clearRow(dhs, stride)
  for (let t = <usize>steps; t-- > 0; ) {
    const draw = draws + t * stride
    const dx = dxs + t * stride
    const dh = dhs + (t + 1) * stride
    const h = hs + (t + 1) * stride
    const gate = gates + t * strideOf(2 * H)
    let j: usize = 0
    for (; j + 16 <= size; j += 16)
      activateBackward4(draw + j, dx + j, dfactors + j, dbhh + j, dh + j, h + j, gate + j, factors + j, size, stride, 4)
    if (j < size) activateBackward4(draw + j, dx + j, dfactors + j, dbhh + j, dh + j, h + j, gate + j, factors + j, size, stride, H & 3)
    clearPadding(draw, H)
    clearPadding(dx, H)
    addBackwardProduct(dhs + t * stride, Whh, draw, H, H)
  }
  addOuterProducts(dWhh, draws, stride, hs, stride, steps, H)
}

function activateBackward4(
  draw: usize,
  dx: usize,
  dfactors: usize,
  dbhh: usize,
  dh: usize,
  h: usize,
  gates: usize,
  factors: usize,
  size: usize,
  stride: usize,
  count: i32,
): void {
  const r = loadSome(gates, count)
  const x = loadSome(gates + size, count)
  const hj = v128.load(h)
  const d = f32x4.mul(f32x4.sub(f32x4.splat(1), f32x4.mul(hj, hj)), v128.load(dh))
  const alpha = v128.load(factors)
  add4(dfactors, f32x4.mul(f32x4.mul(d, x), r))
  add4(dfactors + stride, f32x4.mul(d, r))
  add4(dfactors + 2 * stride, f32x4.mul(d, x))
  add4(dbhh, d)
  v128.store(dx, f32x4.mul(d, f32x4.add(f32x4.mul(alpha, r), v128.load(factors + 2 * stride))))
  v128.store(draw, f32x4.mul(d, f32x4.add(f32x4.mul(alpha, x), v128.load(factors + stride))))
}

// @ts-ignore: decorator
@inline
function add4(sum: usize, terms: v128): void {
  v128.store(sum, f32x4.add(v128.load(sum), terms))
}
