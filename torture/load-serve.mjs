/**
 * A thousand connections at once, some of which never read: what memory the server takes, and whether everybody else is served. One JSON line; exits with 1
 * when a connection was lost or not served, or the memory passes the bound.
 *
 *     node torture/load-serve.mjs [--connections 1000] [--silent 200] [--models 0] [--characters 2000] [--bound 1500]
 *
 * With --models N they share N named models, else each has a private learner. The bound is in MB (10^6 bytes) of resident memory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from 'rxrnn'
import { WebSocket } from 'ws'
import { logLine, percentile, sleep, startServer } from './served.mjs'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000' },
    silent: { type: 'string', default: '200' },
    models: { type: 'string', default: '0' },
    characters: { type: 'string', default: '2000' },
    bound: { type: 'string', default: '1500' },
  },
})
const [count, silent, models, characters] = [values.connections, values.silent, values.models, values.characters].map(Number)
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-load-'))
const server = await startServer(['--models', folder, '--max-connections', '2000', '--max-per-address', '2000'])
const random = new Random(1)
// what may be the start of a clock at the end of a text waits for what follows
const HELD = 80
const empty = server.rss()
let lost = 0
let stopping = false

async function connect(i) {
  const path = models > 0 ? `/v1/learn/model-${i % models}` : '/v1/learn'
  const socket = new WebSocket(server.at(`${path}?events=line,prediction,stats`), { perMessageDeflate: false })
  const client = { socket, offset: 0, done: 0, reads: i >= silent }
  socket.on('message', (data) => {
    const { offset } = JSON.parse(data)
    if (offset >= characters - HELD && client.done === 0) client.done = performance.now()
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', () => {})
  socket.on('close', () => (lost += stopping ? 0 : 1))
  if (!client.reads) socket.pause()
  return client
}

const clients = []
for (let i = 0; i < count; i += 50) {
  clients.push(...(await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => connect(i + j)))))
}
const connected = server.rss()
const start = performance.now()

/** The silent ones send for as long as there is room, the others as much as was asked for */
function send(client) {
  if (client.reads && client.offset >= characters) return
  if (client.socket.bufferedAmount > 50_000) return
  const text = logLine(random) + logLine(random)
  const piece = client.reads ? text.slice(0, characters - client.offset) : text.repeat(20)
  client.socket.send(piece)
  client.offset += piece.length
}

const waiting = () => clients.filter(({ reads, done }) => reads && done === 0).length
const answers = []
for (let round = 0; waiting() > 0 && performance.now() - start < 600_000; round++) {
  clients.forEach(send)
  const asked = performance.now()
  await fetch(server.at('/healthz').replace('ws:', 'http:'))
  answers.push(performance.now() - asked)
  await sleep(50)
}
const seconds = (performance.now() - start) / 1000
const unserved = waiting()
const megabytes = (mebibytes) => Math.round((mebibytes * 2 ** 20) / 1e6)
const peak = megabytes(server.rss('VmHWM'))
stopping = true
for (const { socket } of clients) socket.terminate()
await server.stop()
rmSync(folder, { recursive: true })
console.log(
  JSON.stringify({
    connections: count,
    silent,
    models: models > 0 ? models : 'private',
    charactersEach: characters,
    seconds: Math.round(seconds),
    megabytes: { empty: megabytes(empty), connected: megabytes(connected), peak, bound: Number(values.bound) },
    healthzMilliseconds: { p50: percentile(answers, 0.5), p99: percentile(answers, 0.99) },
    unserved,
    lost,
  }),
)
process.exit(unserved === 0 && lost === 0 && peak < Number(values.bound) ? 0 : 1)
