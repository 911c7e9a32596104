import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createModel, Learner } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { PYTHON_WEBSOCKETS, testWithPeer } from '../peers.ts'
import { startRxrnn } from '../cli/run.ts'
import { connect, OPTIONS, serve } from './server.ts'

describe('rxrnn serve', () => {
  test('answers text with lines and predictions, as the library would', async () => {
    const { url } = await serve()
    const { socket, of } = await connect(url)
    socket.send('hello\nwor')
    const line = await of('line')
    const prediction = await of('prediction', 9)
    const learner = new Learner(createModel(OPTIONS))
    const losses = learner.learn('hello\nwor')
    expect(line).toMatchObject({ v: 1, offset: 6, text: 'hello', alert: false })
    expect(line['bits']).toBeCloseTo(losses.subarray(0, 6).reduce((sum, nats) => sum + nats, 0) / Math.LN2, 9)
    expect(prediction['next']).toEqual(
      learner
        .predict()
        .top(5)
        .map(([character, probability]) => [String.fromCodePoint(character), probability]),
    )
  })

  test('puts characters together that frames have cut', async () => {
    const { url } = await serve()
    const { socket, of } = await connect(`${url}?events=line`)
    const bytes = Buffer.from('grüße 😀\n')
    for (const byte of bytes) socket.send(Uint8Array.of(byte))
    expect(await of('line')).toMatchObject({ text: 'grüße 😀', offset: 8 })
  })

  test('predicts after each burst where no lines are asked for, also after one that may be the start of a clock', async () => {
    const { url } = await serve()
    const { socket, of } = await connect(`${url}?events=prediction`)
    socket.send('1')
    await of('prediction', 1)
    socket.send('2:00')
    await of('prediction', 5)
  })

  test('gives each connection a learner of its own', async () => {
    const { url } = await serve()
    const [one, two] = [await connect(`${url}?events=prediction`), await connect(`${url}?events=prediction`)]
    one.socket.send('aaaaaaaaaaaaaaaa')
    await one.of('prediction', 16)
    two.socket.send('b')
    expect(JSON.stringify(await two.of('prediction', 1))).not.toContain('"a"')
  })

  test('uses several threads', async () => {
    const { url } = await serve('--workers', '2')
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect(url)))
    for (const { socket } of clients) socket.send('abc')
    await Promise.all(clients.map(({ of }) => of('prediction', 3)))
  })

  test('refuses events that there are not', async () => {
    const { url } = await serve()
    const { closed } = await connect(`${url}?events=gossip`)
    expect(await closed).toEqual({ code: 1008, reason: expect.stringContaining('line,prediction,stats') })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('closes its connections after %s and exits with %i', async (signal, code) => {
    const { server, url } = await serve()
    const { closed } = await connect(url)
    server.kill(signal)
    const [{ code: closeCode }, [exitCode]] = await Promise.all([closed, once(server, 'exit')])
    expect([closeCode, exitCode]).toEqual([1001, code])
  })

  test('says that a port is taken', async () => {
    const { url } = await serve()
    const second = startRxrnn(['serve', '--port', new URL(url).port])
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
