/**
 * Many keys on worker threads, measured against one thread; and the digest of each key against that of a run alone.
 *
 *     npm run build && node bench/pool.mjs [--keys 100] [--threads 1,2] [--resident 100] [--characters 40000] [--rounds 40] [--preset small]
 *
 * Each key gets --characters in so many rounds; in each round every key speaks once, in another order. `resident` is in all, over the threads. With --apart
 * it ends with what the machine can do at the most: as many processes as the last run had threads, which share nothing, with a thread and a part of the keys each.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { createModel, digest, Learner, Random } from 'rxrnn'
import { Backlog, LineLearner } from 'rxrnn/keyed'
import { KeyFolder, pooled, pull } from 'rxrnn/node'
import { lastValueFrom } from 'rxjs'

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '100' },
    threads: { type: 'string', default: '1,2' },
    resident: { type: 'string', default: '100' },
    characters: { type: 'string', default: '40000' },
    rounds: { type: 'string', default: '40' },
    preset: { type: 'string', default: 'small' },
    apart: { type: 'boolean', default: false },
    verify: { type: 'boolean', default: false },
  },
})
const [keyCount, resident, characters, rounds] = ['keys', 'resident', 'characters', 'rounds'].map((name) => Number(values[name]))
const model = { preset: values.preset }
const hasher = () => createHash('sha256')

function lineOf(random) {
  return `GET /item/${random.next() % 500} ${[200, 200, 200, 404][random.next() % 4]} ${random.next() % 300}ms user-${random.next() % 40}\n`
}

/** What a key says in a round */
function textOf(key, round) {
  const random = new Random(key * rounds + round)
  let text = ''
  while (text.length < characters / rounds) text += lineOf(random)
  return text.slice(0, characters / rounds)
}

function* texts() {
  for (let round = 0; round < rounds; round++) {
    const random = new Random(round)
    const order = Array.from({ length: keyCount }, (_, i) => i)
    for (let i = keyCount - 1; i > 0; i--) {
      const j = random.next() % (i + 1)
      ;[order[i], order[j]] = [order[j], order[i]]
    }
    for (const key of order) yield { key: `host-${key}`, text: textOf(key, round) }
  }
}

let most = 0
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 200)

// made before the clock runs: it is no work of the pool
const said = [...texts()]

async function run(threads) {
  const folder = mkdtempSync(join(tmpdir(), 'rxrnn-bench-'))
  const backlog = new Backlog()
  most = 0
  const start = performance.now()
  const before = process.cpuUsage()
  await lastValueFrom(
    pull(said, { ready: () => backlog.ready() }).pipe(pooled({ folder, threads, resident: Math.ceil(resident / threads), model, backlog })),
    { defaultValue: undefined },
  )
  const seconds = (performance.now() - start) / 1000
  const cpu = process.cpuUsage(before)
  const firstFolder = readdirSync(folder).find((name) => !name.startsWith('.'))
  const [file] = readdirSync(join(folder, firstFolder))
  console.log(
    JSON.stringify({
      threads,
      keys: keyCount,
      resident,
      seconds: Number(seconds.toFixed(1)),
      // where others use the cores, this says what the wall clock does not
      cpuSeconds: Number((cpu.user / 1e6).toFixed(1)),
      charactersPerSecond: Math.round((keyCount * characters) / seconds),
      mostMemoryMB: Math.round(most / 1e6),
      checkpointBytes: statSync(join(folder, firstFolder, file)).size,
      ...(values.verify && { digests: `${await equalDigests(folder)} of ${keyCount}` }),
    }),
  )
  rmSync(folder, { recursive: true })
}

/** How many keys have the digest of a learner that read their text alone, in one piece */
async function equalDigests(folder) {
  const store = KeyFolder.within(folder)
  let equal = 0
  for (let key = 0; key < keyCount; key++) {
    const alone = new Learner(createModel(model))
    alone.learn(Array.from({ length: rounds }, (_, round) => textOf(key, round)).join(''))
    const found = await LineLearner.open({ hasher }, await store.load(`host-${key}`))
    equal += Number(digest(found.model) === digest(alone.model))
    alone.dispose()
    alone.model.dispose()
    found.dispose()
  }
  return equal
}

/** Characters a second of so many processes at once, in all */
async function apart(processes) {
  const share = String(Math.floor(keyCount / processes))
  const options = [
    '--keys',
    share,
    '--resident',
    share,
    '--threads',
    '1',
    '--characters',
    values.characters,
    '--rounds',
    values.rounds,
    '--preset',
    values.preset,
  ]
  const rates = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = spawn(process.execPath, [import.meta.filename, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
      return JSON.parse(await text(child.stdout)).charactersPerSecond
    }),
  )
  console.log(JSON.stringify({ processes, keys: keyCount, charactersPerSecond: rates.reduce((sum, rate) => sum + rate, 0) }))
}

const threadCounts = values.threads.split(',').map(Number)
for (const threads of threadCounts) await run(threads)
clearInterval(watch)
if (values.apart) await apart(threadCounts.at(-1))
