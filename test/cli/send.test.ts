import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runHere } from './program.ts'
import { eventsOf, rxrnn, startRxrnn } from './run.ts'
import { serve, temporary } from '../server/server.ts'

describe('rxrnn send', () => {
  test('pipes text to a server and prints its lines', async () => {
    const { url } = await serve()
    const { code, stdout, stderr } = await rxrnn(['send', url], 'hello\ngröße\n')
    expect(eventsOf(stdout).map(({ text }) => text)).toEqual(['hello', 'größe'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('sends files, with a token, and with --resume each character once', async () => {
    const folder = temporary()
    const token = join(folder, 'token')
    const log = join(folder, 'app.log')
    writeFileSync(token, 'correct-horse-battery\n')
    const { at } = await serve('--models', join(folder, 'models'), '--token-file', token, '--checkpoint-every', '0.05')
    const printed: unknown[] = []
    for (const text of ['one\ntwo\n', 'one\ntwo\nthree\n']) {
      writeFileSync(log, text)
      const { code, stdout } = await rxrnn(['send', '--resume', '--producer', 'app', '--token-file', token, at('/v1/learn/shop'), log])
      expect(code).toBe(0)
      printed.push(...eventsOf(stdout).map((event) => event['text']))
    }
    expect(printed).toEqual(['one', 'two', 'three'])
    expect((await rxrnn(['send', at('/v1/learn/shop'), log])).stderr).toContain('does it let this client in')
  })

  test('connects again when the server comes back', async () => {
    const folder = temporary()
    const args = ['--models', join(folder, 'models'), '--checkpoint-every', '0.05']
    const first = await serve(...args)
    const child = startRxrnn(['send', first.at('/v1/learn/shop')])
    let output = ''
    let notes = ''
    child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr!.on('data', (chunk: Buffer) => (notes += chunk.toString()))
    child.stdin!.write('before\n')
    while (!output.includes('before')) await once(child.stdout!, 'data')
    first.server.kill('SIGKILL')
    await once(first.server, 'exit')
    child.stdin!.write('while away\n')
    await serve(...args, '--port', new URL(first.url).port)
    child.stdin!.end('after\n')
    expect(await once(child, 'close')).toEqual([0, null])
    const texts = eventsOf(output).map(({ text }) => text)
    // what was printed before the kill and not safe is learned, and printed, again
    expect(texts.slice(-2)).toEqual(['while away', 'after'])
    expect(notes).toContain('connects again in')
  })

  test.each([
    [['http://127.0.0.1:1/'], ['URL', 'ws://']],
    [
      ['ws://127.0.0.1:1/', '--buffer', '0'],
      ['--buffer', 'from 1'],
    ],
    [
      ['ws://127.0.0.1:1/', '--events', 'gossip'],
      ['--events', 'line,prediction,stats'],
    ],
  ])('refuses %j in words', async (args, words) => {
    const { code, stderr } = await runHere(['send', ...args])
    for (const word of words) expect(stderr).toContain(word)
    expect(code).toBe(2)
  })

  test('says so when there is no server', async () => {
    const { code, stderr } = await rxrnn(['send', 'ws://127.0.0.1:1/v1/learn'], 'text')
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is the server running') })
  })
})
