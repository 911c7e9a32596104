/* min-char-rnn on a backend's kernels and nothing else: no pipeline, no tape, no vocabulary that grows. */

export const WINDOW = 25
/** A window learns from all of its steps */
const ALL = Int32Array.from({ length: WINDOW }, (_, step) => step)

/** Symbols in the order in which the characters first come */
export function symbolsOf(text) {
  const vocabulary = new Map()
  return Int32Array.from([...text], (character) => {
    const symbol = vocabulary.get(character) ?? vocabulary.size
    vocabulary.set(character, symbol)
    return symbol
  })
}

/** A min-char-rnn that goes round and round the symbols */
export class BareLearner {
  #position = 0
  #symbols
  #V

  /** `stride`: how many steps a call of a forward kernel takes, 1 or WINDOW */
  constructor(backend, symbols, H, stride = WINDOW) {
    const V = symbols.reduce((max, symbol) => Math.max(max, symbol), 0) + 1
    this.#symbols = symbols
    this.#V = V
    Object.assign(this, { backend, H, stride })
    const parameter = (rows, columns) => {
      const [w, dw, m] = [0, 0, 0].map(() => backend.zeros(rows, columns))
      return { w, dw, m, rows, columns }
    }
    this.Wxh = parameter(V, H)
    this.Whh = parameter(H, H)
    this.Why = parameter(V, H)
    this.bh = parameter(1, H)
    this.by = parameter(1, V)
    const uniform = generator(1)
    for (const { w, rows, columns } of [this.Wxh, this.Whh, this.Why]) {
      backend.write(
        w,
        0,
        columns,
        Float64Array.from({ length: rows * columns }, () => (uniform() - 0.5) * 0.035),
      )
    }
    this.hs = backend.zeros(WINDOW + 1, H)
    this.dhs = backend.zeros(WINDOW + 1, H)
    this.ys = backend.zeros(WINDOW, V)
    this.ps = backend.zeros(WINDOW, V)
    this.logZs = backend.zeros(WINDOW, 1)
    this.losses = new Float64Array(WINDOW)
  }

  /** Learns a window; returns the sum of its losses in nats */
  learnWindow() {
    const symbols = this.#symbols
    const V = this.#V
    let nats = 0
    const { backend, H, hs, dhs, ys, ps, logZs, losses, Wxh, Whh, Why, bh, by } = this
    if (this.#position + WINDOW >= symbols.length) this.#position = 0
    const inputs = symbols.subarray(this.#position, this.#position + WINDOW)
    const targets = symbols.subarray(this.#position + 1, this.#position + WINDOW + 1)
    this.#position += WINDOW
    for (let from = 0; from < WINDOW; from += this.stride) {
      const to = from + this.stride
      backend.rnnForward(hs, inputs, Wxh.w, Whh.w, bh.w, from, to, H)
      backend.outputForward(ys, hs, Why.w, by.w, from, to, V, H)
      backend.softmaxForward(ps, logZs, ys, from, to, V)
      backend.crossEntropyForward(losses, logZs, ys, targets, from, to, V)
      for (let i = 0; i < this.stride; i++) nats += losses[i]
    }
    backend.crossEntropyBackward(ps, targets, ALL, V)
    backend.clear(dhs)
    backend.outputBackward(Why.dw, by.dw, dhs, ps, hs, Why.w, ALL, V, H)
    backend.rnnBackward(Wxh.dw, Whh.dw, bh.dw, dhs, hs, inputs, Whh.w, WINDOW, H)
    let norm = 0
    for (const { dw, rows, columns } of [Wxh, Whh, Why, bh, by]) norm += backend.squaredNorm(dw, rows, columns)
    if (!Number.isFinite(norm)) throw new Error('the gradient is not finite')
    for (const { w, m, dw, rows, columns } of [Wxh, Whh, Why, bh, by]) backend.adagrad(w, m, dw, rows, columns, 0.1, 5, 1e-8)
    backend.move(hs, 0, WINDOW, WINDOW + 1, H)
    return nats
  }
}

/** Numbers in [0, 1), the same in every run: mulberry32 */
function generator(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
