import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { fc, test as property } from '@fast-check/vitest'
import { Subject, type Subscription } from 'rxjs'
import { type Address, type Connection, type WebSocketServerOptions, webSocketServer } from 'rxrnn/websocket-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { networkOf } from '../../../streams/websocket/client-address.ts'
import { OPENSSL, testWithPeer } from '../../peers.ts'
import { answer, frame, handshake, raw } from '../../server/raw.ts'
import { SOON } from '../../server/server.ts'

interface Listening {
  readonly url: string
  readonly connections: Connection[]
  /** Errors when the server does */
  readonly failed: Promise<never>
}

async function listen(options: Partial<WebSocketServerOptions> = {}): Promise<Listening> {
  const connections: Connection[] = []
  const errors = new Subject<never>()
  const failed = new Promise<never>((_, reject) => errors.subscribe({ error: reject }))
  failed.catch(() => {})
  const url = await new Promise<string>((resolve) => {
    const subscription = webSocketServer({
      port: 0,
      ...options,
      listening: ({ host, port }) => resolve(`ws://${host}:${port}`),
    }).subscribe({
      next: (connection) => {
        connections.push(connection)
        connection.chunks$.subscribe((chunk) => connection.send({ length: chunk.length }))
      },
      error: (error) => errors.error(error),
    })
    onTestFinished(() => subscription.unsubscribe())
  })
  return { url, connections, failed }
}

async function isServed(url: string, localAddress: string): Promise<boolean> {
  const socket = new WebSocket(url, { localAddress, rejectUnauthorized: false })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send('hello')
  const [data]: unknown[] = await once(socket, 'message')
  return String(data) === '{"length":5}'
}

describe('webSocketServer in the open', () => {
  test('hangs up on a handshake that it refuses, whatever follows it', async () => {
    const { url } = await listen({ paths: ['/here'] })
    for (const [bytes, status] of [
      [handshake('/elsewhere'), 404],
      [handshake('/here').replace('13', '1'), 400],
      [handshake('/here', '', 'POST'), 405],
      [handshake('/here').replace('dGhl', ''), 400],
    ] as const) {
      const { closed, received, socket } = raw(url, bytes)
      await once(socket, 'data')
      socket.write('x')
      await closed
      expect(received()).toContain(` ${status} `)
    }
  })

  test('ends though sockets were refused that never close', async () => {
    let ended: () => void = () => {}
    const ends = new Promise<void>((resolve) => (ended = resolve))
    let subscription: Subscription | undefined
    const url = await new Promise<string>((resolve) => {
      const listening = ({ host, port }: Address) => resolve(`ws://${host}:${port}`)
      subscription = webSocketServer({ port: 0, paths: [], listening, closed: () => ended() }).subscribe()
    })
    const { socket } = raw(url, handshake('/'))
    socket.pause()
    await once(socket, 'connect')
    subscription!.unsubscribe()
    await ends
  })

  const TARGETS = [
    '//',
    '///',
    'http://',
    '//[',
    'ws://x:99999/',
    'http://[',
    '/?',
    '/?%',
    '?',
    '/%',
    '/%00',
    '*',
    '/\xff',
    '//@:/',
    'http:///',
    '\\\\',
  ]

  test('is not ended by any target of a request', async () => {
    const { url, failed } = await listen()
    const answers = Promise.all(TARGETS.map((target) => answer(url, handshake(target))))
    for (const line of await Promise.race([answers, failed])) expect(line).toMatch(/^HTTP\/1\.1 (101|400)/)
    expect(await isServed(url, '127.0.0.2')).toBe(true)
  })

  const token = fc.string({ unit: 'binary-ascii', maxLength: 30 })
  const header = fc.tuple(
    fc.constantFrom(
      'Host',
      'Origin',
      'Upgrade',
      'Connection',
      'Sec-WebSocket-Key',
      'Sec-WebSocket-Protocol',
      'X-Forwarded-For',
      'Expect',
      'Content-Length',
    ),
    fc.oneof(token, fc.constantFrom('websocket', 'h2c', '100-continue', '127.0.0.1, ::1', ',,', '[', 'chunked')),
  )
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'CONNECT', 'OPTIONS', 'PRI', 'M-SEARCH'),
    target: fc.oneof(token, fc.constantFrom(...TARGETS), fc.webUrl()),
    headers: fc.array(header, { maxLength: 6 }),
    upgrades: fc.boolean(),
  })

  property.prop([fc.array(request, { minLength: 20, maxLength: 20 })], { numRuns: 20 })('is not ended by any request', async (requests) => {
    const { url, failed } = await listen({ trustProxy: ['127.0.0.0/8'] })
    const strikes = requests.map(async ({ method, target, headers, upgrades }) => {
      const more = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const { socket, closed } = raw(url, upgrades ? handshake(target, more, method) : `${method} ${target} HTTP/1.1\r\n${more}\r\n`)
      socket.end()
      await closed
    })
    await Promise.race([Promise.all(strikes), failed])
    expect(await isServed(url, '127.0.0.2')).toBe(true)
  })

  test('serves other addresses while one takes all the sockets that it can have', async () => {
    const { url } = await listen({ maxPerAddress: 64, maxConnections: 256, paths: ['/'] })
    for (const bytes of ['', 'GET / HTTP/1.1\r\nHo', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50), handshake('/nowhere'), handshake('/')]) {
      const crowd = Array.from({ length: 300 }, () => raw(url, bytes, '127.0.0.9'))
      await Promise.all(crowd.map(({ socket, closed }) => Promise.race([once(socket, 'connect').catch(() => {}), closed])))
      expect(await isServed(url, '127.0.0.2')).toBe(true)
      expect((await fetch(url.replace('ws:', 'http:'))).status).toBe(404)
      for (const { socket } of crowd) socket.destroy()
    }
  })

  test('gives a newcomer the place of the oldest socket of the address that has the most', async () => {
    const dropped: string[] = []
    const { url } = await listen({ maxPerAddress: 256, maxConnections: 256, dropped: (address) => dropped.push(address) })
    const one = raw(url, '', '127.0.0.2')
    const crowd = Array.from({ length: 200 }, () => raw(url, '', '127.0.0.9'))
    const others = Array.from({ length: 100 }, (_, i) => raw(url, '', `127.0.1.${i % 50}`))
    await expect.poll(() => dropped.length, SOON).toBe(45)
    expect(new Set(dropped)).toEqual(new Set(['127.0.0.9']))
    await Promise.all(crowd.slice(0, 45).map(({ closed }) => closed))
    expect([one, ...others].some(({ socket }) => socket.destroyed)).toBe(false)
  })

  test('does not wait for a client that does not read its answer', async () => {
    let gone: () => void = () => {}
    const hungUp = new Promise<void>((resolve) => (gone = resolve))
    const { url } = await listen({
      responseTimeout: 200,
      onRequest: (_, response) => response.on('close', gone).end('x'.repeat(20_000_000)),
    })
    const { socket } = raw(url, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    socket.pause()
    await hungUp
  })

  testWithPeer(...OPENSSL, 'serves other addresses over TLS, too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxrnn-hostile-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1', '-subj', '/CN=localhost'])
    const { url } = await listen({
      maxPerAddress: 64,
      tls: { cert: readFileSync(cert), key: readFileSync(key) },
      paths: ['/'],
      handshakeTimeout: 500,
    })
    const silent = Array.from({ length: 300 }, () => raw(url, '', '127.0.0.9'))
    await Promise.all(silent.map(({ socket, closed }) => Promise.race([once(socket, 'connect').catch(() => {}), closed])))
    expect(await isServed(url.replace('ws:', 'wss:'), '127.0.0.2')).toBe(true)
    await Promise.all(silent.map(({ closed }) => closed))
    const refused = connectTls({ port: Number(new URL(url).port), rejectUnauthorized: false })
    await once(refused, 'secureConnect')
    refused.write(handshake('/elsewhere'))
    refused.resume()
    await once(refused, 'end')
    await once(refused, 'close')
  })

  test('answers in HTTP/1.1 when asked for a protocol that it does not speak', async () => {
    const { url } = await listen({ onRequest: (request, response) => response.end(`it is ${request.url}`) })
    const { received, closed } = raw(
      url,
      'GET /page HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    )
    await closed
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*it is \/page/)
  })

  test('limits the fragments of a message', async () => {
    const { url } = await listen()
    const { socket, received, closed } = raw(url, handshake('/'))
    await once(socket, 'data')
    socket.write(frame(1, 'a', false))
    for (let i = 0; i < 200; i++) socket.write(frame(0, 'a', false))
    await closed
    // a close frame: 1008
    expect(Buffer.from(received(), 'latin1').includes(Buffer.from([0x03, 0xf0]))).toBe(true)
  })

  test('limits the pings of a second', async () => {
    const { url } = await listen()
    const { socket, received, closed } = raw(url, handshake('/'))
    await once(socket, 'data')
    socket.write(Buffer.concat(Array.from({ length: 200 }, () => frame(9, 'x'))))
    await closed
    expect(received()).toContain('more than 50 pings in a second')
  })

  test('names the client by what a trusted proxy says, and by nothing else', async () => {
    const trusting = await listen({ trustProxy: ['127.0.0.0/30', '10.0.0.0/8'], maxPerAddress: 1 })
    const strict = await listen({ trustProxy: ['10.0.0.0/8'] })
    const from = async ({ url, connections }: Listening, forwarded: string, localAddress: string = '127.0.0.1') => {
      const socket = new WebSocket(url, { headers: { 'x-forwarded-for': forwarded }, localAddress })
      onTestFinished(() => socket.terminate())
      await once(socket, 'open')
      return connections.at(-1)!.remoteAddress
    }
    expect(await from(trusting, '192.0.2.1')).toBe('192.0.2.1')
    expect(await from(trusting, '6.6.6.6, 192.0.2.2, 10.1.1.1')).toBe('192.0.2.2')
    expect(await from(trusting, '192.0.2.3, nonsense')).toBe('127.0.0.1')
    expect(await from(trusting, '192.0.2.4', '127.0.0.9')).toBe('127.0.0.9')
    expect(await from(strict, '192.0.2.1')).toBe('127.0.0.1')
    expect(await from(trusting, '2001:db8::1')).toBe('2001:db8::1')
    // the /64 has its connection
    await expect(from(trusting, '2001:db8:0:0:1::2')).rejects.toThrow('429')
    expect(await from(trusting, '2001:db8:0:1::2')).toBe('2001:db8:0:1::2')
    for (const range of ['10.0.0.0/33', 'example.com', '10.0.0', '::/129', ''])
      expect(() => webSocketServer({ port: 0, trustProxy: [range] })).toThrow(RangeError)
  })

  const groups = fc.array(fc.nat(65535), { minLength: 8, maxLength: 8 })
  property.prop([groups, groups])('takes the first 64 bits of IPv6 for the address', (one, other) => {
    const written = (parts: readonly number[]) => parts.map((part) => part.toString(16)).join(':')
    const compressed = (parts: readonly number[]) => new URL(`http://[${written(parts)}]`).hostname.slice(1, -1)
    const sibling = [...one.slice(0, 4), ...other.slice(4)]
    const isMapped = (parts: readonly number[]) => parts.slice(0, 5).every((part) => part === 0)
    fc.pre(!isMapped(one) && !isMapped(sibling))
    expect(networkOf(compressed(one))).toBe(networkOf(written(sibling)))
    expect(networkOf(compressed(one)) === networkOf(compressed(other))).toBe(one.slice(0, 4).join() === other.slice(0, 4).join())
  })

  test('takes an IPv4 address for itself, however it is written', () => {
    expect([networkOf('192.0.2.1'), networkOf('::ffff:192.0.2.1'), networkOf('::1'), networkOf('fe80::1%eth0')]).toEqual([
      '192.0.2.1',
      '192.0.2.1',
      '0:0:0:0::/64',
      'fe80:0:0:0::/64',
    ])
  })
})

describe('the idle time-out', () => {
  test('spares a client that says nothing but is alive', async () => {
    const { url } = await listen({ idleTimeout: 300, heartbeat: 50 })
    const quiet = new WebSocket(url)
    await once(quiet, 'open')
    for (let pings = 0; pings < 12; pings++) await once(quiet, 'ping')
    expect(quiet.readyState).toBe(WebSocket.OPEN)
    quiet.terminate()
  })

  test('hits a client that sends, and never reads what waits for it', async () => {
    const { url, connections } = await listen({ idleTimeout: 300, heartbeat: 50 })
    const { socket, closed } = raw(url, handshake('/'))
    await once(socket, 'data')
    socket.pause()
    const flood = setInterval(() => {
      if (socket.writableLength < 1_000_000) for (let i = 0; i < 100; i++) socket.write(frame(1, 'x'))
      connections[0]!.send({ filler: 'y'.repeat(100_000) })
    }, 5)
    onTestFinished(() => clearInterval(flood))
    await closed
  })
})
