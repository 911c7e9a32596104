/**
 * Malformed handshakes, frames and messages, from fast-check with a seed, over raw sockets: the server must stay up, another connection must not notice, and
 * its memory must not grow. One JSON line; exits with 1 when it does not hold.
 *
 *     node torture/fuzz-serve.mjs [--cases 100000] [--seed 1] [--parallel 64]
 */
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { WebSocket } from 'ws'
import { sleep, startServer } from './served.mjs'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' }, parallel: { type: 'string', default: '64' } },
})
const cases = Number(values.cases)
// few, so that making them up does not hold up the bystander
const BATCH = 100

const line = (protocol, path) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${protocol}\r\n`
const V1 = 'Sec-WebSocket-Protocol: rxrnn.v1\r\n'
const handshake = fc.constantFrom(line('', '/v1/learn'), line(V1, '/v1/learn'), line('', '/v1/learn?events=stats')).map((text) => Buffer.from(text))
const bytes = (most) => fc.uint8Array({ maxLength: most }).map((array) => Buffer.from(array))

/** A byte here and there changed, or the end cut off */
const mutated = (source) =>
  fc.tuple(source, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), fc.nat(4)).map(([original, changes, cut]) => {
    const copy = Buffer.from(original)
    for (const [at, byte] of changes) copy[at % copy.length] = byte
    return cut === 0 ? copy.subarray(0, Math.floor(copy.length / 2)) : copy
  })

/** A frame with a header that need not fit what follows */
const frame = fc.tuple(fc.nat(255), fc.nat(255), bytes(200)).map(([first, second, payload]) => Buffer.concat([Buffer.from([first, second]), payload]))

/** A masked text frame as the protocol has it, whose message is none */
const message = fc
  .oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.record({ type: fc.constantFrom('text', 'sample', 'hello'), offset: fc.anything(), text: fc.anything() }).map((value) => {
      try {
        return JSON.stringify(value) ?? ''
      } catch {
        return '{"type":"text","offset":1e999}'
      }
    }),
  )
  .map((text) => {
    const payload = Buffer.from(text).subarray(0, 60_000)
    const length = payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 255])
    return Buffer.concat([Buffer.from([0x81]), length, Buffer.alloc(4), payload])
  })

const attack = fc.oneof(
  bytes(300).map((garbage) => [garbage]),
  mutated(handshake).map((broken) => [broken]),
  fc.tuple(handshake, bytes(300)).map(([good, garbage]) => [good, garbage]),
  fc.tuple(handshake, fc.array(frame, { minLength: 1, maxLength: 3 })).map(([good, frames]) => [good, ...frames]),
  fc
    .tuple(fc.constant(Buffer.from(line(V1, '/v1/learn'))), fc.array(message, { minLength: 1, maxLength: 3 }))
    .map(([good, messages]) => [good, ...messages]),
  fc.tuple(handshake, fc.array(mutated(message), { minLength: 1, maxLength: 3 })).map(([good, messages]) => [good, ...messages]),
)

const server = await startServer(['--handshake-timeout', '5', '--max-per-address', '1000'])
const { port } = new URL(server.url)
let answered = 0
let closed = 0

/** Sends it and waits until the server hangs up; from many addresses, so that no ports run out */
function strike(pieces, i) {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: `127.0.${1 + (i % 100)}.${1 + (i % 250)}` })
    const end = () => {
      socket.destroy()
      resolve()
    }
    socket.setTimeout(5000, end)
    socket.once('data', () => (answered += 1))
    socket.on('error', () => {})
    socket.on('close', () => {
      closed += 1
      end()
    })
    for (const piece of pieces) socket.write(piece)
    socket.end()
    socket.resume()
  })
}

const bystander = new WebSocket(`${server.url}?events=prediction`, { perMessageDeflate: false })
await new Promise((resolve) => bystander.once('open', resolve))
let offset = 0
let seen = 0
let slowest = 0
let sentAt = 0
bystander.on('message', (data) => {
  seen = JSON.parse(data).offset
  if (seen === offset) slowest = Math.max(slowest, performance.now() - sentAt)
})
let noticed = 0
bystander.on('close', () => (noticed += 1))
const speak = setInterval(() => {
  if (seen !== offset) return
  sentAt = performance.now()
  bystander.send('still here\n')
  offset += 11
}, 50)

const start = performance.now()
const memory = []
for (let done = 0; done < cases; done += BATCH) {
  const attacks = fc.sample(attack, { seed: Number(values.seed) * 1_000_003 + done, numRuns: Math.min(BATCH, cases - done) })
  const queue = attacks.entries()
  await Promise.all(
    Array.from({ length: Number(values.parallel) }, async () => {
      for (const [i, pieces] of queue) await strike(pieces, i)
    }),
  )
  memory.push(server.rss())
  if (server.child.exitCode !== null) break
}
clearInterval(speak)
await sleep(500)
const alive = server.child.exitCode === null && (await fetch(server.at('/healthz').replace('ws:', 'http:'))).status === 200
// the first tenth fills caches and compiles code
const warm = memory[Math.floor(memory.length / 10)]
const growth = memory.at(-1) - warm
const held = alive && noticed === 0 && seen === offset && growth < 64
console.log(
  JSON.stringify({
    cases,
    seed: Number(values.seed),
    seconds: Math.round((performance.now() - start) / 1000),
    answered,
    closed,
    alive,
    bystander: { closed: noticed, characters: seen, expected: offset, slowestMilliseconds: Math.round(slowest) },
    mebibytes: { warm: Math.round(warm), end: Math.round(memory.at(-1)), growth: Math.round(growth) },
    log: server.log().split('\n').length,
  }),
)
if (!held) console.error(server.log().slice(-2000))
bystander.terminate()
if (alive) await server.stop('SIGKILL')
process.exit(held ? 0 : 1)
