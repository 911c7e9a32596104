// The bare kernels over a text: characters learned per second at several hidden sizes, and the time in each kernel. No pipeline, no vocabulary growth.
// Usage: npm run build && taskset -c 1 node bench/kernels.mjs TEXT [--hidden 64,100,128,256,512] [--seconds 3] [--profile] [--backend DIST_FOLDER]
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hidden: { type: 'string', default: '64,100,128,256,512' },
    seconds: { type: 'string', default: '3' },
    profile: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'dist/src/kernels/simd' },
  },
})
const [file] = positionals
if (file === undefined) throw new Error('give the path of a text')
const { simdBackend } = await import(pathToFileURL(join(resolve(options.backend), 'index.js')).href)

const WINDOW = 25
const ROUNDS = 5
const symbols = symbolsOf(readFileSync(file, 'utf8'))
const V = new Set(symbols).size

/** A min-char-rnn that goes round and round the text */
class Learner {
  #position = 0
  loss = Math.log(V)

  constructor(backend, H, forward) {
    Object.assign(this, { backend, H, stride: forward === 'step' ? 1 : WINDOW })
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

  /** Learns for some seconds; returns characters per second */
  learn(seconds) {
    const start = performance.now()
    this.windows = 0
    let elapsed
    do {
      for (let i = 0; i < 20; i++) this.#window()
      this.windows += 20
      elapsed = (performance.now() - start) / 1000
    } while (elapsed < seconds)
    return (this.windows * WINDOW) / elapsed
  }

  #window() {
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
      for (let i = 0; i < this.stride; i++) this.loss += 0.0001 * (losses[i] - this.loss)
    }
    backend.crossEntropyBackward(ps, targets, 0, WINDOW, V)
    backend.outputBackward(Why.dw, by.dw, dhs, ps, hs, Why.w, 0, WINDOW, V, H)
    backend.rnnBackward(Wxh.dw, Whh.dw, bh.dw, dhs, hs, inputs, Whh.w, WINDOW, H)
    let norm = 0
    for (const { dw, rows, columns } of [Wxh, Whh, Why, bh, by]) norm += backend.squaredNorm(dw, rows, columns)
    if (!Number.isFinite(norm)) throw new Error('the gradient is not finite')
    for (const { w, m, dw, rows, columns } of [Wxh, Whh, Why, bh, by]) backend.adagrad(w, m, dw, rows, columns, 0.1, 5, 1e-8)
    backend.move(hs, 0, WINDOW, WINDOW + 1, H)
  }
}

/** The time in each kernel, with the rate of the multiplications and additions of the large ones */
function printProfile(H) {
  const flops = { rnnForward: 2 * H * H, rnnBackward: 4 * H * H, outputForward: 2 * V * H, outputBackward: 4 * V * H }
  const backend = { ...simdBackend() }
  const spent = new Map()
  for (const [name, kernel] of Object.entries(backend)) {
    if (typeof kernel !== 'function') continue
    backend[name] = (...args) => {
      const start = performance.now()
      const result = kernel(...args)
      spent.set(name, (spent.get(name) ?? 0) + performance.now() - start)
      return result
    }
  }
  const learner = new Learner(backend, H, 'window')
  learner.learn(0.5)
  spent.clear()
  learner.learn(Number(options.seconds))
  for (const [name, time] of spent) {
    const perWindow = (time / learner.windows) * 1000
    const rate = flops[name] === undefined ? '' : `  ${((flops[name] * WINDOW) / perWindow / 1000).toFixed(1)} GFLOP/s`
    console.log(`  ${name.padEnd(22)}${perWindow.toFixed(2).padStart(8)} us a window${rate}`)
  }
}

function symbolsOf(text) {
  const vocabulary = new Map()
  return Int32Array.from([...text], (character) => {
    const symbol = vocabulary.get(character) ?? vocabulary.size
    vocabulary.set(character, symbol)
    return symbol
  })
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

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

console.log(`${symbols.length} characters, ${V} symbols, windows of ${WINDOW}; median of ${ROUNDS} rounds`)
for (const H of options.hidden.split(',').map(Number)) {
  const byWindow = new Learner(simdBackend(), H, 'window')
  const byStep = new Learner(simdBackend(), H, 'step')
  // so that the engine has compiled everything with its optimizing compiler
  byWindow.learn(0.5)
  byStep.learn(0.5)
  const rates = { window: [], step: [] }
  for (let round = 0; round < ROUNDS; round++) {
    rates.window.push(byWindow.learn(Number(options.seconds) / ROUNDS / 2))
    rates.step.push(byStep.learn(Number(options.seconds) / ROUNDS / 2))
  }
  const [window, step] = [median(rates.window), median(rates.step)].map((rate) => Math.round(rate).toLocaleString('en'))
  console.log(`hidden ${H}: ${window} chars/s by window, ${step} chars/s step by step (loss ${byWindow.loss.toFixed(3)} nats)`)
  if (options.profile) printProfile(H)
}
