/**
 * For how long saving stops a stream: the default preset learns a text in chunks of 256 characters, a chunk a turn of the event loop, and saves all the
 * time. The stall is the time of the copy; the longest gap between two chunks includes the slices of hashing beside the stream. One JSON line.
 *
 *     node bench/checkpoint.mjs TEXTFILE [--characters 400000] [--preset default]
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createModel, Learner } from 'rxrnn'
import { load, prepare, save } from '../dist/src/checkpoint/checkpoint.js'
import { reuse } from '../dist/src/checkpoint/seal.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { characters: { type: 'string', default: '400000' }, preset: { type: 'string', default: 'default' } },
})
const text = readFileSync(positionals[0], 'utf8').slice(0, Number(values.characters))
const learner = new Learner(createModel({ preset: values.preset }))
const stalls = []
learner.learn(text.slice(0, 256))
let spare = await prepare(learner)
let saving
const gaps = []
let saved = 0

async function saveNow() {
  const start = performance.now()
  const pending = save(learner, {
    allocate: (length) => reuse(spare, length),
  })
  stalls.push(performance.now() - start)
  spare = await pending
  saved += 1
  saving = undefined
}

let last = performance.now()
for (let from = 256; from < text.length; from += 256) {
  learner.learn(text.slice(from, from + 256))
  saving ??= saveNow()
  await new Promise((resolve) => setImmediate(resolve))
  const now = performance.now()
  gaps.push(now - last)
  last = now
}
await saving
const start = performance.now()
await load(spare)
const loading = performance.now() - start
const sorted = stalls.toSorted((a, b) => a - b)
console.log(
  JSON.stringify({
    bytes: spare.length,
    saved,
    stallMilliseconds: { median: sorted[sorted.length >> 1], max: sorted.at(-1), first: stalls[0] },
    // V8 compiles in the first second
    longestGapMilliseconds: { first: Math.max(...gaps.slice(0, 400)), later: Math.max(...gaps.slice(400)) },
    loadMilliseconds: loading,
  }),
)
