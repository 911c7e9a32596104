import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { afterAll, describe, expect } from 'vitest'
import { incompleteTail } from '../../src/text/incomplete.ts'
import { testWithPeer } from '../peers.ts'
import { runHere } from './program.ts'
import { eventsOf, startRxrnn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'rxrnn-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const MODEL = ['--hidden', '4', '--ngram', '2', '--table-bits', '6']

let count = 0
const state = () => join(folder, `state-${count++}`)
const newest = (directory: string) => join(directory, readdirSync(directory).toSorted().at(-1)!)

async function inspected(directory: string): Promise<Record<string, unknown>> {
  const { stdout } = await runHere(['inspect', '--json', directory])
  return eventsOf(stdout)[0]!
}

describe('rxrnn watch --checkpoint', () => {
  test('resumes with more standard input after the end of what came before', async () => {
    const [stopped, straight] = [state(), state()]
    const [first, second] = ['größer 😀\n'.repeat(30), 'kleiner\n'.repeat(20)]
    const { stderr } = await runHere([...MODEL, '--checkpoint', stopped, '--summary'], first)
    expect(stderr).toContain(`saved in ${stopped}; the same command continues from there`)
    const { offset } = await inspected(stopped)
    expect(offset).toBe(Array.from(first).length)
    const resumed = await runHere(['--json', '--checkpoint', stopped], second)
    expect(resumed.stderr).toContain('resumes from')
    expect(eventsOf(resumed.stdout).map(({ text }) => text)).toEqual(Array(20).fill('kleiner'))
    await runHere([...MODEL, '--checkpoint', straight], first + second)
    expect((await inspected(stopped))['offset']).toBe((await inspected(straight))['offset'])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('saves at %s, ends with %d, and continues as if nothing had stopped', async (signal, code) => {
    const [stopped, straight] = [state(), state()]
    const child = startRxrnn([...MODEL, '--checkpoint', stopped])
    child.stdin!.write('größer 😀\nklein')
    await once(child.stdout!, 'data')
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([code, null])
    await runHere(['--checkpoint', stopped], 'er\nnoch kleiner\n')
    await runHere([...MODEL, '--checkpoint', straight], 'größer 😀\nkleiner\nnoch kleiner\n')
    const compared = ({ digest, offset, lines, bitsPerCharacter }: Record<string, unknown>) => ({ digest, offset, lines, bitsPerCharacter })
    expect(compared(await inspected(stopped))).toEqual(compared(await inspected(straight)))
  })

  test('keeps as many checkpoints as it is told to', async () => {
    const directory = state()
    for (const text of ['a\n', 'b\n', 'c\n']) await runHere([...MODEL, '--checkpoint', directory, '--keep', '2'], text)
    expect(readdirSync(directory)).toHaveLength(2)
  })

  test('is what sample resumes from', async () => {
    const directory = state()
    await runHere(['--hidden', '8', '--ngram', '4', '--checkpoint', directory], 'hello world\n'.repeat(100))
    writeFileSync(join(directory, 'checkpoint-0000000000009999.safetensors'), 'torn')
    const { code, stdout, stderr } = await runHere(['sample', '--checkpoint', directory, '--top-k', '1', '--length', '23'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello world\nhello world\n' })
    expect(stderr).toMatch(/skips .*9\.safetensors: 4 bytes are no safetensors file/)
  })

  const TOO_LARGE = ['util-linux', ['prlimit', '--version']] as const
  testWithPeer(...TOO_LARGE, 'continues when it cannot write, says so once, tries again, and keeps the last good one meanwhile', async () => {
    const directory = state()
    await runHere([...MODEL, '--checkpoint', directory], 'good\n')
    const good = readdirSync(directory)
    // no file of the process may grow beyond 4 kB: the same to a program as a disk that is full
    const child = startRxrnn(['--checkpoint', directory, '--checkpoint-every', '0.05'], ['sh', '-c', 'trap "" XFSZ; ulimit -S -f 8; exec "$@"', '-'])
    const said: string[] = []
    child.stderr!.on('data', (text: Buffer) => said.push(text.toString()))
    let passed = ''
    child.stdout!.on('data', (text: Buffer) => (passed += text.toString()))
    const feed = setInterval(() => child.stdin!.write('more\n'), 20)
    const until = async (words: string) => {
      while (!said.join('').includes(words)) await once(child.stderr!, 'data')
    }
    await until('it continues, and tries again')
    const before = passed.length
    while (passed.length < before + 50) await once(child.stdout!, 'data')
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(good))
    expect(said.join('').match(/tries again/g)).toHaveLength(1)
    spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'])
    await until('saved again')
    clearInterval(feed)
    child.stdin!.end()
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(Number((await inspected(directory))['offset'])).toBe(passed.length + 'good\n'.length)
  })

  testWithPeer(...TOO_LARGE, 'says why at once when it may not write its folder', async () => {
    const directory = state()
    mkdirSync(directory, { mode: 0o500 })
    // root may write everywhere unless it gives that up
    const unprivileged = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : []
    const child = startRxrnn([...MODEL, '--checkpoint', directory], unprivileged)
    let said = ''
    child.stderr!.on('data', (text: Buffer) => (said += text.toString()))
    child.stdin!.on('error', () => {})
    child.stdin!.end('abc\n')
    expect((await once(child, 'exit'))[0]).toBe(2)
    expect(said).toContain(`cannot save in ${directory}: permission denied`)
  })

  test('learns with --learn-all what evaluate learns, and else less of what stands out', async () => {
    const text = `${'GET /index 200\nPUT /item 201\n'.repeat(80)}kernel: Out of memory! Killed process 7\n`
    const [all, less] = [state(), state()]
    await runHere([...MODEL, '--checkpoint', all, '--learn-all'], text)
    await runHere([...MODEL, '--checkpoint', less], text)
    const { stdout } = await runHere(['evaluate', ...MODEL, '--json', '-q', '-'], text)
    const { digest } = eventsOf(stdout)[0]!
    expect((await inspected(all))['digest']).toBe(digest)
    expect((await inspected(less))['digest']).not.toBe(digest)
  })

  test('refuses other options than those that were saved, and says what to do', async () => {
    const directory = state()
    await runHere([...MODEL, '--checkpoint', directory], 'abc\n')
    const { code, stderr } = await runHere(['--hidden', '5', '--checkpoint', directory], 'abc\n')
    expect(code).toBe(2)
    expect(stderr).toContain('--hidden is 5, but 4 in the checkpoint; omit it, or save elsewhere')
  })

  test('falls back to the newest checkpoint that is valid, and says so', async () => {
    const directory = state()
    await runHere([...MODEL, '--checkpoint', directory], 'abc\n')
    writeFileSync(join(directory, 'checkpoint-0000000000000099.safetensors'), 'torn')
    const { code, stderr } = await runHere(['--checkpoint', directory], 'def\n')
    expect(code).toBe(0)
    expect(stderr).toMatch(/skips .*99\.safetensors: 4 bytes are no safetensors file/)
    expect(stderr).toContain('after 4 characters')
  })

  test('starts nothing over when no checkpoint is valid', async () => {
    const directory = state()
    await runHere([...MODEL, '--checkpoint', directory], 'abc\n')
    for (const name of readdirSync(directory)) writeFileSync(join(directory, name), 'torn')
    const { code, stderr } = await runHere(['--checkpoint', directory], 'def\n')
    expect(code).toBe(1)
    expect(stderr).toContain('move them away to start anew')
  })

  test('ends at once where it can never save', async () => {
    const blocked = join(folder, 'file')
    writeFileSync(blocked, '')
    const { code, stderr } = await runHere([...MODEL, '--checkpoint', join(blocked, 'state')], 'abc\n')
    expect(code).toBe(2)
    expect(stderr).toContain('cannot save in')
  })

  test.each([
    [['--checkpoint', 'x', 'a.log'], '--checkpoint on a FILE'],
    [['--follow'], '--follow reads FILEs; name them'],
    [['--follow', 'a', '-'], '--follow reads FILEs; name them'],
    [['--follow', 'a', 'a'], '--follow reads each FILE once'],
  ])('%j is wrong usage', async (args, words) => {
    const { code, stderr } = await runHere(args)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })
})

describe('rxrnn inspect', () => {
  test('verifies, and says what is inside', async () => {
    const directory = state()
    await runHere([...MODEL, '--checkpoint', directory], 'hello\nhello\n')
    expect(await inspected(directory)).toMatchObject({ offset: 12, characters: 12, lines: 2, options: { hidden: 4 } })
    const { stdout } = await runHere(['inspect', newest(directory)])
    expect(stdout).toContain('weight_hh_l0 F32 [4, 4]')
  })

  test('names the fault of a file that is damaged or none', async () => {
    const file = join(folder, 'damaged')
    writeFileSync(file, Buffer.alloc(100))
    expect(await runHere(['inspect', file])).toMatchObject({ code: 1, stderr: expect.stringContaining('this is no safetensors file') })
    expect(await runHere(['inspect', join(folder, 'nothing')])).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') })
  })
})

/** What a decoder still holds after these bytes: it gives what another one gives that was fed them, less the bytes it holds, and then those again */
test.prop(
  [
    fc
      .uint8Array({ maxLength: 12 })
      .map((bytes) => bytes.map((byte) => [0x41, 0x80, 0xa0, 0xbf, 0xc3, 0xe0, 0xed, 0xf0, 0xf4, 0xff, 0x9f, 0xe2][byte % 12]!)),
    fc.uint8Array({ maxLength: 6 }),
  ],
  {
    numRuns: 1000,
  },
)('the bytes that a decoder holds back are known', (bytes, rest) => {
  const before = new TextDecoder('utf-8', { ignoreBOM: true })
  const begun = before.decode(bytes, { stream: true })
  const held = incompleteTail(bytes)
  const after = new TextDecoder('utf-8', { ignoreBOM: true })
  const again = after.decode(bytes.subarray(bytes.length - held), { stream: true })
  expect(again).toBe('')
  expect(begun + before.decode(rest)).toBe(begun + after.decode(rest))
})
