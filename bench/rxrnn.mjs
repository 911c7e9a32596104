/**
 * rxrnn's own entries of the comparison. One JSON line, as the peers print it.
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
import { from } from 'rxjs'
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
const text = readFileSync(positionals[0], 'utf8').slice(0, Number(values.characters))
const hidden = Number(values.hidden)
const size = mode === 'characters' ? 1 : 65536
const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))

let nats = 0
const add = (losses) => {
  for (const loss of losses) nats += loss
}

/** What learns the text in this mode, made ready */
function prepare() {
  if (mode === 'bare') return bare()
  const model = createModel({ preset: 'min-char-rnn', hidden, ...(mode === 'reference' ? { backend: 'reference' } : {}) })
  if (mode !== 'learner')
    return () =>
      void from(chunks)
        .pipe(learn(model))
        .subscribe(({ losses }) => add(losses))
  const learner = new Learner(model)
  return () => {
    for (const chunk of chunks) add(learner.learn(chunk))
    learner.end()
  }
}

function bare() {
  const symbols = symbolsOf(text)
  const learner = new BareLearner(simdBackend(), symbols, hidden)
  return () => {
    for (let i = 0; i + WINDOW < symbols.length; i += WINDOW) nats += learner.learnWindow()
  }
}

const run = prepare()
const start = performance.now()
run()
const seconds = (performance.now() - start) / 1000

console.log(
  JSON.stringify({
    program: `rxrnn ${mode}`,
    version: `Node ${process.versions.node}`,
    hidden,
    characters: text.length,
    seconds,
    charactersPerSecond: text.length / seconds,
    bitsPerCharacter: nats / Math.LN2 / text.length,
  }),
)
