/* Each works on the first rows * columns numbers: parameters w, gradient dw, accumulators m and v. After a descent the gradient is zero. */

export function squaredNorm(dw: Float64Array, rows: number, columns: number): number {
  let sum = 0
  for (let i = 0; i < rows * columns; i++) sum += dw[i]! * dw[i]!
  return sum
}

export function scale(dw: Float64Array, rows: number, columns: number, factor: number): void {
  for (let i = 0; i < rows * columns; i++) dw[i]! *= factor
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

export function momentum(
  w: Float64Array,
  m: Float64Array,
  dw: Float64Array,
  rows: number,
  columns: number,
  learningRate: number,
  clip: number,
  momentum: number,
): void {
  for (let i = 0; i < rows * columns; i++) {
    m[i] = momentum * m[i]! + clamp(dw[i]!, clip)
    w[i]! -= learningRate * m[i]!
    dw[i] = 0
  }
}

export function rmsprop(
  w: Float64Array,
  v: Float64Array,
  dw: Float64Array,
  rows: number,
  columns: number,
  learningRate: number,
  clip: number,
  keep: number,
  add: number,
  epsilon: number,
): void {
  for (let i = 0; i < rows * columns; i++) {
    const g = clamp(dw[i]!, clip)
    v[i] = keep * v[i]! + add * g * g
    w[i]! -= (learningRate * g) / (Math.sqrt(v[i]!) + epsilon)
    dw[i] = 0
  }
}

export function adam(
  w: Float64Array,
  m: Float64Array,
  v: Float64Array,
  dw: Float64Array,
  rows: number,
  columns: number,
  learningRate: number,
  clip: number,
  beta1: number,
  beta2: number,
  epsilon: number,
): void {
  for (let i = 0; i < rows * columns; i++) {
    const g = clamp(dw[i]!, clip)
    m[i] = beta1 * m[i]! + (1 - beta1) * g
    v[i] = beta2 * v[i]! + (1 - beta2) * g * g
    w[i]! -= (learningRate * m[i]!) / (Math.sqrt(v[i]!) + epsilon)
    dw[i] = 0
  }
}

function clamp(x: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, x))
}
