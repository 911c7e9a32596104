/**
 * Kills `rxrnn serve` with SIGKILL at random moments while producers of rxrnn.v1, one for each named model, send to it; they connect again and continue. At the end
 * each model must have the digest of a run that nothing stopped, and no acknowledged character may ever have been asked for again. One JSON line.
 *
 *     npm run torture:serve -- [--kills 100] [--producers 4] [--seed 1]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { digest, Random } from 'rxrnn'
import { LineLearner } from 'rxrnn/keyed'
import { RemoteLearner } from 'rxrnn/websocket'
import { WebSocket } from 'ws'
import { logLine, sleep, startServer } from './served.mjs'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, producers: { type: 'string', default: '4' }, seed: { type: 'string', default: '1' } },
})
const kills = Number(values.kills)
const random = new Random(Number(values.seed))
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-torture-'))
const main = join(import.meta.dirname, '../dist/command/main.js')
const MODEL = { preset: 'small', hidden: 12, ngram: 3, tableBits: 8 }
const ARGS = ['--models', folder, '--checkpoint-every', '0.05', '--hidden', '12', '--ngram', '3', '--table-bits', '8']
const faults = []

const start = performance.now()
let server = await startServer(ARGS)
const startUp = performance.now() - start
const { port } = new URL(server.url)

const producers = Array.from({ length: Number(values.producers) }, (_, i) => {
  const producer = { name: `model-${i}`, text: '', acknowledged: 0, hellos: 0, acks: 0, resent: 0 }
  producer.remote = new RemoteLearner(server.at(`/v1/learn/${producer.name}?producer=torture&events=line`), {
    WebSocket,
    backoff: { first: 20, most: 200 },
  })
  producer.done = new Promise((resolve, reject) => {
    producer.remote.events$.subscribe({ next: (event) => watch(producer, event), error: reject, complete: resolve })
  })
  producer.done.catch((error) => faults.push(`${producer.name}: ${error.message}`))
  return producer
})

function watch(producer, { type, offset }) {
  if (type === 'ack') {
    producer.acks += 1
    if (offset < producer.acknowledged) faults.push(`${producer.name}: acknowledged ${offset} after ${producer.acknowledged}`)
    producer.acknowledged = offset
  } else if (type === 'hello') {
    producer.hellos += 1
    if (offset < producer.acknowledged) faults.push(`${producer.name}: ${producer.acknowledged} was acknowledged, but it continues at ${offset}`)
  }
}

function write() {
  for (const producer of producers) {
    const text = `${logLine(random)}größer 😀 ${random.next() % 3}\n`
    producer.text += text
    const cut = random.next() % text.length
    producer.remote.next(text.slice(0, cut))
    producer.remote.next(text.slice(cut))
  }
}

const writing = new AbortController()
const writer = (async () => {
  while (!writing.signal.aborted) {
    write()
    await sleep(random.next() % 12)
  }
})()

// a server that was never reached is not waited for
while (producers.some(({ hellos }) => hellos === 0)) await sleep(10)
const sum = (count) => producers.reduce((total, producer) => total + count(producer), 0)
const acks = () => sum((producer) => producer.acks)

/** Waits until one more text is acknowledged, but not forever */
async function acknowledged() {
  const before = acks()
  const latest = performance.now() + 60_000
  while (acks() === before && performance.now() < latest) await sleep(5)
}

for (let killed = 1; killed <= kills; killed++) {
  // every other server dies as it starts, the others while they learn and save
  if (killed % 2 === 0) await acknowledged()
  await sleep(startUp * 1.5 * random.uniform())
  await server.stop('SIGKILL')
  server = await startServer([...ARGS, '--port', port])
  if (killed % 10 === 0) console.error(`${killed} kills, ${producers[0].acknowledged} characters acknowledged of the first`)
}
writing.abort()
await writer
for (const { remote } of producers) remote.complete()
await Promise.race([Promise.all(producers.map(({ done }) => done)).catch(() => {}), sleep(120_000)])
await server.stop()

for (const { name, text, acknowledged } of producers) {
  const characters = Array.from(text).length
  if (acknowledged !== characters) faults.push(`${name}: ${acknowledged} of ${characters} characters were acknowledged`)
  const newest = readdirSync(join(folder, name))
    .filter((file) => file.endsWith('.safetensors'))
    .sort()
    .at(-1)
  const { stdout } = spawnSync(process.execPath, [main, 'inspect', '--json', join(folder, name, newest)], { encoding: 'utf8' })
  const straight = await LineLearner.open({ model: MODEL })
  straight.learn(text)
  const [found, expected] = [JSON.parse(stdout).digest, digest(straight.model)]
  if (found !== expected) faults.push(`${name}: the digest is ${found}, but ${expected} without a kill`)
}
rmSync(folder, { recursive: true })
console.log(
  JSON.stringify({
    kills,
    producers: producers.length,
    characters: sum(({ text }) => Array.from(text).length),
    reconnects: sum(({ hellos }) => hellos - 1),
    acknowledgements: acks(),
    seconds: Math.round((performance.now() - start) / 1000),
    faults: faults.slice(0, 20),
  }),
)
process.exit(faults.length === 0 ? 0 : 1)
