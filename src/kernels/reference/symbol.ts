import { row } from './row.ts'

/* The input of a gated bottom layer. The input is a symbol: Wx x for its one-hot vector x is row `symbol` of Wx, which is stored (V, X). */

export function symbolForward(xs: Float64Array, inputs: Int32Array, Wx: Float64Array, bx: Float64Array, from: number, to: number, X: number): void {
  for (let t = from; t < to; t++) for (let i = 0; i < X; i++) xs[t * X + i] = Wx[inputs[t]! * X + i]! + bx[i]!
}

export function symbolBackward(dWx: Float64Array, dbx: Float64Array, dxs: Float64Array, inputs: Int32Array, steps: number, X: number): void {
  for (let t = 0; t < steps; t++) {
    addTo(row(dWx, inputs[t]!, X), row(dxs, t, X))
    addTo(dbx, row(dxs, t, X))
  }
}

function addTo(sum: Float64Array, terms: Float64Array): void {
  for (let i = 0; i < terms.length; i++) sum[i]! += terms[i]!
}
