/**
 * One worker on NATS against a pool of one thread, on the same texts: the texts are all in the stream before the worker starts.
 *
 *     npm run build && node bench/nats.mjs [--keys 16] [--characters 40000] [--message 1000]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Random } from 'rxrnn'
import { Backlog } from 'rxrnn/keyed'
import { NatsWorker, TextPublisher } from 'rxrnn/nats'
import { pooled, pull } from 'rxrnn/node'
import { lastValueFrom } from 'rxjs'

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '16' },
    characters: { type: 'string', default: '40000' },
    message: { type: 'string', default: '1000' },
  },
})
const [keyCount, characters, message] = ['keys', 'characters', 'message'].map((name) => Number(values[name]))
const random = new Random(1)
const line = () => `GET /item/${random.next() % 500} ${[200, 200, 200, 404][random.next() % 4]} ${random.next() % 300}ms user-${random.next() % 40}\n`

function textOf() {
  let text = ''
  while (text.length < message) text += line()
  return text.slice(0, message)
}

const texts = Array.from({ length: (keyCount * characters) / message }, (_, i) => ({ key: `host-${i % keyCount}`, text: textOf() }))
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-bench-'))
const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const found = server.address().port
    server.close(() => resolve(found))
  })
})

async function pool() {
  const backlog = new Backlog()
  const start = performance.now()
  await lastValueFrom(
    pull(texts, { ready: () => backlog.ready() }).pipe(pooled({ folder: join(folder, 'pool'), threads: 1, resident: keyCount, backlog })),
  )
  return (keyCount * characters * 1000) / (performance.now() - start)
}

async function nats() {
  const url = `nats://127.0.0.1:${port}`
  const connection = await connect({ servers: url })
  const jsm = await jetstreamManager(connection)
  await jsm.streams.add({ name: 'RXRNN_TEXT', subjects: ['rxrnn.text.>'] })
  const publisher = new TextPublisher(connection)
  await Promise.all(texts.map(({ key, text }) => publisher.publish(key, text)))
  const worker = new NatsWorker({ url })
  const start = performance.now()
  const ended = worker.run()
  // each text ends a line, so each gives a message of events
  const learned = async () => (await jsm.streams.info('RXRNN_EVENTS').catch(() => undefined))?.state.messages ?? 0
  while ((await learned()) < texts.length) await new Promise((resolve) => setTimeout(resolve, 50))
  worker.stop()
  await ended
  const speed = (keyCount * characters * 1000) / (performance.now() - start)
  await connection.close()
  return speed
}

const broker = spawn('nats-server', ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
await new Promise((resolve) => broker.stderr.setEncoding('utf8').on('data', (text) => text.includes('Server is ready') && resolve()))
const alone = await pool()
const throughNats = await nats()
console.log(
  JSON.stringify({
    pool: `${Math.round(alone)} characters/s`,
    nats: `${Math.round(throughNats)} characters/s`,
    share: Number((throughNats / alone).toFixed(2)),
  }),
)
broker.kill('SIGKILL')
rmSync(folder, { recursive: true, force: true })
