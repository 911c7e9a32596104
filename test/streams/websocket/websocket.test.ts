import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { lastValueFrom, type Subscription } from 'rxjs'
import { type Address, type Connection, type WebSocketServerOptions, webSocketServer } from 'rxrnn/websocket-server'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { PYTHON_WEBSOCKETS, testWithPeer } from '../../peers.ts'

const subscriptions: Subscription[] = []
afterEach(() => {
  for (const subscription of subscriptions.splice(0)) subscription.unsubscribe()
})

/** A server that gives each connection to `serve` */
function listen(serve: (connection: Connection) => void, options: Partial<WebSocketServerOptions> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const listening = ({ host, port }: Address) => resolve(`ws://${host}:${port}/v1/learn`)
    subscriptions.push(webSocketServer({ port: 0, listening, paths: ['/v1/learn'], ...options }).subscribe({ next: serve, error: reject }))
  })
}

/** Answers each piece of text with its length */
function echoLengths(connection: Connection): void {
  subscriptions.push(connection.chunks$.subscribe((chunk) => connection.send({ type: 'length', length: chunk.length })))
}

async function open(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}

async function refusal(url: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = new WebSocket(url, { headers })
  const [error]: unknown[] = await once(socket, 'error')
  return String(error)
}

async function nextEvent(socket: WebSocket): Promise<unknown> {
  const [data]: unknown[] = await once(socket, 'message')
  return JSON.parse(String(data))
}

describe('webSocketServer', () => {
  test('emits text frames as strings and binary frames as bytes, and sends events back', async () => {
    const chunks: unknown[] = []
    const url = await listen((connection) => {
      subscriptions.push(
        connection.chunks$.subscribe((chunk) => {
          chunks.push(typeof chunk === 'string' ? chunk : [...chunk])
          connection.send({ got: chunks.length })
        }),
      )
    })
    const socket = await open(url)
    socket.send('größer')
    expect(await nextEvent(socket)).toEqual({ got: 1 })
    socket.send(Uint8Array.of(195, 188))
    expect(await nextEvent(socket)).toEqual({ got: 2 })
    expect(chunks).toEqual(['größer', [195, 188]])
  })

  test('completes a connection that went away, after everything it had sent', async () => {
    let received = ''
    let completed: () => void
    const done = new Promise<void>((resolve) => (completed = resolve))
    const url = await listen((connection) => {
      connection.chunks$.subscribe({ next: (chunk) => (received += String(chunk)), complete: () => completed() })
    })
    const socket = await open(url)
    for (let i = 0; i < 1000; i++) socket.send(`line ${i}\n`)
    socket.close()
    await done
    expect(received).toBe(Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join(''))
  })

  test('survives a connection that is cut off', async () => {
    let completed: () => void
    const done = new Promise<void>((resolve) => (completed = resolve))
    const url = await listen((connection) => connection.chunks$.subscribe({ complete: () => completed() }))
    const socket = await open(url)
    socket.terminate()
    await done
    const another = await open(url)
    expect(another.readyState).toBe(WebSocket.OPEN)
  })

  test('stops taking text while the consumer is behind', async () => {
    let connection: Connection | undefined
    const url = await listen((opened) => (connection = opened))
    const socket = await open(url)
    const frame = 'x'.repeat(50_000)
    for (let i = 0; i < 400; i++) socket.send(frame)
    // nobody consumes: what does not fit into the queue and the system's buffers stays with the client
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(connection!.queued).toBeLessThan(1_000_000)
    expect(socket.bufferedAmount).toBeGreaterThan(5_000_000)
    let length = 0
    await new Promise<void>((resolve) => {
      connection!.chunks$.subscribe((chunk) => {
        length += chunk.length
        if (length === 400 * frame.length) resolve()
      })
    })
    expect(connection!.queued).toBeLessThanOrEqual(frame.length)
  })

  test('deals with no more text of a client that never reads', async () => {
    let dealtWith = 0
    const url = await listen((connection) => {
      subscriptions.push(
        connection.chunks$.subscribe((chunk) => {
          dealtWith += chunk.length
          connection.send({ filler: 'y'.repeat(20_000) })
        }),
      )
    })
    const socket = await open(url)
    socket.pause()
    for (let i = 0; i < 5000; i++) socket.send('x'.repeat(1000))
    await new Promise((resolve) => setTimeout(resolve, 500))
    const stalled = dealtWith
    expect(stalled).toBeLessThan(5_000_000)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(dealtWith).toBe(stalled)
    socket.terminate()
  })

  test('refuses a foreign origin, lets a listed one and a program in', async () => {
    const url = await listen(echoLengths, { origins: ['https://good.example'] })
    expect(await refusal(url, { origin: 'https://evil.example' })).toContain('403')
    expect(await refusal(url, { origin: 'https://good.example.evil.example' })).toContain('403')
    expect((await open(url, { origin: 'https://good.example' })).readyState).toBe(WebSocket.OPEN)
    expect((await open(url)).readyState).toBe(WebSocket.OPEN)
  })

  test('answers 404 for other paths and plain HTTP, 503 when it is full', async () => {
    const url = await listen(echoLengths, { maxConnections: 1 })
    expect(await refusal(url.replace('learn', 'other'))).toContain('404')
    expect((await fetch(url.replace('ws:', 'http:'))).status).toBe(404)
    await open(url)
    expect(await refusal(url)).toContain('503')
  })

  test('closes only the connection whose frame is too long', async () => {
    const url = await listen(echoLengths, { maxPayload: 1000 })
    const [rude, polite] = [await open(url), await open(url)]
    rude.send('x'.repeat(1001))
    expect((await once(rude, 'close'))[0]).toBe(1009)
    polite.send('x'.repeat(1000))
    expect(await nextEvent(polite)).toMatchObject({ type: 'length' })
  })

  test('survives handshakes and frames that are none', async () => {
    const url = new URL(await listen(echoLengths))
    const bystander = await open(url.href)
    const handshake = `GET /v1/learn HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`
    for (const garbage of [
      '\0\0\0\0',
      'GET / HTTP/9.9\r\n\r\n',
      `${handshake}\xff\xff\xff\xff`,
      `${handshake}\x81\x05hello`,
      handshake.replace('13', '1'),
    ]) {
      const stream = connectTcp(Number(url.port), url.hostname)
      stream.on('error', () => {})
      stream.write(garbage, 'latin1')
      stream.resume()
      await once(stream, 'close')
    }
    bystander.send('still here')
    expect(await nextEvent(bystander)).toEqual({ type: 'length', length: 10 })
  })

  test('says that a port is taken, and what to do', async () => {
    const { port, hostname } = new URL(await listen(echoLengths))
    await expect(lastValueFrom(webSocketServer({ host: hostname, port: Number(port) }))).rejects.toThrow(
      `cannot listen on ${hostname}:${port}: another program listens there already; choose another port`,
    )
  })

  test('closes its connections and its port when unsubscribed', async () => {
    const url = await listen(echoLengths)
    const socket = await open(url)
    for (const subscription of subscriptions.splice(0)) subscription.unsubscribe()
    expect((await once(socket, 'close'))[0]).toBe(1001)
    expect(await refusal(url)).toContain('ECONNREFUSED')
  })

  test('serves many connections at once, each with its own text', async () => {
    const url = await listen(echoLengths)
    const lengths = Array.from({ length: 20 }, (_, i) => i + 1)
    const answers = lengths.map(async (length) => {
      const socket = await open(url)
      socket.send('x'.repeat(length))
      return nextEvent(socket)
    })
    expect(await Promise.all(answers)).toEqual(lengths.map((length) => ({ type: 'length', length })))
  })

  testWithPeer(...PYTHON_WEBSOCKETS, 'talks with a client in another language', async () => {
    const url = await listen(echoLengths)
    const script = `
import asyncio, websockets
async def main():
    async with websockets.connect(${JSON.stringify(url)}) as socket:
        await socket.send("héllo")
        print(await socket.recv())
        await socket.send(b"\\x00\\xff")
        print(await socket.recv())
asyncio.run(main())`
    const child = spawn('/usr/bin/python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await once(child, 'close')
    expect(output).toBe('{"type":"length","length":5}\n{"type":"length","length":2}\n')
  })
})
