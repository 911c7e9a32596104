/**
 * rxrnn's own entries of the comparison. One JSON line, as the peers print it. The seconds are the processor's, of all threads.
 *
 *     node bench/rxrnn.mjs TEXTFILE --hidden 100 --characters 200000 --mode pipeline
 *
 * bare        the kernels, window by window, and nothing else
 * learner     the step API in chunks of 64 KiB: what carries the arithmetic, without RxJS
 * pipeline    text$.pipe(learn(model)) in chunks of 64 KiB
 * characters  the same with one character a chunk
 * reference   the pipeline on the float64 kernels in plain TypeScript
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { concat, defer, EMPTY, from } from 'rxjs'
import { createModel, Learner, learn } from 'rxrnn'
import { simdBackend } from '../dist/src/kernels/simd/index.js'
import { BareLearner, symbolsOf, WINDOW } from './bare.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hidden: { type: 'string', default: '100' },
    characters: { type: 'string', default: '200000' },
    mode: { type: 'string', default: 'pipeline' },
  },
})
const { mode } = values
const hidden = Number(values.hidden)
// whole windows in which the engine compiles; the clock starts after them. The reference takes seconds for a few.
const WARM_UP = mode === 'reference' ? 2_000 : WINDOW * Math.round(400_000 / hidden)
const text = readFileSync(positionals[0], 'utf8').slice(0, Number(values.characters) + WARM_UP)
const chunksOf = (some) => {
  const size = mode === 'characters' ? 1 : 65536
  return Array.from({ length: Math.ceil(some.length / size) }, (_, i) => some.slice(i * size, (i + 1) * size))
}

let nats = 0
const add = (losses) => {
  for (const loss of losses) nats += loss
}
let start
const startClock = () => {
  start = process.cpuUsage()
}

if (mode === 'bare') learnBare()
else if (mode === 'learner') learnSteps(newModel())
else learnStream(newModel())
const { user, system } = process.cpuUsage(start)
const seconds = (user + system) / 1e6

function learnBare() {
  const symbols = symbolsOf(text)
  const learner = new BareLearner(simdBackend(), symbols, hidden)
  for (let i = 0; i + WINDOW < symbols.length; i += WINDOW) {
    if (i === WARM_UP) startClock()
    nats += learner.learnWindow()
  }
}

function newModel() {
  return createModel({ preset: 'min-char-rnn', hidden, ...(mode === 'reference' ? { backend: 'reference' } : {}) })
}

function learnSteps(model) {
  const learner = new Learner(model)
  for (const chunk of chunksOf(text.slice(0, WARM_UP))) add(learner.learn(chunk))
  startClock()
  for (const chunk of chunksOf(text.slice(WARM_UP))) add(learner.learn(chunk))
  learner.end()
}

function learnStream(model) {
  const [before, timed] = [text.slice(0, WARM_UP), text.slice(WARM_UP)].map(chunksOf)
  const clock$ = defer(() => {
    startClock()
    return EMPTY
  })
  concat(from(before), clock$, from(timed))
    .pipe(learn(model))
    .subscribe(({ losses }) => add(losses))
}

console.log(
  JSON.stringify({
    program: `rxrnn ${mode}`,
    version: `Node ${process.versions.node}`,
    hidden,
    characters: text.length - WARM_UP,
    seconds,
    charactersPerSecond: (text.length - WARM_UP) / seconds,
    bitsPerCharacter: nats / Math.LN2 / text.length,
  }),
)
