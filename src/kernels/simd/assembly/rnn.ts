import { tanh4 } from './math'
import { addBackwardProduct, addOuterProducts, forwardProduct } from './products'
import { clearPadding, clearRow, strideOf } from './rows'

/* The vanilla recurrent cell over `steps` steps. H: hidden units. `inputs` holds one int32 symbol a step. */

/** hs[t + 1] (H) = tanh(Wxh[inputs[t]] + Whh hs[t] + bh) */
export function rnnForward(hs: usize, inputs: usize, Wxh: usize, Whh: usize, bh: usize, steps: i32, H: i32): void {
  const stride = strideOf(H)
  for (let t = 0; t < steps; t++) {
    const symbol = load<u32>(inputs + (<usize>t << 2))
    forwardStep(hs + stride, hs, Wxh + <usize>symbol * stride, Whh, bh, H)
    hs += stride
  }
}

/** h (H) = tanh(wx + Whh hprev + bh) */
function forwardStep(h: usize, hprev: usize, wx: usize, Whh: usize, bh: usize, H: i32): void {
  const stride = strideOf(H)
  forwardProduct(h, Whh, hprev, stride, H)
  // after all sums: the tanh of one vector hides the latency of another's, which a block of sums between them does not
  for (let i: usize = 0; i < stride; i += 32) {
    activate(h + i, wx + i, bh + i)
    activate(h + i + 16, wx + i + 16, bh + i + 16)
  }
  clearPadding(h, H)
}

/** h (4) = tanh(h + wx + bh) */
// @ts-ignore: decorator
@inline
function activate(h: usize, wx: usize, bh: usize): void {
  v128.store(h, tanh4(f32x4.add(v128.load(h), f32x4.add(v128.load(wx), v128.load(bh)))))
}

/**
 * dhs[t] (H) += Whh' draws[t], last step to first, where draws[t] (H) = (1 - hs[t + 1] * hs[t + 1]) * dhs[t + 1]; dhs[0] is overwritten.
 * Adds to dWxh, dWhh (H, H) and dbh (H). draws (steps, H) is scratch space.
 */
export function rnnBackward(
  dWxh: usize,
  dWhh: usize,
  dbh: usize,
  dhs: usize,
  draws: usize,
  hs: usize,
  inputs: usize,
  Whh: usize,
  steps: i32,
  H: i32,
): void {
  const stride = strideOf(H)
  clearRow(dhs, stride)
  for (let t = <usize>steps; t-- > 0; ) {
    const draw = draws + t * stride
    const symbol = load<u32>(inputs + (t << 2))
    tanhBackward(draw, dhs + (t + 1) * stride, hs + (t + 1) * stride, stride)
    addRow(dWxh + <usize>symbol * stride, draw, stride)
    addRow(dbh, draw, stride)
    addBackwardProduct(dhs + t * stride, Whh, draw, H, H)
  }
  addOuterProducts(dWhh, draws, stride, hs, stride, steps, H)
}

/** draw = (1 - h * h) * dh */
// @ts-ignore: decorator
@inline
function tanhBackward(draw: usize, dh: usize, h: usize, stride: usize): void {
  for (let j: usize = 0; j < stride; j += 16) {
    const hj = v128.load(h + j)
    v128.store(draw + j, f32x4.mul(f32x4.sub(f32x4.splat(1), f32x4.mul(hj, hj)), v128.load(dh + j)))
  }
}

/** sum += row */
// @ts-ignore: decorator
@inline
export function addRow(sum: usize, row: usize, stride: usize): void {
  for (let j: usize = 0; j < stride; j += 16) v128.store(sum + j, f32x4.add(v128.load(sum + j), v128.load(row + j)))
}
