/* Each works on the first rows * columns numbers: parameters w, gradient dw, accumulator m. The gradient is zero afterwards. */

export function squaredNorm(dw: Float64Array, rows: number, columns: number): number {
  let sum = 0
  for (let i = 0; i < rows * columns; i++) sum += dw[i]! * dw[i]!
  return sum
}

export function sgd(w: Float64Array, dw: Float64Array, rows: number, columns: number, learningRate: number, clip: number): void {
  for (let i = 0; i < rows * columns; i++) {
    w[i]! -= learningRate * clamp(dw[i]!, clip)
    dw[i] = 0
  }
}

export function adagrad(
  w: Float64Array,
  m: Float64Array,
  dw: Float64Array,
  rows: number,
  columns: number,
  learningRate: number,
  clip: number,
  epsilon: number,
): void {
  for (let i = 0; i < rows * columns; i++) {
    const g = clamp(dw[i]!, clip)
    m[i]! += g * g
    w[i]! -= (learningRate * g) / Math.sqrt(m[i]! + epsilon)
    dw[i] = 0
  }
}

function clamp(x: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, x))
}
