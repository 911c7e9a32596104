import { minusFrom1 } from './gru'
import { sigmoid4, tanh4 } from './math'
import { addBackwardProduct, addOuterProducts, forwardProduct } from './products'
import { addRow } from './rnn'
import { clearRow, loadSome, storeSome, strideOf } from './rows'

/*
 * The long short-term memory over `steps` steps; reference/lstm.ts has the equations. H: hidden units. A row of gates (5H) holds i, f, g, o and
 * tanh(c), one of xs (4H) what the input sends to i, f, g and o. Where H is no multiple of 4, the last numbers of a gate go one by one.
 */

/** hs[t + 1] (H), cs[t + 1] (H) and gates[t] (5H) from hs[t], cs[t] and xs[t] (4H). Whh is (4H, H). */
export function lstmForward(hs: usize, cs: usize, gates: usize, xs: usize, Whh: usize, bhh: usize, steps: i32, H: i32): void {
  const stride = strideOf(H)
  for (let t = 0; t < steps; t++) {
    forwardProduct(gates, Whh, hs, stride, 4 * H)
    hs += stride
    activate(hs, cs + stride, gates, cs, xs, bhh, H)
    cs += stride
    gates += strideOf(5 * H)
    xs += strideOf(4 * H)
  }
}

/** On entry gates hold Whh hprev */
function activate(h: usize, c: usize, gates: usize, cprev: usize, x: usize, bhh: usize, H: i32): void {
  const size = <usize>H << 2
  let j: usize = 0
  for (; j + 16 <= size; j += 16) activate4(h + j, c + j, gates + j, cprev + j, x + j, bhh + j, size, 4)
  if (j < size) activate4(h + j, c + j, gates + j, cprev + j, x + j, bhh + j, size, H & 3)
}

/** `count` units; `size`: bytes from one gate to the next */
function activate4(h: usize, c: usize, gates: usize, cprev: usize, x: usize, bhh: usize, size: usize, count: i32): void {
  const i = sigmoid4(sum3(x, gates, bhh, count))
  const f = sigmoid4(sum3(x + size, gates + size, bhh + size, count))
  const g = tanh4(sum3(x + 2 * size, gates + 2 * size, bhh + 2 * size, count))
  const o = sigmoid4(sum3(x + 3 * size, gates + 3 * size, bhh + 3 * size, count))
  const cNow = f32x4.add(f32x4.mul(f, loadSome(cprev, count)), f32x4.mul(i, g))
  const tanhC = tanh4(cNow)
  storeSome(gates, i, count)
  storeSome(gates + size, f, count)
  storeSome(gates + 2 * size, g, count)
  storeSome(gates + 3 * size, o, count)
  storeSome(gates + 4 * size, tanhC, count)
  storeSome(c, cNow, count)
  storeSome(h, f32x4.mul(o, tanhC), count)
}

/** What the input sends, and what the hidden state sends with its bias */
// @ts-ignore: decorator
@inline
function sum3(x: usize, product: usize, bias: usize, count: i32): v128 {
  return f32x4.add(loadSome(x, count), f32x4.add(loadSome(product, count), loadSome(bias, count)))
}

/**
 * Last step to first: dxs[t] (4H) is set, and dhs[t] (H) grows by what dhs[t + 1] sends back; dhs[0] is overwritten. Adds to dWhh (4H, H) and
 * dbhh (4H). dc (H) is scratch space.
 */
export function lstmBackward(
  dWhh: usize,
  dbhh: usize,
  dhs: usize,
  dxs: usize,
  dc: usize,
  hs: usize,
  cs: usize,
  gates: usize,
  Whh: usize,
  steps: i32,
  H: i32,
): void {
  const hStride = strideOf(H)
  const stride = strideOf(4 * H)
  clearRow(dhs, hStride)
  clearRow(dc, hStride)
  for (let t = <usize>steps; t-- > 0; ) {
    const dx = dxs + t * stride
    const dhprev = dhs + t * hStride
    activateBackward(dx, dc, dhprev + hStride, cs + t * hStride, gates + t * strideOf(5 * H), H)
    addRow(dbhh, dx, stride)
    addBackwardProduct(dhprev, Whh, dx, 4 * H, H)
  }
  addOuterProducts(dWhh, dxs, stride, hs, hStride, steps, 4 * H)
}

/** dx (4H) is set, and dc (H), on entry the gradient at c, becomes that at cprev */
function activateBackward(dx: usize, dc: usize, dh: usize, cprev: usize, gates: usize, H: i32): void {
  const size = <usize>H << 2
  let j: usize = 0
  for (; j + 16 <= size; j += 16) activateBackward4(dx + j, dc + j, dh + j, cprev + j, gates + j, size, 4)
  if (j < size) activateBackward4(dx + j, dc + j, dh + j, cprev + j, gates + j, size, H & 3)
}

function activateBackward4(dx: usize, dc: usize, dh: usize, cprev: usize, gates: usize, size: usize, count: i32): void {
  const i = loadSome(gates, count)
  const f = loadSome(gates + size, count)
  const g = loadSome(gates + 2 * size, count)
  const o = loadSome(gates + 3 * size, count)
  const tanhC = loadSome(gates + 4 * size, count)
  const d = loadSome(dh, count)
  const dTimesO = f32x4.mul(d, o)
  const dcell = f32x4.add(loadSome(dc, count), f32x4.mul(dTimesO, minusFrom1(f32x4.mul(tanhC, tanhC))))
  const dcTimesI = f32x4.mul(dcell, i)
  const dcTimesF = f32x4.mul(dcell, f)
  storeSome(dx, f32x4.mul(f32x4.mul(dcTimesI, minusFrom1(i)), g), count)
  storeSome(dx + size, f32x4.mul(f32x4.mul(dcTimesF, minusFrom1(f)), loadSome(cprev, count)), count)
  storeSome(dx + 2 * size, f32x4.mul(dcTimesI, minusFrom1(f32x4.mul(g, g))), count)
  storeSome(dx + 3 * size, f32x4.mul(f32x4.mul(dTimesO, minusFrom1(o)), tanhC), count)
  storeSome(dc, dcTimesF, count)
}
