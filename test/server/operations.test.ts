import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Client, connect, digestAfter, digestOf, type Event, type Served, serve, serveOn, SOON, sleep, temporary, V1 } from './server.ts'

const http = ({ at }: Served, path: string) => fetch(at(path).replace('ws:', 'http:'))

async function metric(served: Served, name: string): Promise<number> {
  const text = await (await http(served, '/metrics')).text()
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (.+)$`, 'm').exec(text)?.[1])
}

/** Sends forever as fast as the server takes it */
function flood({ socket }: Client, frame: string): () => void {
  const timer = setInterval(() => {
    while (socket.bufferedAmount < 1_000_000 && socket.readyState === socket.OPEN) socket.send(frame)
  }, 5)
  return () => clearInterval(timer)
}

describe('the pages of rxrnn serve', () => {
  test('tell health, readiness and metrics', async () => {
    const served = await serve('--models', temporary())
    const client = await connect(served.at('/v1/learn/shop'))
    client.socket.send('hello')
    await client.of('prediction', 5)
    expect([(await http(served, '/healthz')).status, (await http(served, '/readyz')).status]).toEqual([200, 200])
    await expect.poll(() => metric(served, 'rxrnn_learned_characters_total'), SOON).toBe(5)
    const text = await (await http(served, '/metrics')).text()
    expect(text).toContain('# TYPE rxrnn_learned_characters_total counter')
    expect(text).toMatch(/^rxrnn_learned_characters_total 5$/m)
    expect(text).toMatch(/^rxrnn_connections 1$/m)
    expect(text).toMatch(/^rxrnn_shared_models 1$/m)
    expect(text).toContain('process_resident_memory_bytes')
    expect([
      (await http(served, '/nothing')).status,
      (await fetch(served.at('/healthz').replace('ws:', 'http:'), { method: 'POST', body: 'x' })).status,
    ]).toEqual([404, 405])
  })

  test('count what is refused', async () => {
    const served = await serve('--origin', 'https://good.example')
    await connect(served.url, [], { headers: { origin: 'https://evil.example' } }).catch(() => {})
    expect(await metric(served, 'rxrnn_refused_handshakes_total')).toBe(1)
  })
})

describe('the end of rxrnn serve', () => {
  test('learns what had come, saves it and goes away with 1001', async () => {
    const models = temporary()
    const { server, at } = await serve('--models', models, '--checkpoint-every', '1000')
    const client = await connect(at('/v1/learn/shop'), [V1])
    await client.of('hello')
    const text = 'a line of a log that is long enough to take a while\n'.repeat(1000)
    client.text(0, text)
    await client.of('prediction')
    server.kill('SIGTERM')
    expect((await client.closed).code).toBe(1001)
    expect(await client.of('ack', text.length)).toBeDefined()
    expect(await once(server, 'exit')).toEqual([143, null])
    expect(digestOf(join(models, 'shop'))).toBe(await digestAfter(text))
  })

  test('learns all of many short frames that wait for each other', async () => {
    const models = temporary()
    const served = await serve('--models', models, '--checkpoint-every', '1000')
    const client = await connect(served.at('/v1/learn/shop'), [V1])
    await client.of('hello')
    const line = 'a line of a log\n'
    for (let i = 0; i < 10_000; i++) client.text(i * line.length, line)
    await client.event(({ type, offset }) => type === 'prediction' && Number(offset) > 2000)
    const received = (await metric(served, 'rxrnn_received_characters_total')) / JSON.stringify({ type: 'text', offset: 100_000, text: line }).length
    served.server.kill('SIGTERM')
    const { offset } = await client.event(({ type }) => type === 'ack')
    expect(offset).toBeGreaterThan(received * line.length)
    await once(served.server, 'exit')
    expect(digestOf(join(models, 'shop'))).toBe(await digestAfter(line.repeat(Number(offset) / line.length)))
  })

  test('comes within its time also when there is more to learn', async () => {
    const served = await serve('--drain-timeout', '0.2')
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(`${served.url}?events=prediction`)))
    for (const { socket } of clients) for (let i = 0; i < 10; i++) socket.send('x'.repeat(100_000))
    await expect.poll(() => metric(served, 'rxrnn_received_characters_total'), SOON).toBeGreaterThan(0)
    served.server.kill('SIGTERM')
    expect(await once(served.server, 'exit')).toEqual([143, null])
    await Promise.all(clients.map(({ closed }) => closed))
    expect(clients.some(({ events }) => events.at(-1)?.['offset'] !== 1_000_000)).toBe(true)
  })

  test('a checkpoint that cannot be written is told, not acknowledged, and tried again', async () => {
    const models = temporary()
    const { at, log } = await serve('--models', models, '--checkpoint-every', '0.1')
    const client = await connect(at('/v1/learn/shop'), [V1])
    await client.of('hello')
    // a folder of the name of the next checkpoint's temporary file cannot be replaced by it
    const blocked = join(models, 'shop', `checkpoint-${'5'.padStart(16, '0')}.safetensors`)
    mkdirSync(blocked)
    client.text(0, 'hello')
    await client.of('prediction', 5)
    await expect.poll(log, SOON).toContain('cannot save')
    expect(client.events.filter(({ type }) => type === 'ack')).toEqual([])
    client.text(5, '!')
    await client.of('ack', 6)
  })
})

// a day to and fro, ten times a second, in every thread
const JUMPING_CLOCK = `data:text/javascript,${encodeURIComponent(`
  const now = Date.now
  let days = 0
  Date.now = () => now() + days * 86400000
  setInterval(() => (days = days === 0 ? 1 : days === 1 ? -1 : 0), 100).unref()
`)}`

describe('rxrnn serve', () => {
  test('does not mind a wall clock that jumps', async () => {
    const { at } = await serveOn(
      ['env', `NODE_OPTIONS=--import=${JUMPING_CLOCK}`],
      '--models',
      temporary(),
      '--checkpoint-every',
      '0.2',
      '--max-rate',
      '10000',
    )
    const client = await connect(at('/v1/learn/shop'), [V1])
    for (let offset = 0; offset < 1000; offset += 100) {
      client.text(offset, 'x'.repeat(100))
      await sleep(50)
    }
    await client.of('ack', 1000)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  })
})

describe('under load, rxrnn serve', () => {
  test('answers on its sockets while it learns at full speed, and lets a trickle through', async () => {
    const served = await serve('--hidden', '64')
    const floods = await Promise.all(Array.from({ length: 4 }, () => connect(`${served.url}?events=stats`)))
    const stops = floods.map((client) => flood(client, 'the quick brown fox jumps over the lazy dog\n'.repeat(100)))
    const wait = () => floods.map(({ socket }) => socket.bufferedAmount > 100_000)
    await expect.poll(wait, SOON).toEqual([true, true, true, true])
    const trickle = await connect(`${served.url}?events=prediction`)
    for (let offset = 1; offset <= 20; offset++) {
      trickle.socket.send('x')
      await trickle.of('prediction', offset)
      expect((await http(served, '/healthz')).status).toBe(200)
    }
    expect(wait()).toEqual([true, true, true, true])
    for (const stop of stops) stop()
  })

  test('takes no more of a flood than it can learn', async () => {
    const served = await serve('--hidden', '64')
    const client = await connect(`${served.url}?events=stats`)
    const stop = flood(client, 'x'.repeat(10_000))
    await expect.poll(() => metric(served, 'rxrnn_learned_characters_total'), SOON).toBeGreaterThan(10_000)
    await expect.poll(() => client.socket.bufferedAmount, SOON).toBeGreaterThan(500_000)
    const [received, learned] = [await metric(served, 'rxrnn_received_characters_total'), await metric(served, 'rxrnn_learned_characters_total')]
    stop()
    // what waits here and in the buffers of ws, and what was learned since the figures were told; the client would have sent many times as much
    expect(received - learned).toBeLessThan(500_000)
  })

  test('holds up only a client that never reads, and loses none of its lines', async () => {
    const { url } = await serve()
    const silent = await connect(`${url}?events=line,prediction`)
    silent.socket.pause()
    const COUNT = 15_000
    let sent = 0
    const send = setInterval(() => {
      while (sent < COUNT && silent.socket.bufferedAmount < 100_000) silent.socket.send(`line ${sent++}\n`)
    }, 1)
    await expect.poll(() => sent === COUNT || silent.socket.bufferedAmount > 90_000, SOON).toBe(true)
    const other = await connect(url)
    other.socket.send('hello')
    await other.of('prediction', 5)
    silent.socket.resume()
    await silent.event(({ type, text }) => type === 'line' && text === `line ${COUNT - 1}`)
    clearInterval(send)
    const lines = silent.events.filter(({ type }) => type === 'line').map(({ text }) => text)
    expect(lines).toEqual(Array.from({ length: COUNT }, (_, i) => `line ${i}`))
  })

  test('lets no watcher hold up who is watched, and tells it what it missed', async () => {
    const served = await serve('--models', temporary())
    const client = await connect(served.at('/v1/learn/shop'), [V1])
    await client.of('hello')
    const watcher = await connect(served.at('/v1/watch/shop?events=line'))
    await expect.poll(() => metric(served, 'rxrnn_connections'), SOON).toBe(2)
    client.text(0, 'x\n')
    await watcher.of('line')
    watcher.socket.pause()
    // short lines: many events of little text
    let offset = 2
    for (let i = 0; i < 100; i++) {
      client.text(offset, 'x\n'.repeat(1000))
      offset += 2000
    }
    await client.event(({ type, offset: at }) => type === 'line' && at === offset)
    watcher.socket.resume()
    const countOf = ({ type, lines }: Event) => (type === 'missed' ? Number(lines) : Number(type === 'line'))
    await expect.poll(() => watcher.events.reduce((sum, event) => sum + countOf(event), 0), SOON).toBe(100_001)
    expect(watcher.events.some(({ type }) => type === 'missed')).toBe(true)
  })
})
