import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BASH, testWithPeer } from '../peers.ts'

const main = fileURLToPath(import.meta.resolve('rxrnn/cli'))
const SMALL = ['--hidden', '4', '--ngram', '2', '--table-bits', '6']
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
const text = join(folder, 'text')
writeFileSync(text, 'one line\nand another\n')

/** Runs the command with files as its standard input and output */
async function run(args: readonly string[], stdin: string, stdout: string, command: readonly string[] = []) {
  const stdio: SpawnOptions['stdio'] = [openSync(stdin, 'r'), openSync(stdout, 'w'), 'pipe']
  const [program, ...rest] = [...command, process.execPath, main, ...args]
  const child = spawn(program!, rest, { stdio })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code]: unknown[] = await once(child, 'close')
  return { code, stderr }
}

describe.runIf(existsSync('/dev/full'))('a full disk at standard output', () => {
  test.concurrent.each([[...SMALL], ['compress', '-q', ...SMALL], ['compress', '--help']])('is an error in words: rxrnn %s %s', async (...args) => {
    expect(await run(args, text, '/dev/full')).toEqual({ code: 1, stderr: 'rxrnn: cannot write standard output: the disk is full\n' })
  })

  test('holds back the checkpoint, so that nothing is lost', async () => {
    const state = mkdtempSync(join(tmpdir(), 'rxrnn-'))
    const watching = ['-f', text, '--checkpoint', state, '--checkpoint-every', '0.01', ...SMALL]
    expect(await run(watching, text, '/dev/full')).toMatchObject({ code: 1, stderr: 'rxrnn: cannot write standard output: the disk is full\n' })
    expect(readdirSync(state)).toEqual([])
  })
})

describe('a file that may not become larger', () => {
  testWithPeer(...BASH, 'is an error even when only the end of the last write did not fit', async () => {
    const long = join(folder, 'long')
    writeFileSync(long, 'x'.repeat(1500))
    const limited = ['bash', '-c', 'ulimit -f 1; exec "$@"', 'bash']
    expect(await run(SMALL, long, join(folder, 'out'), limited)).toEqual({
      code: 1,
      stderr: 'rxrnn: cannot write standard output: the file is larger than this process may write\n',
    })
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('x'.repeat(1024))
  })

  testWithPeer(...BASH, 'is left as it was by compress -o', async () => {
    const noise = join(folder, 'noise')
    const place = mkdtempSync(join(tmpdir(), 'rxrnn-'))
    writeFileSync(noise, Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i * 31) >> 3)))
    writeFileSync(join(place, 'out'), 'old')
    const limited = ['bash', '-c', 'ulimit -f 1; exec "$@"', 'bash']
    const { code, stderr } = await run(['compress', noise, '-q', '-o', join(place, 'out'), ...SMALL], text, '/dev/null', limited)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `rxrnn: cannot write ${join(place, 'out')}: the file is larger than this process may write\n`,
    })
    expect(readdirSync(place)).toEqual(['out'])
    expect(readFileSync(join(place, 'out'), 'utf8')).toBe('old')
  })
})

describe('standard input that cannot be read', () => {
  test('is an error in words when it is a folder', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'rxrnn-')), 'out')
    expect(await run(['compress', '-q', ...SMALL], folder, out)).toEqual({
      code: 1,
      stderr: 'rxrnn: cannot read standard input: it is a folder, not a file\n',
    })
    expect(statSync(out).size).toBe(0)
  })

  test.runIf(existsSync('/proc/self/mem'))('is an error in words when the device fails', async () => {
    expect(await run(SMALL, '/proc/self/mem', '/dev/null')).toEqual({ code: 1, stderr: 'rxrnn: cannot read standard input: the device failed\n' })
  })
})

testWithPeer(...BASH, 'sample stops when its reader goes away', async () => {
  const script = `"${process.execPath}" "${main}" sample -q "${text}" ${SMALL.join(' ')} --length 1000000000 | head -c 10 | wc -c; echo $\{PIPESTATUS[0]}`
  const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  await once(child, 'close')
  expect(stdout).toMatch(/^\s*10\n0\n$/)
})
