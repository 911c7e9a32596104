import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createModel, Learner } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { type Client, connect, digestOf, type Served, serve, serveOn, sleep, temporary, V1 } from './server.ts'

const http = ({ at }: Served, path: string) => fetch(at(path).replace('ws:', 'http:'))

async function metric(served: Served, name: string): Promise<number> {
  const text = await (await http(served, '/metrics')).text()
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (.+)$`, 'm').exec(text)?.[1])
}

/** Milliseconds that each of some requests took, sorted */
async function latencies(served: Served, count: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await (await http(served, '/healthz')).text()
    times.push(performance.now() - start)
    await sleep(2)
  }
  return times.sort((a, b) => a - b)
}

/** Sends for ever as fast as the server takes it */
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
    await sleep(1100)
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
    const straight = new Learner(createModel({ preset: 'small', hidden: 8, ngram: 2, tableBits: 6 }))
    straight.learn(text)
    expect(digestOf(join(models, 'shop'))).toBe(straight.model.digest())
  })

  test('learns all of many short frames that wait for each other', async () => {
    const models = temporary()
    const served = await serve('--models', models, '--checkpoint-every', '1000')
    const client = await connect(served.at('/v1/learn/shop'), [V1])
    await client.of('hello')
    const line = 'a line of a log\n'
    for (let i = 0; i < 20_000; i++) client.text(i * line.length, line)
    await client.event(({ type, offset }) => type === 'prediction' && Number(offset) > 2000)
    const received = (await metric(served, 'rxrnn_received_characters_total')) / JSON.stringify({ type: 'text', offset: 100_000, text: line }).length
    served.server.kill('SIGTERM')
    const { offset } = await client.event(({ type }) => type === 'ack')
    expect(offset).toBeGreaterThan(received * line.length)
    await once(served.server, 'exit')
    const straight = new Learner(createModel({ preset: 'small', hidden: 8, ngram: 2, tableBits: 6 }))
    straight.learn(line.repeat(Number(offset) / line.length))
    expect(digestOf(join(models, 'shop'))).toBe(straight.model.digest())
  })

  test('comes within its time also when there is more to learn', async () => {
    const { server, url } = await serve('--drain-timeout', '0.2')
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(`${url}?events=stats`)))
    for (const { socket } of clients) for (let i = 0; i < 10; i++) socket.send('x'.repeat(100_000))
    await sleep(300)
    const start = performance.now()
    server.kill('SIGTERM')
    expect(await once(server, 'exit')).toEqual([143, null])
    expect(performance.now() - start).toBeLessThan(3000)
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
    await sleep(500)
    expect(client.events.filter(({ type }) => type === 'ack')).toEqual([])
    expect(log()).toContain('cannot save')
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
    const start = performance.now()
    await client.of('ack', 1000)
    expect(performance.now() - start).toBeLessThan(3000)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  })
})

describe('under load, rxrnn serve', () => {
  test('answers on its sockets while it learns at full speed, and lets a trickle through', async () => {
    const served = await serve('--hidden', '64')
    const floods = await Promise.all(Array.from({ length: 4 }, () => connect(`${served.url}?events=stats`)))
    const stops = floods.map((client) => flood(client, 'the quick brown fox jumps over the lazy dog\n'.repeat(100)))
    await sleep(1000)
    const times = await latencies(served, 200)
    // 10 ms on a machine with nothing else to do; the client floods and measures in one thread here
    expect(times[100]).toBeLessThan(10)
    const trickle = await connect(`${served.url}?events=prediction`)
    const waits: number[] = []
    for (let offset = 1; offset <= 20; offset++) {
      const start = performance.now()
      trickle.socket.send('x')
      await trickle.of('prediction', offset)
      waits.push(performance.now() - start)
    }
    for (const stop of stops) stop()
    expect(waits.sort((a, b) => a - b)[10]).toBeLessThan(50)
  })

  test('takes no more of a flood than it can learn', async () => {
    const served = await serve('--hidden', '64')
    const client = await connect(`${served.url}?events=stats`)
    const stop = flood(client, 'x'.repeat(10_000))
    await sleep(2500)
    const [received, learned] = [await metric(served, 'rxrnn_received_characters_total'), await metric(served, 'rxrnn_learned_characters_total')]
    stop()
    expect(learned).toBeGreaterThan(10_000)
    // what waits here and in the buffers of ws, and what was learned since the figures were told; the client would have sent many times as much
    expect(received - learned).toBeLessThan(500_000)
    expect(client.socket.bufferedAmount).toBeGreaterThan(500_000)
  })

  test('holds up only a client that never reads, and loses none of its lines', async () => {
    const { url } = await serve()
    const silent = await connect(`${url}?events=line,prediction`)
    silent.socket.pause()
    const COUNT = 30_000
    let sent = 0
    const send = setInterval(() => {
      while (sent < COUNT && silent.socket.bufferedAmount < 100_000) silent.socket.send(`line ${sent++}\n`)
    }, 1)
    const other = await connect(url)
    await sleep(1500)
    other.socket.send('hello')
    await other.of('prediction', 5)
    silent.socket.resume()
    await silent.event(({ type, text }) => type === 'line' && text === `line ${COUNT - 1}`)
    clearInterval(send)
    const lines = silent.events.filter(({ type }) => type === 'line').map(({ text }) => text)
    expect(lines).toEqual(Array.from({ length: COUNT }, (_, i) => `line ${i}`))
  })

  test('lets no watcher hold up who is watched, and tells it what it missed', async () => {
    const { at } = await serve('--models', temporary())
    const client = await connect(at('/v1/learn/shop'), [V1])
    await client.of('hello')
    const watcher = await connect(at('/v1/watch/shop?events=line'))
    await sleep(200)
    watcher.socket.pause()
    const line = `${'x'.repeat(400)}\n`
    let offset = 0
    for (let i = 0; i < 40; i++) {
      client.text(offset, line.repeat(500))
      offset += 500 * line.length
    }
    await client.event(({ type, offset: at }) => type === 'line' && at === offset)
    watcher.socket.resume()
    const { lines } = await watcher.of('missed')
    expect(Number(lines) + watcher.events.filter(({ type }) => type === 'line').length).toBe(20_000)
  })
})
