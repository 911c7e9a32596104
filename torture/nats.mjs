/**
 * Workers on NATS that are killed, frozen and woken at random, while the server is killed and started again, too. At the end the learner of each key must
 * have the digest of a run alone, each event must be stored once and in order, and no lease may ever have gone back.
 *
 *     npm run build && node torture/nats.mjs [--kills 100] [--freezes 20] [--restarts 2] [--keys 64] [--workers 3] [--seed 1] [--calm] [--unsafe]
 *
 * --calm lets the others come to rest after each kill: that measures how soon they take over.
 * --unsafe moves leases without compare and set: then it must find faults, or it would prove nothing.
 */
import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect } from '@nats-io/transport-node'
import { digest, Random } from 'rxrnn'
import { LineLearner } from 'rxrnn/keyed'
import { TextPublisher } from 'rxrnn/nats'
import { partitionOf } from '../dist/streams/nats/subjects.js'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    freezes: { type: 'string', default: '20' },
    restarts: { type: 'string', default: '2' },
    keys: { type: 'string', default: '64' },
    workers: { type: 'string', default: '3' },
    lease: { type: 'string', default: '1.5' },
    seed: { type: 'string', default: '1' },
    calm: { type: 'boolean', default: false },
    unsafe: { type: 'boolean', default: false },
  },
})
const [kills, freezes, restarts, keyCount, workerCount, lease] = ['kills', 'freezes', 'restarts', 'keys', 'workers', 'lease'].map((name) =>
  Number(values[name]),
)
const MODEL = { hidden: 4, ngram: 2, tableBits: 5, every: 5, through: 7, vocabularyLimit: 16 }
const PARTITIONS = 16
const random = new Random(Number(values.seed))
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const faults = []
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-torture-'))

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const found = server.address().port
    server.close(() => resolve(found))
  })
})
const url = `nats://127.0.0.1:${port}`
let broker

function startBroker() {
  broker = spawn('nats-server', ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  return new Promise((resolve, reject) => {
    broker.once('error', reject)
    broker.stderr.setEncoding('utf8').on('data', (text) => text.includes('Server is ready') && resolve())
  })
}

async function restartBroker() {
  const ended = new Promise((resolve) => broker.once('exit', resolve))
  broker.kill('SIGKILL')
  await ended
  await sleep(random.next() % 1000)
  await startBroker()
}

/** Workers that were killed: when, and whether the others had their rest then and for some time after */
const deaths = new Map()
/** From the log of the workers: partitions that were taken over from one of those, and how long after its death */
const takeOvers = []
/** Milliseconds of rest in which others should take over */
const REST = 3000
const workers = []
let born = 0

function startWorker(slot) {
  const name = `w${++born}`
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'nats-worker.mjs'), '--nats', url, '--name', name, '--lease', String(lease), ...(values.unsafe ? ['--unsafe'] : [])],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  child.stderr.setEncoding('utf8').on('data', (text) => {
    for (const line of text.split('\n')) see(line)
  })
  child.ended = new Promise((resolve) => child.once('exit', resolve))
  // one that finds no server at its start ends, and is started again
  child.once('exit', (code) => {
    if (code === 1 && workers[slot].child === child) startWorker(slot)
  })
  workers[slot] = { name, child, frozen: false, since: performance.now() }
}

function see(line) {
  if (line.includes('FAILED') && !line.includes('no NATS server answers')) faults.push(line)
  if (process.env.VERBOSE) console.error(line)
  const [, from] = / takes partition \d+ .*, from (\S+)$/.exec(line) ?? []
  const death = deaths.get(from)
  if (death !== undefined) takeOvers.push({ seconds: (performance.now() - death.at) / 1000, death })
}

/** Whoever looked on is disturbed when another one is killed or frozen */
function disturb() {
  for (const death of deaths.values()) if (performance.now() - death.at < REST) death.calm = false
}

function kill({ name, child }) {
  disturb()
  const others = workers.filter((worker) => worker.name !== name)
  const calm = others.every(({ frozen, since }) => !frozen && performance.now() - since > REST)
  deaths.set(name, { at: performance.now(), calm })
  child.kill('SIGKILL')
}

await startBroker()
for (let i = 0; i < workerCount; i++) startWorker(i)
const connection = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
const publisher = new TextPublisher(connection)
const jsm = await jetstreamManager(connection)
const leases = await new Kvm(jetstream(connection)).create('rxrnn-leases', { history: 1 })
for (let tries = 0; ; tries++) {
  const ready = await jsm.streams.info('RXRNN_TEXT').catch(() => undefined)
  if (ready !== undefined) break
  if (tries > 600) throw new Error('the workers did not start')
  await sleep(100)
}

/** No epoch and no covered sequence of a lease may ever go back */
const seen = new Map()
const running = { watching: true, publishing: true }
async function watchLeases() {
  while (running.watching) {
    for (let i = 0; i < PARTITIONS && running.watching; i++) {
      const entry = await leases.get(`partition.${i}`).catch(() => null)
      if (entry === null) continue
      const record = entry.json()
      const before = seen.get(i)
      if (before !== undefined && entry.revision > before.revision && (record.epoch < before.epoch || record.covered < before.covered)) {
        faults.push(`lease ${i} went from epoch ${before.epoch}, covered ${before.covered} back to ${record.epoch}, ${record.covered}`)
      }
      if (before === undefined || entry.revision > before.revision) seen.set(i, { ...record, revision: entry.revision })
    }
    await sleep(20)
  }
}
const watched = watchLeases()

const keys = Array.from({ length: keyCount }, (_, i) => `host ${i}`)
const texts = new Map(keys.map((key) => [key, '']))
let published = 0
async function publish() {
  while (running.publishing) {
    const batch = Array.from({ length: 20 }, () => {
      const key = keys[random.next() % keyCount]
      const text = `${100 + (random.next() % 900)} user-${random.next() % 7} ${random.next() % 3}\nand `.slice(random.next() % 3)
      texts.set(key, texts.get(key) + text)
      return publisher.publish(key, text)
    })
    await Promise.all(batch)
    published += batch.length
    await sleep(300)
  }
}
const publishes = publish()

/** The server goes when so much has happened */
const nextRestart = () => ((restarted + 1) * (kills + freezes)) / (restarts + 1)
/** Woken after more time than its lease has */
async function thaw(worker) {
  await sleep(lease * 1000 * (1.2 + random.uniform()))
  worker.frozen = false
  worker.since = performance.now()
  worker.child.kill('SIGCONT')
}

let killed = 0
let frozen = 0
let restarted = 0
const thaws = []
while (killed < kills || frozen < freezes || restarted < restarts) {
  await sleep(500 + (random.next() % Math.round(2000 * lease)) + (values.calm ? 2 * REST : 0))
  const slot = random.next() % workerCount
  const worker = workers[slot]
  if (worker.frozen) continue
  if (frozen < freezes && random.uniform() < freezes / (kills + freezes)) {
    // frozen for longer than its lease: it wakes up as a zombie
    disturb()
    frozen += 1
    worker.frozen = true
    worker.child.kill('SIGSTOP')
    thaws.push(thaw(worker))
  } else if (killed < kills && performance.now() - worker.since > 1000) {
    killed += 1
    kill(worker)
    await worker.child.ended
    startWorker(slot)
  }
  if (restarted < restarts && killed + frozen >= nextRestart()) {
    restarted += 1
    // a take-over takes as long as the server is away
    deaths.clear()
    await restartBroker()
  }
  if ((killed + frozen) % 10 === 0)
    console.error(`${killed} kills, ${frozen} freezes, ${restarted} restarts of the server, ${published} texts, ${faults.length} faults`)
  if (values.unsafe && faults.length > 0) break
}
await Promise.all(thaws)
running.publishing = false
await publishes

/** Waits until everything is covered */
const last = (await jsm.streams.info('RXRNN_TEXT')).state.last_seq
for (let waited = 0; ; waited += 200) {
  const records = await Promise.all(Array.from({ length: PARTITIONS }, (_, i) => leases.get(`partition.${i}`).catch(() => null)))
  if (records.every((entry) => entry !== null && entry.json().covered >= last)) break
  if (waited > 180_000) {
    faults.push(`after three minutes not everything is covered: ${records.map((entry) => entry?.json().covered).join()} of ${last}`)
    break
  }
  await sleep(200)
}
for (const { child } of workers) child.kill('SIGTERM')
await Promise.all(workers.map(({ child }) => child.ended))
running.watching = false
await watched

async function blobOf({ name, parts }) {
  const all = []
  for (let i = 0; i < parts; i++)
    all.push((await jsm.streams.getMessage('RXRNN_CHECKPOINTS', { last_by_subj: `rxrnn.checkpoint.${name}.${i}` })).data)
  return Buffer.concat(all)
}

const events = new Map(keys.map((key) => [key, []]))
const { state } = await jsm.streams.info('RXRNN_EVENTS')
const consumer = await jetstream(connection).consumers.get('RXRNN_EVENTS', { deliver_policy: DeliverPolicy.All })
for await (const message of await consumer.consume()) {
  const key = Buffer.from(message.subject.slice('rxrnn.events.='.length), 'base64url').toString()
  for (const line of message.string().trimEnd().split('\n')) events.get(key).push(JSON.parse(line))
  if (message.seq >= state.last_seq) break
}

const hasher = () => createHash('sha256')
let right = 0
try {
  const indexes = new Map()
  for (let i = 0; i < PARTITIONS; i++) {
    const { index } = (await leases.get(`partition.${i}`)).json()
    indexes.set(i, new Map(index === null ? [] : JSON.parse((await blobOf(index)).toString())))
  }
  for (const [key, text] of texts) {
    const alone = LineLearner.open({ model: MODEL })
    const expected = alone.learn(text)
    const blob = indexes.get(partitionOf(key, PARTITIONS)).get(key)
    const found = await LineLearner.open({ model: MODEL, hasher }, blob && (await blobOf(blob)))
    if (digest(found.model) === digest(alone.model)) right += 1
    else faults.push(`${key} has another digest: it learned ${found.offset} characters of ${alone.offset}`)
    if (JSON.stringify(events.get(key)) !== JSON.stringify(expected))
      faults.push(`${key} has ${events.get(key).length} events, not its ${expected.length}`)
    for (const learner of [alone, found]) learner.dispose()
  }
} catch (error) {
  faults.push(`the checkpoints cannot be read: ${error.message}`)
}
await connection.close()
broker.kill('SIGKILL')
rmSync(folder, { recursive: true, force: true })

function spread(some) {
  const seconds = some.map((takeOver) => takeOver.seconds).sort((a, b) => a - b)
  return { count: seconds.length, median: seconds[seconds.length >> 1]?.toFixed(2), worst: seconds.at(-1)?.toFixed(2) }
}

console.log(
  JSON.stringify({
    kills: killed,
    freezes: frozen,
    restarts: restarted,
    texts: published,
    stored: last,
    events: [...events.values()].reduce((sum, all) => sum + all.length, 0),
    digests: `${right} of ${keyCount}`,
    takeOvers: { all: spread(takeOvers), calm: spread(takeOvers.filter(({ death }) => death.calm)) },
    faults: faults.slice(0, 20),
  }),
)
process.exit(faults.length === 0 ? 0 : 1)
