/**
 * What a hostile client does to `rxrnn serve`, over raw sockets, while an honest client of another address asks for predictions, and a monitor of a third one
 * for /healthz and /readyz. Prints one JSON line per attack with what it took; exits with 1 when one did not hold.
 *
 *     npm run attack:serve -- [--only NAME,...] [--full] [--main dist/command/main.js]
 *
 * Without --full each attack is small, as the tests run it.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { percentile, sleep, startServer } from './served.mjs'

const { values } = parseArgs({ options: { only: { type: 'string' }, full: { type: 'boolean', default: false }, main: { type: 'string' } } })
const full = values.full
const HOSTILE = '127.0.0.9'
const HONEST = '127.0.0.2'
const MONITOR = '127.0.0.3'
// milliseconds until somebody counts as kept out: what a busy machine does late is done
const PATIENCE = 30_000

const handshake = (path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`

/** A masked frame; the mask is zero */
function frame(opcode, payload, fin = true) {
  const bytes = Buffer.from(payload)
  const length =
    bytes.length < 126
      ? Buffer.from([0x80 | bytes.length])
      : bytes.length < 65536
        ? Buffer.from([0x80 | 126, bytes.length >> 8, bytes.length & 255])
        : Buffer.from([0x80 | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (bytes.length >> shift) & 255)])
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode]), length, Buffer.alloc(4), bytes])
}

/** A socket that sends that and reads nothing unless told to */
function hostile(server, bytes, { reads = false } = {}) {
  const { port } = new URL(server.url)
  const socket = connectTcp({ port: Number(port), host: '127.0.0.1', localAddress: HOSTILE, allowHalfOpen: true })
  socket.on('error', () => {})
  if (bytes !== undefined) socket.write(bytes, 'latin1')
  if (reads) socket.resume()
  else socket.pause()
  return socket
}

/** Many of them, a few at a time, so that the kernel's queue of the listener takes them */
async function crowd(server, count, bytes, options) {
  const sockets = []
  let connected = Promise.resolve()
  for (let i = 0; i < count; i++) {
    const socket = hostile(server, bytes, options)
    sockets.push(socket)
    const opened = new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    connected = connected.then(() => opened)
    if (i % 64 === 63) await connected
  }
  await connected
  return sockets
}

/** Asks for a prediction of one character after the other for a while; the milliseconds of each */
async function served(server, seconds, path = '/v1/learn?events=prediction') {
  const socket = new WebSocket(server.at(path), { localAddress: HONEST, perMessageDeflate: false, handshakeTimeout: PATIENCE })
  const begin = performance.now()
  const opened = await once(socket, 'open').then(
    () => true,
    () => false,
  )
  if (!opened) return { connected: false }
  const connectedAfter = round(performance.now() - begin)
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const times = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const start = performance.now()
    socket.send('x')
    await Promise.race([new Promise((resolve) => socket.once('message', resolve)), closed])
    if (socket.readyState !== WebSocket.OPEN) return { connected: true, answered: false }
    times.push(performance.now() - start)
  }
  socket.terminate()
  return {
    connected: true,
    connectedAfter,
    answered: true,
    predictions: times.length,
    p50: round(percentile(times, 0.5)),
    p99: round(percentile(times, 0.99)),
  }
}

/** To hundredths */
function round(value) {
  return Math.round(value * 100) / 100
}

/** Whether a page answers with 200 in time, on a socket of its own */
function answers(server, path, localAddress = MONITOR) {
  return new Promise((resolve) => {
    const options = { localAddress, agent: false, signal: AbortSignal.timeout(PATIENCE) }
    get(server.at(path).replace('ws:', 'http:'), options, (response) => {
      response.resume().once('close', () => resolve(response.complete && response.statusCode === 200))
    }).once('error', () => resolve(false))
  })
}

const healthy = (server) => answers(server, '/healthz')

/** Asks for /healthz and /readyz again and again while `work` runs; how many were answered, how many were not, and the slowest in milliseconds */
async function monitored(server, localAddress, work) {
  const times = []
  let failed = 0
  const working = new AbortController()
  const watch = async () => {
    while (!working.signal.aborted) {
      for (const path of ['/healthz', '/readyz']) {
        const start = performance.now()
        if (await answers(server, path, localAddress)) times.push(performance.now() - start)
        else failed += 1
      }
      await sleep(50)
    }
  }
  const watching = watch()
  const result = await work()
  working.abort()
  await watching
  return [result, { answered: times.length, failed, slowest: round(Math.max(...times)) }]
}

/** Serves the honest client under the eyes of two monitors: one of an address of its own, and one of the hostile client's */
async function besieged(server) {
  const [[honest, monitor], neighbour] = await monitored(server, HOSTILE, () => monitored(server, MONITOR, () => served(server, seconds)))
  return { honest, monitor, neighbour }
}

/** Of the process, in seconds of processor time */
const seconds = full ? 10 : 1
const COUNT = full ? 1280 : 400
/** So small that the short form meets the limits too */
const LIMITS = full ? [] : ['--max-connections', '200', '--max-per-address', '50']

/** Sockets that stay where the server should have closed them keep the honest client out */
async function siege(server, bytes, options) {
  const sockets = await crowd(server, COUNT, bytes, options)
  if (options?.last !== undefined) for (const socket of sockets) socket.write(options.last)
  const figures = { sockets: COUNT, ...(await besieged(server)), mebibytes: Math.round(server.rss()) }
  const ended = once(server.child, 'exit')
  server.child.kill('SIGTERM')
  const code = await Promise.race([ended.then(([exit]) => exit), sleep(15_000).then(() => 'still running')])
  for (const socket of sockets) socket.destroy()
  return { ...figures, exit: code, held: figures.honest.answered === true && figures.monitor.failed === 0 && code === 143 }
}

const ATTACKS = {
  /** Handshakes that are refused, and one byte after them */
  refused: (server) => siege(server, handshake('/nowhere'), { last: 'x', reads: true }),
  /** Handshakes that ws refuses */
  invalid: (server) => siege(server, handshake('/v1/learn').replace('13', '1'), { last: 'x', reads: true }),
  silent: (server) => siege(server),
  /** Silent sockets, each of which comes again as soon as it had to go */
  async returning(server) {
    const sockets = new Set()
    let comers = 0
    let running = true
    const come = () => {
      if (!running) return
      comers += 1
      const socket = hostile(server, undefined, { reads: true })
      sockets.add(socket)
      socket.once('end', () => socket.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        setImmediate(come)
      })
    }
    for (let i = 0; i < COUNT; i++) come()
    const figures = { sockets: COUNT, ...(await besieged(server)), mebibytes: Math.round(server.rss()), comers }
    running = false
    for (const socket of sockets) socket.destroy()
    return { ...figures, held: figures.honest.answered === true && figures.monitor.failed === 0 }
  },
  /** Headers that never end */
  slowHeaders: (server) => siege(server, 'GET /v1/learn HTTP/1.1\r\nHost: x\r\nUpgr'),
  /** Asks for the dashboard again and again, and reads nothing */
  slowReaders: (server) => siege(server, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100)),
  /** Targets of requests that no parser of addresses takes */
  async targets(server) {
    const targets = ['//', '///', 'http://', '//[', 'ws://x:99999/', '/?%', '*', '/%00']
    for (const target of targets)
      for (const bytes of [handshake(target), `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`]) await crowd(server, full ? 20 : 2, bytes, { reads: true })
    const honest = await served(server, seconds)
    return { honest, held: honest.answered === true && (await healthy(server)) }
  },

  /** Handshakes that fail and connections that teach nothing, each with a model of its own */
  async names(server) {
    for (let i = 0; i < 150; i++) {
      await crowd(server, 1, handshake(`/v1/learn/failed-${i}`).replace('13', '1'), { reads: true })
      const [socket] = await crowd(server, 1, handshake(`/v1/learn/silent-${i}`), { reads: true })
      await once(socket, 'data')
      socket.destroy()
    }
    await sleep(1000)
    const honest = await served(server, seconds, '/v1/learn/honest?events=prediction')
    return { honest, held: honest.answered === true }
  },

  /** Strangers with names of their own, while a producer is away */
  async strangers(server) {
    const hello = async (producer, text) => {
      const socket = new WebSocket(server.at(`/v1/learn/shop?producer=${producer}`), ['rxrnn.v1'], { localAddress: HONEST })
      const events = []
      socket.on('message', (data) => events.push(JSON.parse(data)))
      socket.on('error', () => {})
      const until = async (type) => {
        while (!events.some((event) => event.type === type)) {
          if (socket.readyState === WebSocket.CLOSED) throw new Error(`no ${type}: ${JSON.stringify(events)}`)
          await sleep(10)
        }
      }
      await until('hello')
      if (text !== '') socket.send(JSON.stringify({ type: 'text', offset: 0, text }))
      if (text !== '') await until('ack')
      const closed = once(socket, 'close')
      socket.close()
      await closed
      return events[0].offset
    }
    await hello('till-1', 'hello')
    const count = full ? 300 : 30
    for (let i = 0; i < count; i++) {
      const [socket] = await crowd(server, 1, handshake(`/v1/learn/shop?producer=stranger-${i}`, 'Sec-WebSocket-Protocol: rxrnn.v1\r\n'), {
        reads: true,
      })
      await once(socket, 'data')
    }
    const offset = await hello('till-1', '')
    return { strangers: count, offset, held: offset === 5 }
  },

  /** WebSockets of one address, as many as it can have */
  connections: (server) => siege(server, handshake('/v1/learn'), { reads: true }),

  /** A message in fragments of one byte, with pings between them that fill the network buffers */
  async fragments(server) {
    const before = server.rss()
    const pings = Buffer.concat(Array.from({ length: 480 }, () => frame(9, 'x'.repeat(125))))
    const piece = Buffer.concat([frame(0, 'a', false), pings])
    const sockets = await crowd(server, full ? 64 : 8, handshake('/v1/learn'), { reads: true })
    for (const socket of sockets) socket.write(frame(1, 'a', false))
    let peak = before
    const end = performance.now() + (full ? 20_000 : 3000)
    while (performance.now() < end && sockets.some(({ destroyed }) => !destroyed)) {
      for (const socket of sockets) if (!socket.destroyed && socket.writableLength < 1_000_000) socket.write(piece)
      await sleep(1)
      peak = Math.max(peak, server.rss())
    }
    const alive = await healthy(server)
    return { mebibytes: { before: Math.round(before), peak: Math.round(peak) }, healthz: alive, held: alive && peak - before < 100 }
  },

  /** Clients that send, close and come again: their learners must not go on for nobody */
  async comers(server) {
    const before = server.rss()
    const text = frame(1, 'the quick brown fox jumps over the lazy dog\n'.repeat(4100))
    let peak = before
    for (let i = 0; i < (full ? 600 : 60); i++) {
      const socket = hostile(server, undefined, { reads: true })
      socket.write(handshake('/v1/learn?preset=small'))
      await once(socket, 'data').catch(() => {})
      socket.write(text)
      socket.end()
      await sleep(5)
      socket.destroy()
      peak = Math.max(peak, server.rss())
    }
    const honest = await served(server, seconds)
    await sleep(1000)
    const busy = server.processor()
    await sleep(2000)
    const load = (server.processor() - busy) / 2
    return {
      mebibytes: { before: Math.round(before), peak: Math.round(peak) },
      load,
      honest,
      held: peak - before < 200 && load < 0.2 && honest.answered === true,
    }
  },

  /** Requests for samples, and then it closes */
  async samples(server) {
    const sample = frame(1, '{"type":"sample","length":10000}')
    const [socket] = await crowd(server, 1, handshake('/v1/learn', 'Sec-WebSocket-Protocol: rxrnn.v1\r\n'), { reads: true })
    await once(socket, 'data')
    socket.write(frame(1, '{"type":"text","offset":0,"text":"hello hello hello"}'))
    for (let i = 0; i < (full ? 2000 : 500); i++) socket.write(sample)
    await sleep(500)
    socket.destroy()
    await sleep(1000)
    const busy = server.processor()
    await sleep(2000)
    const load = (server.processor() - busy) / 2
    const honest = await served(server, seconds)
    return { load, honest, held: load < 0.2 && honest.answered === true }
  },
}

const names = values.only?.split(',') ?? Object.keys(ATTACKS)
let held = true
for (const name of names) {
  const folder = mkdtempSync(join(tmpdir(), 'rxrnn-attack-'))
  const server = await startServer(['--models', folder, ...LIMITS], values.main)
  const start = performance.now()
  let result
  try {
    result = await ATTACKS[name](server)
  } catch (error) {
    result = { error: String(error), held: false }
  }
  console.log(
    JSON.stringify({
      attack: name,
      seconds: Math.round((performance.now() - start) / 100) / 10,
      ...result,
      logLines: server.log().split('\n').length - 1,
    }),
  )
  held &&= result.held
  if (server.child.exitCode === null) await server.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
process.exit(held ? 0 : 1)
