import { row } from './row.ts'

/*
 * Embeddings: what is known at a step chooses up to N rows of E, which is stored (rows, X), and each is added to what the input sends. A step's row of
 * `features` holds the N row numbers, below 0 where nothing is known.
 *
 * A step touches few of many rows, so their gradients and updates are those of the rows in a list, and a row has one accumulator v, of the mean square
 * of its gradient.
 */

export function embeddingForward(xs: Float64Array, features: Int32Array, E: Float64Array, from: number, to: number, N: number, X: number): void {
  for (let t = from; t < to; t++) eachRow(E, features, t, N, X, (e) => addTo(row(xs, t, X), e))
}

export function embeddingBackward(dE: Float64Array, dxs: Float64Array, features: Int32Array, steps: number, N: number, X: number): void {
  for (let t = 0; t < steps; t++) eachRow(dE, features, t, N, X, (de) => addTo(de, row(dxs, t, X)))
}

function eachRow(E: Float64Array, features: Int32Array, t: number, N: number, X: number, visit: (e: Float64Array) => void): void {
  for (const feature of features.subarray(t * N, (t + 1) * N)) if (feature >= 0) visit(row(E, feature, X))
}

function addTo(sum: Float64Array, terms: Float64Array): void {
  for (let i = 0; i < terms.length; i++) sum[i]! += terms[i]!
}

export function embeddingSquaredNorm(dE: Float64Array, touched: Int32Array, X: number): number {
  let sum = 0
  for (const r of touched) for (const d of row(dE, r, X)) sum += d * d
  return sum
}

export function embeddingDescend(
  E: Float64Array,
  v: Float64Array,
  dE: Float64Array,
  touched: Int32Array,
  X: number,
  learningRate: number,
  clip: number,
  keep: number,
  add: number,
  epsilon: number,
): void {
  for (const r of touched) {
    const [e, g] = [row(E, r, X), row(dE, r, X).map((d) => Math.max(-clip, Math.min(clip, d)))]
    v[r] = keep * v[r]! + (add * g.reduce((sum, d) => sum + d * d, 0)) / X
    const rate = learningRate / (Math.sqrt(v[r]) + epsilon)
    for (let i = 0; i < X; i++) e[i]! -= rate * g[i]!
    row(dE, r, X).fill(0)
  }
}
