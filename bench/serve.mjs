/**
 * `rxrnn serve` over loopback: how late a prediction is on one connection at a steady pace, beside a server that does nothing; and how fast many connections
 * learn on one shared model, beside `rxrnn evaluate` on the same text with the same options. The best of some runs each. One JSON line.
 *
 *     npm run build && node bench/serve.mjs [--pace 5000] [--seconds 20] [--connections 50] [--characters 2000000] [--runs 3]
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from 'rxrnn'
import { WebSocket } from 'ws'
import { logLine, percentile, sleep, startServer } from '../torture/served.mjs'

const { values } = parseArgs({
  options: {
    pace: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '20' },
    connections: { type: 'string', default: '50' },
    characters: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '3' },
  },
})
const [pace, seconds, connections, characters] = [values.pace, values.seconds, values.connections, values.characters].map(Number)
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-bench-'))
const random = new Random(1)
let text = ''
while (text.length < Math.max(characters, pace * (seconds + 2))) text += logLine(random)

async function open(url) {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}

/** A server that only counts characters: what the machine and the client take */
async function startEcho() {
  const program = `
    import { WebSocketServer } from 'ws'
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
    server.on('listening', () => console.error('ws://127.0.0.1:' + server.address().port))
    server.on('connection', (socket) => {
      let offset = 0
      socket.on('message', (data) => socket.send(JSON.stringify({ v: 1, type: 'prediction', offset: (offset += data.length) })))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'pipe'] })
  const [url] = await once(child.stderr, 'data')
  return { url: String(url).trim(), stop: async () => child.kill() }
}

/** From sending a character to its prediction, or to that of a later one that came in the same burst; the first two seconds are omitted */
async function latency(server) {
  const socket = await open(`${server.url}?events=prediction`)
  const total = pace * (seconds + 2)
  const sentAt = new Float64Array(total)
  const delays = []
  let answered = 0
  const done = new Promise((resolve) => {
    socket.on('message', (data) => {
      const now = performance.now()
      // the offset alone: to parse all of it would count as the server's time
      const offset = Number(/"offset":(\d+)/.exec(data)[1])
      for (; answered < offset; answered++) if (answered >= 2 * pace) delays.push(now - sentAt[answered])
      if (answered === total) resolve()
    })
  })
  const start = performance.now()
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * pace) / 1000))
    for (; sent < due; sent++) {
      sentAt[sent] = performance.now()
      socket.send(text[sent])
    }
    // a busy loop would take a core away from the server
    await sleep(1)
  }
  await done
  socket.terminate()
  await server.stop('SIGKILL')
  const within = (share) => Number(percentile(delays, share).toFixed(3))
  return { p50: within(0.5), p99: within(0.99), p999: within(0.999), max: within(1) }
}

async function throughput() {
  rmSync(join(folder, 'models'), { recursive: true, force: true })
  const server = await startServer(['--models', join(folder, 'models')])
  const each = Math.floor(characters / connections)
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(server.at('/v1/learn/bench'))))
  const start = performance.now()
  const finished = sockets.map(async (socket, i) => {
    const done = new Promise((resolve) => {
      socket.on('message', (data) => {
        if (Number(/"offset":(\d+)/.exec(data)[1]) === each) resolve()
      })
    })
    const own = text.slice(i * each, (i + 1) * each)
    for (let at = 0; at < each; at += 4096) {
      socket.send(own.slice(at, at + 4096))
      while (socket.bufferedAmount > 65536) await sleep(5)
    }
    await done
  })
  await Promise.all(finished)
  const perSecond = (each * connections * 1000) / (performance.now() - start)
  for (const socket of sockets) socket.terminate()
  await server.stop('SIGKILL')
  return perSecond
}

function evaluate() {
  const file = join(folder, 'text.log')
  writeFileSync(file, text.slice(0, characters))
  const main = join(import.meta.dirname, '../dist/command/main.js')
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'evaluate', '--preset', 'small', '--json', file], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout).charactersPerSecond
}

const delays = { served: [], echo: [] }
const rates = { evaluate: [], served: [] }
for (let run = 0; run < Number(values.runs); run++) {
  delays.served.push(await latency(await startServer([])))
  delays.echo.push(await latency(await startEcho()))
  rates.evaluate.push(evaluate())
  rates.served.push(await throughput())
}
// the best of each: what other programs of the machine take is no property of this one
const [evaluated, served] = [Math.max(...rates.evaluate), Math.max(...rates.served)]
const best = (runs) => runs.reduce((least, one) => (one.p99 < least.p99 ? one : least))
rmSync(folder, { recursive: true })
console.log(
  JSON.stringify({
    program: 'rxrnn serve',
    version: `Node ${process.versions.node}`,
    milliseconds: { pace, runs: delays.served.map(({ p99 }) => p99), best: best(delays.served), echo: best(delays.echo) },
    charactersPerSecond: { connections, served: Math.round(served), evaluate: Math.round(evaluated), share: Number((served / evaluated).toFixed(3)) },
  }),
)
