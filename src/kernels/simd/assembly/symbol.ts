import { addRow } from './rnn'
import { strideOf } from './rows'

/* The input of a gated bottom layer over `steps` steps: a row of Wx (V, X) for each symbol. `inputs` holds one int32 symbol a step. */

/** xs[t] (X) = Wx[inputs[t]] + bx */
export function symbolForward(xs: usize, inputs: usize, Wx: usize, bx: usize, steps: i32, X: i32): void {
  const stride = strideOf(X)
  for (let t: usize = 0; t < <usize>steps; t++) {
    const wx = Wx + <usize>load<u32>(inputs + (t << 2)) * stride
    for (let j: usize = 0; j < stride; j += 16) v128.store(xs + j, f32x4.add(v128.load(wx + j), v128.load(bx + j)))
    xs += stride
  }
}

/** dWx[inputs[t]] += dxs[t] (X), dbx += dxs[t] */
export function symbolBackward(dWx: usize, dbx: usize, dxs: usize, inputs: usize, steps: i32, X: i32): void {
  const stride = strideOf(X)
  for (let t: usize = 0; t < <usize>steps; t++) {
    addRow(dWx + <usize>load<u32>(inputs + (t << 2)) * stride, dxs, stride)
    addRow(dbx, dxs, stride)
    dxs += stride
  }
}
