// The bare kernels over a text: characters learned per second at several hidden sizes, and the time in each kernel. No pipeline, no vocabulary growth.
// Usage: npm run build && taskset -c 1 node bench/kernels.mjs TEXT [--hidden 64,100,128,256,512] [--seconds 3] [--profile] [--backend DIST_FOLDER]
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { BareLearner, symbolsOf, WINDOW } from './bare.mjs'

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

const ROUNDS = 5
const symbols = symbolsOf(readFileSync(file, 'utf8'))
const V = new Set(symbols).size

/** Learns for some seconds; returns windows, characters per second and the mean loss in nats */
function learnFor(seconds, learner) {
  const start = performance.now()
  let [windows, nats, elapsed] = [0, 0, 0]
  while (elapsed < seconds) {
    for (let i = 0; i < 20; i++) nats += learner.learnWindow()
    windows += 20
    elapsed = (performance.now() - start) / 1000
  }
  const characters = windows * WINDOW
  return { windows, rate: characters / elapsed, loss: nats / characters }
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
  const learner = new BareLearner(backend, symbols, H)
  learnFor(0.5, learner)
  spent.clear()
  const { windows } = learnFor(Number(options.seconds), learner)
  for (const [name, time] of spent) {
    const perWindow = (time / windows) * 1000
    const rate = flops[name] === undefined ? '' : `  ${((flops[name] * WINDOW) / perWindow / 1000).toFixed(1)} GFLOP/s`
    console.log(`  ${name.padEnd(22)}${perWindow.toFixed(2).padStart(8)} us a window${rate}`)
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

console.log(`${symbols.length} characters, ${V} symbols, windows of ${WINDOW}; median of ${ROUNDS} rounds`)
for (const H of options.hidden.split(',').map(Number)) {
  const byWindow = new BareLearner(simdBackend(), symbols, H)
  const byStep = new BareLearner(simdBackend(), symbols, H, 1)
  // so that the engine has compiled everything with its optimizing compiler
  learnFor(0.5, byWindow)
  learnFor(0.5, byStep)
  const rates = { window: [], step: [] }
  let loss
  for (let round = 0; round < ROUNDS; round++) {
    const learned = learnFor(Number(options.seconds) / ROUNDS / 2, byWindow)
    loss = learned.loss
    rates.window.push(learned.rate)
    rates.step.push(learnFor(Number(options.seconds) / ROUNDS / 2, byStep).rate)
  }
  const [window, step] = [median(rates.window), median(rates.step)].map((rate) => Math.round(rate).toLocaleString('en'))
  console.log(`hidden ${H}: ${window} chars/s by window, ${step} chars/s step by step (loss ${loss.toFixed(3)} nats)`)
  if (options.profile) printProfile(H)
}
