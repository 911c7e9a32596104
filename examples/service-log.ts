/**
 * The log of a small web shop, with a rare fault among its routine: a live stream to try things on. The same seed writes the same log.
 *
 *     node dist/examples/service-log.js --lines 2000 | npx rxrnn
 *
 * --seed N        where the random numbers start (1)
 * --lines N       how many lines in all (without end)
 * --history N     how many of them come at once, as if the log had been there before (0)
 * --rate N        how many lines a second after that (all at once)
 * --seconds N     how long to continue at the most (without end)
 * --faults FILE   a file that is given the numbers of the lines that are faults, one a line
 */

import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Random } from 'rxrnn'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    lines: { type: 'string', default: 'Infinity' },
    history: { type: 'string', default: '0' },
    rate: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: 'Infinity' },
    faults: { type: 'string' },
  },
})
const seed = Number(values.seed)
const lines = Number(values.lines)
const history = Number(values.history)
const rate = Number(values.rate)
const seconds = Number(values.seconds)

const random = new Random(seed)
const upTo = (count: number): number => Math.floor(random.uniform() * count)
const pick = (choices: readonly string[]): string => choices[upTo(choices.length)] ?? ''

const PATHS = ['/', '/cart', '/cart/add', '/checkout', '/item/1041', '/item/2207', '/item/3318', '/login', '/search?q=lamp', '/search?q=chair']
const WORKERS = ['web-1', 'web-2', 'web-3']

const ROUTINE: readonly (() => string)[] = [
  () => `INFO  ${pick(WORKERS)} GET ${pick(PATHS)} 200 ${5 + upTo(40)}ms`,
  () => `INFO  ${pick(WORKERS)} GET ${pick(PATHS)} 200 ${5 + upTo(40)}ms`,
  () => `INFO  ${pick(WORKERS)} GET ${pick(PATHS)} 304 ${1 + upTo(9)}ms`,
  () => `INFO  ${pick(WORKERS)} POST /cart/add 201 ${10 + upTo(60)}ms`,
  () => `DEBUG db-1 query orders took ${1 + upTo(20)}ms`,
  () => `INFO  mail-1 sent receipt to user-${100 + upTo(900)}`,
]

const FAULTS: readonly (() => string)[] = [
  () => `ERROR db-1 deadlock detected, transaction ${1000 + upTo(9000)} rolled back`,
  () => `FATAL ${pick(WORKERS)} out of memory: heap limit 512 MB reached`,
  () => `WARN  ${pick(WORKERS)} GET /../../etc/passwd 403 2ms`,
  () => `ERROR mail-1 certificate of smtp.example.com expired`,
  () => `INFO  ${pick(WORKERS)} GET /checkout 200 ${9000 + upTo(999)}ms`,
]

const FAULT_RATE = 1 / 150

let clock = 8 * 3600
function* log(): Generator<string> {
  for (let line = 1; line <= lines; line++) {
    clock += upTo(3)
    const fault = line > 200 && random.uniform() < FAULT_RATE
    if (fault && values.faults !== undefined) appendFileSync(values.faults, `${line}\n`)
    const time = [clock / 3600, clock / 60, clock].map((part, i) => String(Math.floor(part) % (i === 0 ? 24 : 60)).padStart(2, '0')).join(':')
    yield `${time} ${(fault ? pickFrom(FAULTS) : pickFrom(ROUTINE))()}\n`
  }
}

function pickFrom(makers: readonly (() => string)[]): () => string {
  return makers[upTo(makers.length)]!
}

process.stdout.on('error', () => process.exit())
const start = performance.now()
let written = 0
for (const line of log()) {
  if (performance.now() - start > 1000 * seconds) break
  if (!process.stdout.write(line)) await once(process.stdout, 'drain')
  written += 1
  if (written > history && Number.isFinite(rate)) await setTimeout(1000 / rate)
}
