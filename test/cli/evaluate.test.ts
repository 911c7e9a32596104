import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createModel, digest, Learner } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { runHere } from './program.ts'
import { eventsOf } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
const small = ['--hidden', '8', '--quiet', '--json']

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const text = Array.from({ length: 300 }, (_, i) => `line ${i} größer\n`).join('')

describe('rxrnn evaluate', () => {
  test('gives the figures that the library gives', async () => {
    const path = fileOf('text', text)
    const { code, stdout, stderr } = await runHere(['evaluate', path, ...small])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const model = createModel({ hidden: 8 })
    const learner = new Learner(model)
    const nats = learner.learn(text).reduce((sum, loss) => sum + loss, 0)
    learner.end()
    const [result] = eventsOf(stdout)
    expect(result).toMatchObject({
      file: path,
      characters: text.length,
      bytes: Buffer.byteLength(text),
      updates: Math.ceil((text.length - 1) / 25),
      vocabulary: new Set(text).size + 1,
      digest: digest(model),
    })
    expect(result?.['bitsPerCharacter']).toBeCloseTo(nats / Math.LN2 / text.length, 9)
    expect(result?.['bitsPerByte']).toBeCloseTo(nats / Math.LN2 / Buffer.byteLength(text), 9)
  })

  test('gives the same digest however the input is cut, and for a file as for standard input', async () => {
    const path = fileOf('text', text)
    const digests = await Promise.all([runHere(['evaluate', path, ...small]), runHere(['evaluate', '-', ...small], text)])
    expect(new Set(digests.map(({ stdout }) => eventsOf(stdout)[0]?.['digest'])).size).toBe(1)
  })

  test('prints rows at 1, 2, 4 ... thousand characters, and what gzip gives to compare with', async () => {
    const { stdout, stderr } = await runHere(['evaluate', fileOf('aabb', 'aabb'.repeat(1250)), '--hidden', '4'])
    const rows = stderr.trimEnd().split('\n')
    expect(rows.slice(2).map((row) => row.trim().split(/\s+/)[0])).toEqual(['1,000', '2,000', '4,000', '5,000'])
    expect(stdout).toMatch(/^bits per character +\d\.\d{4}$/m)
    expect(stdout).toMatch(/^gzip -9 +0\.\d{4} bits per character$/m)
  })

  test('says what gzip gives on the same text', async () => {
    const content = 'abracadabra '.repeat(200)
    const { stdout } = await runHere(['evaluate', fileOf('abra', content), ...small])
    const [result] = eventsOf(stdout)
    expect(result?.['gzipBitsPerCharacter']).toBeCloseTo((8 * gzipSync(content, { level: 9 }).length) / content.length, 9)
  })

  test.each([
    ['nothing', '', 0],
    ['one character', 'x', 1],
    ['invalid UTF-8', Uint8Array.of(0xfe, 0xfe, 0x61, 0xc3), 4],
    ['NUL', '\0\0\0', 3],
    ['an astral character', '😀', 1],
    ['a lone surrogate in UTF-8, which is none', Uint8Array.of(0xed, 0xa0, 0x80), 3],
  ])('reads %s', async (name, content, characters) => {
    const { code, stdout, stderr } = await runHere(['evaluate', fileOf(name, content), ...small])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [result] = eventsOf(stdout)
    expect(result).toMatchObject({ characters })
    expect(Number.isFinite(result?.['bitsPerCharacter'])).toBe(true)
  })

  test('reads any bytes with --alphabet bytes', async () => {
    const bytes = Uint8Array.from({ length: 600 }, (_, i) => (i * 37) % 256)
    const { stdout } = await runHere(['evaluate', fileOf('bytes', bytes), ...small, '--alphabet', 'bytes'])
    expect(eventsOf(stdout)[0]).toMatchObject({ characters: 600, bytes: 600, vocabulary: 256 })
  })

  test('reads a line of 1 MB without an end', async () => {
    const { code, stdout } = await runHere([
      'evaluate',
      fileOf('long', 'abcdefgh'.repeat(125_000)),
      '--hidden',
      '1',
      '--ngram',
      '0',
      '--quiet',
      '--json',
    ])
    expect(code).toBe(0)
    expect(eventsOf(stdout)[0]).toMatchObject({ characters: 1_000_000 })
  }, 240_000)

  test('ends with 130 and no result when it is interrupted', async () => {
    const { startRxrnn } = await import('./run.ts')
    const child = startRxrnn(['evaluate', '-', '--hidden', '4', '--json'])
    child.stdin?.write('x'.repeat(1500))
    let stdout = ''
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('1,000')) resolve()
      })
    })
    child.kill('SIGINT')
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  })
})

describe('rxrnn sample', () => {
  test('writes as many characters as were asked for, the same for the same seed', async () => {
    const args = ['sample', '--hidden', '8', '--quiet', '--length', '80']
    const [one, two, other] = await Promise.all([runHere(args, text), runHere(args, text), runHere([...args, '--seed', '2'], text)])
    expect(Array.from(one.stdout)).toHaveLength(81)
    expect(two.stdout).toBe(one.stdout)
    expect(other.stdout).not.toBe(one.stdout)
  })

  test('has learned from its input', async () => {
    const { stdout } = await runHere(['sample', '--hidden', '16', '--quiet', '--length', '60', '--temperature', '0.1'], 'ab'.repeat(3000))
    expect(stdout).toMatch(/(ab){25}/)
  })

  test('refuses an empty input, for there is nothing to learn from', async () => {
    const { code, stdout, stderr } = await runHere(['sample', '--hidden', '4', '--quiet'], '')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('nothing to learn from')
  })
})
