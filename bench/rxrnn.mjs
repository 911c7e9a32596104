/**
 * rxrnn's own entries of the comparison. One JSON line, as the peers print it.
 *
 *     node bench/rxrnn.mjs TEXTFILE --hidden 100 --characters 200000 --mode pipeline
 *
 * kernels     the step API in segments of a whole window: the arithmetic and what carries it, without RxJS
 * pipeline    text$.pipe(learn(model)) in chunks of 64 KiB
 * characters  the same with one character a chunk
 * reference   the pipeline on the float64 kernels in plain TypeScript
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { from } from 'rxjs'
import { createModel, Learner, learn } from 'rxrnn'

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
const model = createModel({ preset: 'min-char-rnn', hidden: Number(values.hidden), ...(mode === 'reference' ? { backend: 'reference' } : {}) })

const chunks = []
const size = mode === 'characters' ? 1 : 65536
for (let i = 0; i < text.length; i += size) chunks.push(text.slice(i, i + size))

let nats = 0
const add = (losses) => {
  for (const loss of losses) nats += loss
}

const start = performance.now()
if (mode === 'kernels') {
  const learner = new Learner(model)
  for (const chunk of chunks) add(learner.learn(chunk))
  learner.end()
} else {
  from(chunks)
    .pipe(learn(model))
    .subscribe(({ losses }) => add(losses))
}
const seconds = (performance.now() - start) / 1000

console.log(
  JSON.stringify({
    program: `rxrnn ${mode}`,
    version: `Node ${process.versions.node}`,
    hidden: model.options.hidden,
    characters: text.length,
    seconds,
    charactersPerSecond: text.length / seconds,
    bitsPerCharacter: nats / Math.LN2 / text.length,
  }),
)
