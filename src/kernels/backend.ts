/**
 * What a backend lends to the floors above: storage for numbers, and the kernels that work on it.
 *
 * Size letters: H hidden units, V symbols in the vocabulary. Matrices are stored row by row; a row of `hs`, `ys`, `ps`, `dhs` is one step.
 * Outputs come first, then inputs, then sizes. A `d` prefix is the gradient of the loss with respect to what follows it; gradients accumulate (+=).
 * Steps are numbered on the tape: step t reads state row t and writes state row t + 1, so row 0 is the state before the first stored step.
 *
 * Every sum keeps its order whether a kernel is called once for many steps or once a step: the results are the same to the bit.
 */
export interface Kernels<Tensor> {
  /** Steps [from, to): hs[t + 1] (H) = tanh(Wxh[inputs[t]] + Whh hs[t] + bh). Wxh is (V, H): one row a symbol. Whh is (H, H), row i holds the weights into unit i. */
  rnnForward(hs: Tensor, inputs: Int32Array, Wxh: Tensor, Whh: Tensor, bh: Tensor, from: number, to: number, H: number): void

  /**
   * Backpropagation through time over steps [0, steps), last to first. On entry dhs[t + 1] (H) is what the outputs of step t send back; on return
   * dhs[t + 1] is the whole gradient at that state. dhs[0] is overwritten. Adds to dWxh (V, H), dWhh (H, H) and dbh (H).
   */
  rnnBackward(dWxh: Tensor, dWhh: Tensor, dbh: Tensor, dhs: Tensor, hs: Tensor, inputs: Int32Array, Whh: Tensor, steps: number, H: number): void

  /** Steps [from, to): xs[t] (X) = Wx[inputs[t]] + bx. Wx is (V, X): one row a symbol. */
  symbolForward(xs: Tensor, inputs: Int32Array, Wx: Tensor, bx: Tensor, from: number, to: number, X: number): void

  /** Steps [0, steps): adds dxs[t] (X) to row inputs[t] of dWx (V, X) and to dbx (X). */
  symbolBackward(dWx: Tensor, dbx: Tensor, dxs: Tensor, inputs: Int32Array, steps: number, X: number): void

  /**
   * Steps [from, to) of a gated recurrent unit (reference/gru.ts has the equations): hs[t + 1] (H) from hs[t] and xs[t] (3H), what the input sends to
   * the gates. Whh is (3H, H). gates[t] (4H) becomes what gruBackward has to know.
   */
  gruForward(hs: Tensor, gates: Tensor, xs: Tensor, Whh: Tensor, bhh: Tensor, from: number, to: number, H: number): void

  /** As rnnBackward, but that dxs[t] (3H) is set to the gradient at xs[t]. Adds to dWhh (3H, H) and dbhh (3H). */
  gruBackward(dWhh: Tensor, dbhh: Tensor, dhs: Tensor, dxs: Tensor, hs: Tensor, gates: Tensor, Whh: Tensor, steps: number, H: number): void

  /**
   * Steps [from, to) of a long short-term memory (reference/lstm.ts has the equations): hs[t + 1] (H) and the cells cs[t + 1] (H) from hs[t], cs[t] and
   * xs[t] (4H). Whh is (4H, H). gates[t] (5H) becomes what lstmBackward has to know.
   */
  lstmForward(hs: Tensor, cs: Tensor, gates: Tensor, xs: Tensor, Whh: Tensor, bhh: Tensor, from: number, to: number, H: number): void

  /** As gruBackward, of 4H. The cells after the last step have no gradient of their own. */
  lstmBackward(
    dWhh: Tensor,
    dbhh: Tensor,
    dhs: Tensor,
    dxs: Tensor,
    hs: Tensor,
    cs: Tensor,
    gates: Tensor,
    Whh: Tensor,
    steps: number,
    H: number,
  ): void

  /**
   * Steps [from, to) of a cell with multiplicative integration (reference/mi.ts has the equations): hs[t + 1] (H) from hs[t] and xs[t] (H). Whh is
   * (H, H), factors (3, H). gates[t] (2H) becomes what miBackward has to know.
   */
  miForward(hs: Tensor, gates: Tensor, xs: Tensor, Whh: Tensor, factors: Tensor, bhh: Tensor, from: number, to: number, H: number): void

  /** As gruBackward, of H. Adds to dWhh (H, H), dfactors (3, H) and dbhh (H). */
  miBackward(
    dWhh: Tensor,
    dfactors: Tensor,
    dbhh: Tensor,
    dhs: Tensor,
    dxs: Tensor,
    hs: Tensor,
    gates: Tensor,
    Whh: Tensor,
    factors: Tensor,
    steps: number,
    H: number,
  ): void

  /**
   * Steps [from, to): xs[t] (X) += the rows of E (rows, X) that the N numbers of the step's row of `features` name; one below 0 names none
   * (see reference/embedding.ts).
   */
  embeddingForward(xs: Tensor, features: Int32Array, E: Tensor, from: number, to: number, N: number, X: number): void

  /** Steps [0, steps): adds dxs[t] (X) to those rows of dE. */
  embeddingBackward(dE: Tensor, dxs: Tensor, features: Int32Array, steps: number, N: number, X: number): void

  /** The sum of the squares of the rows of dE that are listed. Not finite when any element is not. */
  embeddingSquaredNorm(dE: Tensor, touched: Int32Array, X: number): number

  /**
   * The rows r that are listed, each once: g = clamp(dE[r], -clip, clip), v[r] (1) = keep * v[r] + add * mean(g * g),
   * E[r] -= learningRate * g / (sqrt(v[r]) + epsilon), then dE[r] = 0. epsilon > 0.
   */
  embeddingDescend(
    E: Tensor,
    v: Tensor,
    dE: Tensor,
    touched: Int32Array,
    X: number,
    learningRate: number,
    clip: number,
    keep: number,
    add: number,
    epsilon: number,
  ): void

  /** Steps [from, to): ys[t] (V) = Why hs[t + 1] + by. Why is (V, H): one row a symbol. An upper layer's input weights work the same way. */
  outputForward(ys: Tensor, hs: Tensor, Why: Tensor, by: Tensor, from: number, to: number, V: number, H: number): void

  /** With t the step lessons[k], for each k: dWhy (V, H) += dys[k] hs[t + 1]', dby (V) += dys[k], and dhs[t + 1] (H) += Why' dys[k]. */
  outputBackward(dWhy: Tensor, dby: Tensor, dhs: Tensor, dys: Tensor, hs: Tensor, Why: Tensor, lessons: Int32Array, V: number, H: number): void

  /** Steps [from, to): ps[t] (V) = softmax(ys[t]) and logZs[t] = ln sum exp(ys[t]). The maximum is subtracted so that exp cannot overflow. */
  softmaxForward(ps: Tensor, logZs: Tensor, ys: Tensor, from: number, to: number, V: number): void

  /** Steps [from, to): losses[t - from] = logZs[t] - ys[t][targets[t]], in nats. */
  crossEntropyForward(losses: Float64Array, logZs: Tensor, ys: Tensor, targets: Int32Array, from: number, to: number, V: number): void

  /** With t the step lessons[k], ascending with k, in place: dys[k] (V) = ps[t] - one-hot(targets[t]); on entry dys holds ps. */
  crossEntropyBackward(dys: Tensor, targets: Int32Array, lessons: Int32Array, V: number): void

  /** The sum of the squares of the first `rows` rows of dw (rows, columns). Not finite when any element is not. */
  squaredNorm(dw: Tensor, rows: number, columns: number): number

  /** The first `rows` rows: dw *= factor. */
  scale(dw: Tensor, rows: number, columns: number, factor: number): void

  /** The first `rows` rows: w -= learningRate * clamp(dw, -clip, clip), then dw = 0. */
  sgd(w: Tensor, dw: Tensor, rows: number, columns: number, learningRate: number, clip: number): void

  /** The first `rows` rows: g = clamp(dw, -clip, clip), m += g * g, w -= learningRate * g / sqrt(m + epsilon), then dw = 0. */
  adagrad(w: Tensor, m: Tensor, dw: Tensor, rows: number, columns: number, learningRate: number, clip: number, epsilon: number): void

  /** The first `rows` rows: g = clamp(dw, -clip, clip), m = momentum * m + g, w -= learningRate * m, then dw = 0. */
  momentum(w: Tensor, m: Tensor, dw: Tensor, rows: number, columns: number, learningRate: number, clip: number, momentum: number): void

  /** The first `rows` rows: g = clamp(dw, -clip, clip), v = keep * v + add * g * g, w -= learningRate * g / (sqrt(v) + epsilon), then dw = 0. epsilon > 0. */
  rmsprop(
    w: Tensor,
    v: Tensor,
    dw: Tensor,
    rows: number,
    columns: number,
    learningRate: number,
    clip: number,
    keep: number,
    add: number,
    epsilon: number,
  ): void

  /**
   * The first `rows` rows: g = clamp(dw, -clip, clip), m = beta1 * m + (1 - beta1) * g, v = beta2 * v + (1 - beta2) * g * g,
   * w -= learningRate * m / (sqrt(v) + epsilon), then dw = 0. epsilon > 0. The caller corrects the bias, in learningRate and epsilon.
   */
  adam(
    w: Tensor,
    m: Tensor,
    v: Tensor,
    dw: Tensor,
    rows: number,
    columns: number,
    learningRate: number,
    clip: number,
    beta1: number,
    beta2: number,
    epsilon: number,
  ): void

  /**
   * Direct connections (see reference/direct.ts), steps [from, to): tops[2 (t - from)] = how many symbols the longest known context of two or
   * more has, or 0; tops[2 (t - from) + 1] = the likeliest of those its first line holds, or -1. Contexts and table as in directForward.
   */
  directTop(tops: Int32Array, table: Tensor, contexts: Int32Array, from: number, to: number, C: number, orders: number): void

  /**
   * Steps [from, to): ys[t] (V) += what the contexts of step t say. A step's row of `contexts` holds C hashes, of which the first `orders` are those of
   * the last 1, 2, ... symbols; the symbol that a repetition leads to expect, or -1; its level. table is (lines, 8), lines a power of two; gates is
   * (C * (orders + 1) + 1, G), G 60, or 68 where us[t] (3C + 1) moves them.
   */
  directForward(
    ys: Tensor,
    us: Tensor,
    table: Tensor,
    gates: Tensor,
    contexts: Int32Array,
    from: number,
    to: number,
    V: number,
    C: number,
    orders: number,
    G: number,
  ): void

  /**
   * With r the row from + k and t the step lessons[k], for each k: adds to dgates; gains[r] (C) becomes what directDescend has to know, and us[k], where
   * G is 68, the gradient at us[t]. dys and contexts have rows r, and lessons ascend.
   */
  directBackward(
    dgates: Tensor,
    gains: Tensor,
    us: Tensor,
    table: Tensor,
    gates: Tensor,
    dys: Tensor,
    contexts: Int32Array,
    lessons: Int32Array,
    from: number,
    V: number,
    C: number,
    orders: number,
    G: number,
  ): void

  /** Rows [from, to), in their order: the table's weights go down their gradients by Adagrad, and targets join their contexts. */
  directDescend(
    table: Tensor,
    gains: Tensor,
    dys: Tensor,
    contexts: Int32Array,
    targets: Int32Array,
    from: number,
    to: number,
    V: number,
    C: number,
    G: number,
    learningRate: number,
    epsilon: number,
  ): void
}

export interface Backend<Tensor> extends Kernels<Tensor> {
  readonly name: 'reference' | 'simd'
  /** How numbers are stored, little-endian */
  readonly dtype: 'F32' | 'F64'

  /** A new tensor (rows, columns) of zeros. Throws RangeError when memory is exhausted. */
  zeros(rows: number, columns: number): Tensor

  /** A tensor (rows, columns) that holds what `tensor` (of `oldColumns`) held, zeros elsewhere. Only growth is allowed. The old handle must not be used again. */
  grow(tensor: Tensor, rows: number, columns: number, oldColumns: number): Tensor

  /** Gives the storage back. The handle must not be used again. */
  free(tensor: Tensor): void

  /** A copy of rows [from, to), without padding: (to - from) * columns numbers. */
  read(tensor: Tensor, from: number, to: number, columns: number): Float64Array

  /** Writes values (a whole number of rows of `columns`), starting at row `from`. */
  write(tensor: Tensor, from: number, columns: number, values: ArrayLike<number>): void

  /** Copies rows [from, to) of another tensor of `columns` to the rows starting at `target`. */
  copy(tensor: Tensor, target: number, source: Tensor, from: number, to: number, columns: number): void

  /** The bytes of rows [from, to), as they are stored but without padding. They may be the storage itself: look at them before anything else is called. */
  bytes(tensor: Tensor, from: number, to: number, columns: number): Uint8Array

  /** Sets the first rows to bytes that `bytes` gave: a whole number of rows of `columns`. */
  load(tensor: Tensor, columns: number, bytes: Uint8Array): void

  /** Copies rows [from, to) of `columns` to the rows starting at `target`, as if through a buffer. */
  move(tensor: Tensor, target: number, from: number, to: number, columns: number): void

  /** Sets every element to zero. */
  clear(tensor: Tensor): void
}

/** The bytes themselves. Throws RangeError unless they are a whole number of rows. */
export function wholeRows(bytes: Uint8Array, rowLength: number): Uint8Array {
  if (bytes.length % rowLength !== 0) throw new RangeError(`${bytes.length} bytes are no whole number of rows of ${rowLength}`)
  return bytes
}
