/**
 * What a whole learner takes: the memory of the process before and after many of them, each of which has read the same text.
 *
 *     npm run build && node --expose-gc bench/fleet.mjs [--preset small] [--learners 200] [--characters 20000] [--symbols 256]
 */
import { parseArgs } from 'node:util'
import { createModel, Learner, Random } from 'rxrnn'

const { values } = parseArgs({
  options: {
    preset: { type: 'string', default: 'small' },
    learners: { type: 'string', default: '200' },
    characters: { type: 'string', default: '20000' },
    symbols: { type: 'string', default: '256' },
  },
})
const random = new Random(1)
// more symbols than a preset may hold stay novel
const text = String.fromCodePoint(...Array.from({ length: Number(values.characters) }, () => 0x100 + (random.next() % Number(values.symbols))))

function resident() {
  globalThis.gc()
  return process.memoryUsage().rss / 2 ** 20
}

function learner() {
  const one = new Learner(createModel({ preset: values.preset }))
  one.learn(text)
  return one
}

const count = Number(values.learners)
// the first one also brings the kernels and the compiled code
const learners = [learner()]
const before = resident()
while (learners.length <= count) learners.push(learner())
console.log(`${values.preset}: ${((resident() - before) / count).toFixed(3)} MiB for each of ${count} learners`)
