/**
 * How late a prediction is, in process, at a steady pace: from handing a character to text$ to its prediction arriving. One JSON line.
 *
 *     node bench/latency.mjs TEXTFILE [--hidden 100] [--pace 10000] [--seconds 10]
 *
 * A character that falls due while the one before it is still learned counts from then on, so that no delay hides behind another. The first second, in
 * which the engine still compiles, is reported apart.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Subject } from 'rxjs'
import { createModel, learn } from 'rxrnn'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hidden: { type: 'string', default: '100' },
    pace: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
  },
})
const pace = Number(values.pace)
const characters = Array.from(readFileSync(positionals[0], 'utf8').slice(0, pace * (Number(values.seconds) + 1)))
const delays = new Float64Array(characters.length)
const nothing = new Int32Array(1)
const text$ = new Subject()
let arrived = 0
let handed = 0
let done = 0
text$.pipe(learn(createModel({ preset: 'min-char-rnn', hidden: Number(values.hidden) }))).subscribe(({ prediction }) => {
  if (prediction === undefined) return
  done = performance.now()
  delays[arrived++] = done - handed
})

const start = performance.now()
for (const [i, character] of characters.entries()) {
  const due = start + (i * 1000) / pace
  if (done > due) handed = due
  else handed = wait(due)
  text$.next(character)
}
if (arrived !== characters.length) throw new Error(`${arrived} predictions arrived for ${characters.length} characters`)

/** Waits until then, and returns when it is; asks rarely, because each answer is garbage that the engine would collect in the time of the learner */
function wait(due) {
  for (;;) {
    const now = performance.now()
    if (now >= due) return now
    for (let i = 0; i < 1000; i++) Atomics.load(nothing, 0)
  }
}

/** The delays in milliseconds that half, 99% and 99.9% of the characters stayed within, and the longest */
function summary(some) {
  const sorted = some.toSorted()
  const within = (share) => sorted[Math.ceil(share * sorted.length) - 1]
  return { p50: within(0.5), p99: within(0.99), p999: within(0.999), max: within(1) }
}

console.log(
  JSON.stringify({
    program: 'rxrnn latency',
    version: `Node ${process.versions.node}`,
    hidden: Number(values.hidden),
    charactersPerSecond: pace,
    milliseconds: summary(delays.subarray(pace)),
    firstSecond: summary(delays.subarray(0, pace)),
  }),
)
