import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Rate } from '../../src/server/rate.ts'
import { answer, handshake } from './raw.ts'
import { connect, refusal, SOON, serve, temporary, V1 } from './server.ts'

/** Until the server hangs up on a socket that sends only this */
async function hangsUp(url: string, bytes: string): Promise<void> {
  const { port, hostname } = new URL(url)
  const socket: Socket = connectTcp(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(bytes)
  socket.resume()
  await once(socket, 'close')
}

describe('the limits of rxrnn serve', () => {
  test('on a message: only the connection that passes it is closed', async () => {
    const { url } = await serve('--max-message', '1000')
    const [rude, polite] = [await connect(url), await connect(url)]
    rude.socket.send('x'.repeat(1001))
    expect((await rude.closed).code).toBe(1009)
    polite.socket.send('x'.repeat(1000))
    await polite.of('prediction', 1000)
  })

  test('on connections in all and from one address', async () => {
    const [all, address] = [await serve('--max-connections', '2'), await serve('--max-per-address', '2')]
    for (const [{ url }, status] of [
      [all, 503],
      [address, 429],
    ] as const) {
      const [first] = [await connect(url), await connect(url)]
      expect(await refusal(url)).toBe(status)
      first.socket.close()
      await first.closed
      await expect
        .poll(
          () =>
            connect(url).then(
              () => 'connected',
              () => 'refused',
            ),
          SOON,
        )
        .toBe('connected')
    }
  })

  test('on characters per second: the connection waits and is not closed', async () => {
    const { url } = await serve('--max-rate', '5000')
    const client = await connect(`${url}?events=prediction`)
    const start = performance.now()
    for (let i = 0; i < 60; i++) client.socket.send('x'.repeat(100))
    await client.of('prediction', 6000)
    // the first frame need not wait
    expect(performance.now() - start).toBeGreaterThan(1000)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  })

  test('on the time without a sign of life, which a pong is', async () => {
    const { url } = await serve('--idle-timeout', '0.5')
    const idle = await connect(url, [], { autoPong: false })
    const quiet = await connect(url)
    await idle.closed
    for (let pings = 0; pings < 4; pings++) await once(quiet.socket, 'ping')
    expect(quiet.socket.readyState).toBe(quiet.socket.OPEN)
  })

  test('on the time of a handshake, whether it is begun or not', async () => {
    const { url } = await serve('--handshake-timeout', '0.5')
    await Promise.all([hangsUp(url, 'GET /v1/learn HTTP/1.1\r\nHost: x\r\nUpgr'), hangsUp(url, '')])
  })

  test('on shared models', async () => {
    const { at } = await serve('--models', temporary(), '--max-models', '2')
    await connect(at('/v1/learn/one'))
    await connect(at('/v1/learn/two'))
    expect(await refusal(at('/v1/learn/three'))).toBe(507)
    await connect(at('/v1/learn/one'))
  })

  test('on shared models, of which a handshake that fails and a connection that teaches nothing take none', async () => {
    const models = temporary()
    const { url, at } = await serve('--models', models, '--max-models', '2')
    for (let i = 0; i < 5; i++) {
      expect(await answer(url, handshake(`/v1/learn/failed-${i}`).replace('13', '1'))).toContain('400')
      const wrong = await connect(at(`/v1/learn/wrong-${i}?events=gossip`))
      await wrong.closed
      const silent = await connect(at(`/v1/learn/silent-${i}`), [V1])
      await silent.of('hello')
      silent.socket.close()
      const offered = async () => (await fetch(at('/v1/models').replace('ws:', 'http:'))).text()
      await expect.poll(offered, SOON).toContain('"models":[]')
    }
    expect(readdirSync(models)).toEqual([])
  })

  test('on producers of a model that are connected', async () => {
    const { at } = await serve('--models', temporary(), '--max-producers', '1', '--keep-producers', '0')
    const one = await connect(at('/v1/learn/shop?producer=one'), [V1])
    one.text(0, 'x')
    await one.of('prediction')
    const two = await connect(at('/v1/learn/shop?producer=two'), [V1])
    expect(await two.of('error')).toMatchObject({ code: 'too-many-producers' })
    expect((await two.closed).code).toBe(1013)
  })

  test('on samples, which count for --max-rate', async () => {
    const { url } = await serve('--max-rate', '1000')
    const client = await connect(url, [V1])
    client.text(0, 'hello')
    const start = performance.now()
    for (let i = 0; i < 3; i++) client.socket.send('{"type":"sample","length":500}')
    client.text(5, 'x')
    await client.of('ack', 6)
    expect(performance.now() - start).toBeGreaterThan(1000)
    expect(client.events.filter(({ type }) => type === 'sample').length).toBe(3)
  })

  test('on what a private learner still does for a client that has gone', async () => {
    const served = await serve('--hidden', '64', '--workers', '1')
    for (const protocols of [[], [V1]]) {
      const client = await connect(served.url, protocols)
      const text = 'the quick brown fox jumps over the lazy dog\n'.repeat(4000)
      if (protocols.length === 0) client.socket.send(text)
      else {
        client.text(0, 'hello')
        for (let i = 0; i < 1000; i++) client.socket.send('{"type":"sample","length":10000}')
      }
      client.socket.close()
      await client.closed
    }
    const other = await connect(served.url)
    other.socket.send('hello')
    await other.of('prediction', 5)
    const metrics = await (await fetch(served.at('/metrics').replace('ws:', 'http:'))).text()
    expect(Number(/^rxrnn_samples_total (\d+)/m.exec(metrics)?.[1])).toBeLessThan(100)
  })

  test('on connections counts those that have gone until a shared model has learned their text', async () => {
    const { at } = await serve('--models', temporary(), '--hidden', '128', '--max-per-address', '1')
    // so little that all of it is taken at once
    const client = await connect(at('/v1/learn/shop'))
    client.socket.send('the quick brown fox jumps over the lazy dog\n'.repeat(1400))
    await client.of('prediction')
    client.socket.terminate()
    await client.closed
    expect(await refusal(at('/v1/learn/shop'))).toBe(429)
    const isBack = () =>
      connect(at('/v1/learn/shop')).then(
        () => true,
        () => false,
      )
    await expect.poll(isBack, SOON).toBe(true)
  })

  test('on the vocabulary', async () => {
    const { url } = await serve('--vocabulary-limit', '10')
    const client = await connect(`${url}?events=stats`)
    const text = 'the quick brown fox jumps over the lazy dog'
    client.socket.send(text)
    const timer = setInterval(() => client.socket.send('!'), 100)
    expect(await client.event(({ offset }) => Number(offset) > text.length)).toMatchObject({ type: 'stats', vocabulary: 10 })
    clearInterval(timer)
  })
})

describe('Rate', () => {
  test('lets a quiet client send at once, and makes a loud one wait', () => {
    let now = 0
    const rate = new Rate(1000, () => now)
    expect(rate.take(100)).toBe(100)
    now = 50
    expect(rate.take(100)).toBe(150)
    now = 10_000
    expect(rate.take(1)).toBe(1)
    expect(new Rate(1000, () => now).take(0.5)).toBe(0)
  })
})
