import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { runHere } from './program.ts'
import { startRxrnn } from './run.ts'

const quick = ['--hidden', '16', '--ngram', '2', '--table-bits', '6']
const TEXT = Buffer.concat([
  Buffer.from(
    Array.from(
      { length: 300 },
      (_, i) => `line ${i} größer
`,
    ).join(''),
  ),
  Buffer.of(0xff),
])

/** A folder with the original, its compressed form, and the same with a byte changed and with the end missing */
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
const original = join(folder, 'text')
const small = join(folder, 'text.rx')

beforeAll(async () => {
  writeFileSync(original, TEXT)
  expect(await runHere(['compress', original, '-q', '-o', small, ...quick])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  const bytes = readFileSync(small)
  writeFileSync(
    join(folder, 'changed.rx'),
    bytes.map((byte, i) => (i === 100 ? byte ^ 4 : byte)),
  )
  writeFileSync(join(folder, 'short.rx'), bytes.subarray(0, -1))
})

describe('rxrnn compress and decompress', () => {
  test('go from standard input to standard output', async () => {
    const there = await runHere(['compress', '-q', ...quick], TEXT)
    expect(there.stdoutBytes).toEqual(readFileSync(small))
    const back = await runHere(['decompress', '-q'], there.stdoutBytes)
    expect(back).toMatchObject({ code: 0, stderr: '' })
    expect(back.stdoutBytes).toEqual(TEXT)
  })

  test('write a file in the place of another, or where a link leads', async () => {
    const back = join(folder, 'back')
    writeFileSync(back, 'old')
    symlinkSync(back, join(folder, 'link'))
    expect(await runHere(['decompress', small, '-q', '-o', join(folder, 'link')])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(readFileSync(back)).toEqual(TEXT)
  })

  test('say on standard error how it goes, and how many bytes became how many', async () => {
    const { stderr } = await runHere(['decompress', small, '-o', '/dev/null'])
    expect(stderr).toMatch(/^ +1,000 /m)
    expect(stderr).toContain(`${readFileSync(small).length.toLocaleString('en')} bytes in, ${TEXT.length.toLocaleString('en')} bytes out`)
  })

  test.each([
    ['text', 'was not compressed by rxrnn'],
    ['changed.rx', 'is damaged'],
    ['short.rx', 'ends too early'],
  ])('refuse %s in words, with exit code 1, and leave the old file alone and no other', async (name, words) => {
    const place = join(mkdtempSync(join(tmpdir(), 'rxrnn-')), 'out')
    writeFileSync(place, 'old')
    const { code, stderr } = await runHere(['decompress', join(folder, name), '-q', '-o', place])
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`^rxrnn: .*${words}.*\n$`))
    expect(readdirSync(join(place, '..'))).toEqual(['out'])
    expect(readFileSync(place, 'utf8')).toBe('old')
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leave nothing behind after %s and exit with %i', async (signal, code) => {
    const place = mkdtempSync(join(tmpdir(), 'rxrnn-'))
    const child = startRxrnn(['compress', '-o', join(place, 'out'), ...quick])
    const rows: string[] = []
    child.stderr?.on('data', (chunk: Buffer) => rows.push(chunk.toString()))
    child.stdin?.write('x'.repeat(1500))
    while (!rows.join('').includes('1,000')) await once(child.stderr!, 'data')
    expect(readdirSync(place)).toHaveLength(1)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([code, null])
    expect(readdirSync(place)).toEqual([])
  })
})
