import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BASH, testWithPeer } from '../peers.ts'
import { runHere } from './program.ts'
import { eventsOf, rxrnn, startRxrnn } from './run.ts'

const routine = Array.from({ length: 400 }, (_, i) => `GET /item/${i % 7} 200 ${i % 10}ms\n`).join('')
const small = ['--hidden', '16']

describe('rxrnn watch', () => {
  test('passes text through to the byte, whatever it holds', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)
    const { code, stdoutBytes, stderr } = await runHere(small, bytes)
    expect(stdoutBytes.equals(bytes)).toBe(true)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('prints one event per line with --json', async () => {
    const { code, stdout } = await runHere([...small, '--json'], 'ab\ncd\r\ne')
    const events = eventsOf(stdout)
    expect(code).toBe(0)
    expect(events.map(({ v, type, offset, text, line, percentile, alert }) => ({ v, type, offset, text, line, percentile, alert }))).toEqual([
      { v: 1, type: 'line', offset: 3, text: 'ab', line: 1, percentile: null, alert: false },
      { v: 1, type: 'line', offset: 7, text: 'cd', line: 2, percentile: null, alert: false },
      { v: 1, type: 'line', offset: 8, text: 'e', line: 3, percentile: null, alert: false },
    ])
    for (const event of events) expect(event['bits']).toBeGreaterThan(0)
  })

  test('prints predictions and stats when --events asks for them', async () => {
    const { stdout } = await runHere([...small, '--json', '--events', 'prediction,stats'], 'abababababab')
    const events = eventsOf(stdout)
    const types = new Set(events.map(({ type }) => type))
    expect(types).toEqual(new Set(['prediction', 'stats']))
    expect(events.findLast(({ type }) => type === 'stats')).toMatchObject({ characters: 12, offset: 12, vocabulary: 3, updates: 1 })
    expect(events.findLast(({ type }) => type === 'prediction')).toMatchObject({ offset: 12 })
  })

  test('flags the line that is unlike the others', async () => {
    const { code, stdout } = await runHere([...small, '--only-alerts', '--fail-on-alert'], `${routine}FATAL out of memory!\n${routine}`)
    expect(stdout.split('\n')).toContain('FATAL out of memory!')
    expect(code).toBe(3)
  })

  test('colours by surprise with --color always and never without a terminal', async () => {
    const coloured = await runHere([...small, '--color', 'always'], 'surprise\n')
    expect(coloured.stdout).toContain('\x1b[48;5;')
    // eslint-disable-next-line no-control-regex
    expect(coloured.stdout.replace(/\x1b\[[\d;]*m/g, '')).toBe('  surprise\n')
    expect((await runHere(small, 'surprise\n')).stdout).toBe('surprise\n')
    expect((await runHere(small, 'surprise\n', { FORCE_COLOR: '1' })).stdout).toContain('\x1b[48;5;')
    expect((await runHere(small, 'surprise\n', { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout).toBe('surprise\n')
  })

  test('shows control characters as pictures, so that text cannot command the terminal', async () => {
    const { stdout } = await runHere([...small, '--color', 'always'], '\x1b]0;evil\x07 \x07 \u202e\n')
    expect(stdout).toContain('␇')
    expect(stdout).not.toContain('evil')
    expect(stdout).not.toContain('\u202e')
  })

  test('reads files one after the other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
    writeFileSync(join(folder, 'a'), 'first\n')
    writeFileSync(join(folder, 'b'), 'second\n')
    const { stdout } = await runHere([...small, join(folder, 'a'), join(folder, 'b')])
    expect(stdout).toBe('first\nsecond\n')
  })

  testWithPeer(...BASH, 'ends quietly when its reader goes away', async () => {
    const main = fileURLToPath(import.meta.resolve('rxrnn/cli'))
    const script = `yes "a line of text" | head -200000 | "${process.execPath}" "${main}" --hidden 4 2>&1 >&3 | cat >&2`
    const { stdout, stderr } = spawnSync('bash', ['-c', `{ ${script}; } 3>&1 | head -1`], { encoding: 'utf8' })
    expect(stdout).toBe('a line of text\n')
    expect(stderr).toBe('')
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('exits after %s with %i', async (signal, code) => {
    const child = startRxrnn([...small, '--summary'])
    child.stdin?.write('hello\n')
    await once(child.stdout!, 'data')
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([code, null])
  })

  test('passes each line on as it comes, while the input stays open', async () => {
    const child = startRxrnn(small)
    child.stdin?.write('one\n')
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('one\n')
    child.stdin?.write('two\n')
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('two\n')
    child.stdin?.end()
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test.each([
    ['bytes that are not UTF-8', Uint8Array.of(0x61, 0xff, 0xc3, 0x0a), 'a\ufffd\ufffd', 4],
    ['a lone surrogate, which UTF-8 has not', Uint8Array.of(0xed, 0xa0, 0x80, 0x0a), '\ufffd\ufffd\ufffd', 4],
    ['a sequence that the end cuts', Uint8Array.of(0x61, 0xf0, 0x9f), 'a\ufffd', 2],
    ['NUL', '\0\0\n', '\0\0', 3],
  ])('reads %s', async (_, input, text, offset) => {
    const { code, stdout, stderr } = await runHere([...small, '--json'], input)
    const events = eventsOf(stdout)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(events).toEqual([expect.objectContaining({ type: 'line', text, offset })])
    expect(Number.isFinite(events[0]?.['bits'])).toBe(true)
  })

  describe('of a line of 5 MB without an end', () => {
    const line = 'abcdefgh'.repeat(625_000)
    // a line that was kept would not fit: its bits alone are 40 MB
    const littleMemory = { NODE_OPTIONS: '--max-old-space-size=40' }
    const fast = ['--hidden', '1', '--ngram', '0', '--every', '1000']

    test('passes every character through in 40 MB of heap', async () => {
      const { code, stdout, stderr } = await rxrnn(fast, line, littleMemory)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout === line).toBe(true)
    })

    test('says what all of it cost in 40 MB of heap, and keeps its start', async () => {
      const { code, stdout, stderr } = await rxrnn([...fast, '--json'], line, littleMemory)
      const [event, ...more] = eventsOf(stdout)
      expect({ code, stderr, more }).toEqual({ code: 0, stderr: '', more: [] })
      expect(event).toMatchObject({ offset: 5_000_000, text: line.slice(0, 65536) })
      expect(event?.['bitsPerCharacter']).toBeGreaterThan(0)
    })
  })

  test('says that an empty input was empty', async () => {
    const { code, stdout, stderr } = await runHere([...small, '--summary'])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: 'nothing to read: the input was empty\n' })
  })

  test('reads one character only', async () => {
    const { code, stdout } = await runHere([...small, '--json'], 'x')
    expect(code).toBe(0)
    expect(eventsOf(stdout)).toHaveLength(1)
    // novel alone is possible at first, so the character costs its code point: log2 1114112
    expect(eventsOf(stdout)[0]?.['bits']).toBeCloseTo(Math.log2(1114112), 9)
  })
})
