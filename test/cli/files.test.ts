import { fc, test } from '@fast-check/vitest'
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { EMPTY, NEVER } from 'rxjs'
import { sink } from 'rxrnn/node'
import { describe, expect } from 'vitest'
import type { CommandContext } from '../../src/cli/context.ts'
import { createProgram } from '../../src/cli/program.ts'
import { Reader } from '../../src/text/reader.ts'
import { eventsOf, rxrnn } from './run.ts'

const SMALL = ['--hidden', '4', '--ngram', '2', '--table-bits', '6']
const MARK = '\ufeff'

/** Files of these contents in a folder of their own */
function folder(files: Readonly<Record<string, string | Uint8Array>>): (name: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'rxrnn-'))
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(path, name), contents)
  return (name) => join(path, name)
}

/** Runs the command line in this process */
async function run(args: readonly string[]): Promise<{ readonly stdout: string; readonly notes: readonly string[]; readonly exitCode: number }> {
  const written: Uint8Array[] = []
  const notes: string[] = []
  const output = sink(
    new Writable({
      write(chunk: Uint8Array, _, done) {
        written.push(chunk)
        done()
      },
    }),
  )
  const context: CommandContext = {
    input: { bytes: () => EMPTY, begins: async () => {}, terminal: false },
    output,
    terminal: false,
    environment: {},
    note: (text) => notes.push(text),
    stop$: NEVER,
    exitCode: 0,
  }
  await createProgram(context).parseAsync(args, { from: 'user' })
  await output.end()
  return { stdout: Buffer.concat(written).toString(), notes, exitCode: context.exitCode }
}

describe('several files', () => {
  const at = folder({ a: 'one\ntwo', b: 'three\n' })
  const missing = `rxrnn: cannot read ${at('missing')}: there is no such file`
  const paths = [at('a'), at('missing'), at('b')]

  test('are streams of their own, and events name them; one that is missing is an error at the end', async () => {
    const { stdout, notes, exitCode } = await run(['--json', ...SMALL, ...paths])
    expect(eventsOf(stdout).map(({ source, offset, text }) => [source, offset, text])).toEqual([
      [at('a'), 4, 'one'],
      [at('a'), 7, 'two'],
      [at('b'), 6, 'three'],
    ])
    expect({ notes, exitCode }).toEqual({ notes: [missing], exitCode: 2 })
  })

  test('pass through byte for byte', async () => {
    expect(await run([...SMALL, ...paths])).toEqual({ stdout: 'one\ntwothree\n', notes: [missing], exitCode: 2 })
  })

  test('are looked for before a training', async () => {
    const { stdout, notes, exitCode } = await run(['--train', at('a'), '--json', ...SMALL, ...paths])
    expect(notes.filter((note) => note === missing)).toHaveLength(1)
    expect(notes[0]).toBe(missing)
    expect(eventsOf(stdout).at(-1)).toMatchObject({ source: at('b'), text: 'three' })
    expect(exitCode).toBe(2)
  })

  test.each([
    [['--train', at('a'), at('missing')], 'missing: there is no such file'],
    [['--train', at('missing'), at('a')], 'missing: there is no such file'],
    [['--train', at('a'), at('.')], 'it is a folder'],
  ])('are needed: rxrnn %j ends before it learns', async (args, words) => {
    await expect(run([...args, ...SMALL])).rejects.toThrow(words)
  })

  test('are evaluated one by one', async () => {
    const { stdout, notes, exitCode } = await run(['evaluate', '-q', '--json', ...SMALL, ...paths])
    expect(eventsOf(stdout).map(({ file }) => file)).toEqual([at('a'), at('b')])
    expect({ notes, exitCode }).toEqual({ notes: [missing], exitCode: 2 })
  })
})

describe('a byte order mark', () => {
  const line = fc.record({ marked: fc.boolean(), text: fc.stringMatching(/^([ab][ab\ufeff]{0,3})?$/) })

  test.prop([fc.array(line), fc.array(fc.nat(5))])('is no part of the text, however it is cut, and stays in what passes through', (lines, cuts) => {
    const bytes = Buffer.from(lines.map(({ marked, text }) => `${marked ? MARK : ''}${text}\n`).join(''))
    const reader = new Reader()
    const excerpts = [...chunksOf(bytes, cuts)].flatMap((chunk) => [...reader.push(chunk)])
    excerpts.push(...reader.flush())
    expect(excerpts.map(({ learned }) => learned).join('')).toBe(lines.map(({ text }) => `${text}\n`).join(''))
    expect(excerpts.flatMap(({ spans }) => spans.map(({ text }) => text)).join('')).toBe(bytes.toString())
  })

  test('is not in an event, and not counted', async () => {
    const at = folder({ marked: `${MARK}hello\n${MARK}again\n` })
    const { stdout } = await run(['--json', ...SMALL, at('marked')])
    expect(eventsOf(stdout).map(({ offset, text }) => [offset, text])).toEqual([
      [6, 'hello'],
      [12, 'again'],
    ])
    expect(JSON.parse((await run(['evaluate', '-q', '--json', ...SMALL, at('marked')])).stdout)).toMatchObject({ characters: 13, bytes: 15 })
    for (const args of [[], ['--explain']]) expect((await run([...args, ...SMALL, at('marked')])).stdout).toBe(`${MARK}hello\n${MARK}again\n`)
  })
})

describe('UTF-16', () => {
  const at = folder({ little: Buffer.from(`${MARK}hello\n`, 'utf16le'), big: Buffer.from(`${MARK}hello\n`, 'utf16le').swap16() })

  test.each([[[at('little')]], [['-f', at('big')]], [['evaluate', '-q', at('big')]], [['sample', '-q', at('little')]]])(
    'is refused with a hint: rxrnn %j',
    async (args) => {
      await expect(run([...args, ...SMALL])).rejects.toThrow('iconv -f UTF-16')
    },
  )

  test('passes through as bytes', async () => {
    const { stdoutBytes } = await rxrnn(['--alphabet', 'bytes', ...SMALL], readFileSync(at('big')))
    expect(stdoutBytes).toEqual(readFileSync(at('big')))
  })
})

describe('compress -o and decompress -o', () => {
  test.each([0o600, 0o644, 0o664])('keep the mode %o of what they read', async (mode) => {
    const at = folder({ text: `${MARK}hello\n` })
    chmodSync(at('text'), mode)
    await run(['compress', '-q', ...SMALL, at('text'), '-o', at('small')])
    await run(['decompress', '-q', at('small'), '-o', at('back')])
    for (const name of ['small', 'back']) expect(statSync(at(name)).mode & 0o777).toBe(mode)
    expect(readFileSync(at('back'), 'utf8')).toBe(`${MARK}hello\n`)
  })
})

test('control characters of a file name are shown escaped', async () => {
  const { code, stderr } = await rxrnn(['no\x1b[31mfile\n\u202e'])
  expect({ code, stderr }).toEqual({ code: 2, stderr: 'rxrnn: cannot read no␛[31mfile␊<202E>: there is no such file\n' })
})

function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): Iterable<Uint8Array> {
  let from = 0
  for (const cut of cuts) {
    yield bytes.subarray(from, from + cut)
    from += cut
  }
  yield bytes.subarray(from)
}
