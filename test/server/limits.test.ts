import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Rate } from '../../src/server/rate.ts'
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

  test('on the time without a message, but not for one that sends', async () => {
    const { url } = await serve('--idle-timeout', '0.6')
    const [idle, busy] = [await connect(url), await connect(url)]
    const timer = setInterval(() => busy.socket.send('x'), 100)
    expect(await idle.closed).toEqual({ code: 1008, reason: 'nothing was sent for 0.6 seconds' })
    expect(busy.socket.readyState).toBe(busy.socket.OPEN)
    clearInterval(timer)
    expect((await busy.closed).code).toBe(1008)
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

  test('on producers of a model that are connected', async () => {
    const { at } = await serve('--models', temporary(), '--max-producers', '1')
    const one = await connect(at('/v1/learn/shop?producer=one'), [V1])
    await one.of('hello')
    const two = await connect(at('/v1/learn/shop?producer=two'), [V1])
    expect(await two.of('error')).toMatchObject({ code: 'too-many-producers' })
    expect((await two.closed).code).toBe(1013)
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
