import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createModel, Learner } from 'rxrnn'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { PYTHON_WEBSOCKETS, testWithPeer } from '../peers.ts'
import { startRxrnn } from './run.ts'

const servers: ChildProcess[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.kill('SIGKILL')
})

async function serve(...args: readonly string[]): Promise<{ server: ChildProcess; url: string }> {
  const server = startRxrnn(['serve', '--port', '0', '--hidden', '8', ...args])
  servers.push(server)
  const [line]: unknown[] = await once(server.stderr!, 'data')
  const url = /ws:\/\/\S+/.exec(String(line))?.[0]
  expect(url, String(line)).toBeDefined()
  return { server, url: url! }
}

type Event = Record<string, unknown>

async function open(url: string): Promise<{ socket: WebSocket; event: (wanted: (event: Event) => boolean) => Promise<Event> }> {
  const socket = new WebSocket(url)
  const events: Event[] = []
  socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString())))
  await once(socket, 'open')
  const event = async (wanted: (event: Event) => boolean): Promise<Event> => {
    for (;;) {
      const found = events.find(wanted)
      if (found !== undefined) return found
      await once(socket, 'message')
    }
  }
  return { socket, event }
}

describe('rxrnn serve', () => {
  test('answers text with lines and predictions, as the library would', async () => {
    const { url } = await serve()
    const { socket, event } = await open(url)
    socket.send('hello\nwor')
    const line = await event(({ type }) => type === 'line')
    const prediction = await event(({ type, offset }) => type === 'prediction' && offset === 9)
    const learner = new Learner(createModel({ hidden: 8 }))
    const losses = learner.learn('hello\nwor')
    expect(line).toMatchObject({ v: 1, offset: 6, text: 'hello', alert: false })
    expect(line['bits']).toBeCloseTo(losses.subarray(0, 6).reduce((sum, nats) => sum + nats, 0) / Math.LN2, 9)
    expect(prediction['next']).toEqual(
      learner
        .predict()
        .top(5)
        .map(([character, probability]) => [String.fromCodePoint(character), probability]),
    )
    socket.close()
  })

  test('gives each connection a learner of its own', async () => {
    const { url } = await serve()
    const [one, two] = [await open(`${url}?events=prediction`), await open(`${url}?events=prediction`)]
    one.socket.send('aaaaaaaaaaaaaaaa')
    await one.event(({ offset }) => offset === 16)
    two.socket.send('b')
    expect(JSON.stringify(await two.event(({ offset }) => offset === 1))).not.toContain('"a"')
  })

  test('refuses events that there are not', async () => {
    const { url } = await serve()
    const socket = new WebSocket(`${url}?events=gossip`)
    const [code, reason]: unknown[] = await once(socket, 'close')
    expect(code).toBe(1008)
    expect(String(reason)).toContain('line,prediction,stats')
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('closes its connections after %s and exits with %i', async (signal, code) => {
    const { server, url } = await serve()
    const { socket } = await open(url)
    server.kill(signal)
    const [[closeCode], [exitCode]] = await Promise.all([once(socket, 'close'), once(server, 'exit')])
    expect([closeCode, exitCode]).toEqual([1001, code])
  })

  test('says that a port is taken', async () => {
    const { url } = await serve()
    const second = startRxrnn(['serve', '--port', new URL(url).port])
    servers.push(second)
    const [message]: unknown[] = await once(second.stderr!, 'data')
    expect(String(message)).toContain('another program listens there already')
    expect(await once(second, 'exit')).toEqual([1, null])
  })

  testWithPeer(...PYTHON_WEBSOCKETS, 'talks with a client in another language', async () => {
    const { url } = await serve()
    const script = `
import asyncio, json, websockets
async def main():
    async with websockets.connect(${JSON.stringify(url)}) as socket:
        await socket.send("grüße\\n".encode()[:3])
        await socket.send("grüße\\n".encode()[3:])
        while True:
            event = json.loads(await socket.recv())
            if event["type"] == "line":
                return print(event["text"], event["offset"])
asyncio.run(main())`
    const child = spawn('/usr/bin/python3', ['-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONIOENCODING: 'utf8' },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await once(child, 'close')
    expect(output).toBe('grüße 6\n')
  })
})
