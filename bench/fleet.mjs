/**
 * What a whole learner takes: the memory of the process before and after many of them, each of which has read the same text. Symbols beyond those
 * that a preset may hold stay novel.
 *
 *     npm run build && node --expose-gc bench/fleet.mjs [--preset small] [--learners 200] [--characters 20000] [--symbols 300]
 */
import { parseArgs } from 'node:util'
import { createModel, Learner, Random } from 'rxrnn'

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'small' },
    learners: { type: 'string', default: '200' },
    characters: { type: 'string', default: '20000' },
    symbols: { type: 'string', default: '300' },
  },
})
const random = new Random(1)
const CHUNK = 500
const chunks = Array.from({ length: Number(values.characters) / CHUNK }, () =>
  String.fromCodePoint(...Array.from({ length: CHUNK }, () => 0x100 + (random.next() % Number(values.symbols)))),
)

function resident() {
  globalThis.gc()
  return process.memoryUsage().rss / 2 ** 20
}

function learner() {
  const one = new Learner(createModel({ preset: values.preset }))
  for (const chunk of chunks) one.learn(chunk)
  return one
}

const count = Number(values.learners)
// the first one also brings the kernels and the compiled code
const learners = [learner()]
const before = resident()
while (learners.length <= count) learners.push(learner())
console.log(`${values.preset}: ${((resident() - before) / count).toFixed(3)} MiB for each of ${count} learners`)
