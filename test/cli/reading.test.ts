import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { BASH, JQ, testWithPeer } from '../peers.ts'
import { runHere } from './program.ts'
import { eventsOf, startRxrnn } from './run.ts'

const small = ['--hidden', '4', '--ngram', '2', '--table-bits', '6']
const main = fileURLToPath(import.meta.resolve('rxrnn/cli'))
const COMMAND = `"${process.execPath}" "${main}" ${small.join(' ')}`

function folder(files: Readonly<Record<string, string>> = {}): (name: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'rxrnn-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return (name) => join(path, name)
}

/** What a command that runs on prints */
function printed(child: ReturnType<typeof startRxrnn>): { readonly text: string; until: (words: string) => Promise<void> } {
  const state = { text: '' }
  child.stdout?.on('data', (chunk: Buffer) => (state.text += chunk.toString()))
  return {
    get text() {
      return state.text
    },
    async until(words) {
      while (!state.text.includes(words)) await once(child.stdout!, 'data')
    },
  }
}

async function stop(child: ReturnType<typeof startRxrnn>): Promise<void> {
  child.kill('SIGTERM')
  await once(child, 'exit')
}

describe('several files that are followed', () => {
  test('are streams of their own that one model learns, and events name them', async () => {
    const at = folder({ a: 'one\ntwo\n', b: 'uno\n' })
    const child = startRxrnn(['-f', at('a'), at('b'), '--json', ...small])
    const output = printed(child)
    await Promise.all([output.until('two'), output.until('uno')])
    appendFileSync(at('b'), 'due\n')
    await output.until('due')
    await stop(child)
    const events = eventsOf(output.text).map(({ source, offset, text }) => ({ source, offset, text }))
    expect(events.filter(({ source }) => source === at('a')).map(({ offset, text }) => [offset, text])).toEqual([
      [4, 'one'],
      [8, 'two'],
    ])
    expect(events.filter(({ source }) => source === at('b')).map(({ offset, text }) => [offset, text])).toEqual([
      [4, 'uno'],
      [8, 'due'],
    ])
  })

  test('are shown under their names, whole lines at a time, but for the start of a line that waits', async () => {
    const at = folder({ a: 'one\n', b: '' })
    const child = startRxrnn(['-f', at('a'), at('b'), ...small])
    const output = printed(child)
    await output.until('one\n')
    appendFileSync(at('a'), 'Password: ')
    await output.until('Password: ')
    appendFileSync(at('a'), 'secret\n')
    await output.until('secret\n')
    appendFileSync(at('b'), 'half')
    await output.until('half')
    appendFileSync(at('a'), 'three\n')
    await output.until('three\n')
    await stop(child)
    expect(output.text).toBe(`==> ${at('a')} <==\none\nPassword: secret\n\n==> ${at('b')} <==\nhalf\n\n==> ${at('a')} <==\nthree\n`)
  })

  test('resume where each of them was left, and a new one starts', async () => {
    const at = folder({ a: 'one\ntw', b: 'uno\n', c: 'eins\n' })
    const first = startRxrnn(['-f', at('a'), at('b'), '--json', '--checkpoint', at('state'), ...small])
    const output = printed(first)
    await Promise.all([output.until('one'), output.until('uno')])
    await stop(first)
    appendFileSync(at('a'), 'o\n')
    appendFileSync(at('b'), 'due\n')
    const second = startRxrnn(['-f', at('c'), at('b'), at('a'), '--json', '--checkpoint', at('state')])
    const more = printed(second)
    await Promise.all([more.until('two'), more.until('due'), more.until('eins')])
    await stop(second)
    const found = eventsOf(more.text).map(({ source, offset, text }) => [source, offset, text])
    expect(found.toSorted((x, y) => String(x).localeCompare(String(y)))).toEqual([
      [at('a'), 8, 'two'],
      [at('b'), 8, 'due'],
      [at('c'), 5, 'eins'],
    ])
    const { stderr, code } = await runHere(['--frozen', '--json', '--checkpoint', at('state'), at('a')])
    expect({ stderr, code }).toEqual({ code: 0, stderr: expect.stringContaining('uses') })
  })

  test('lose and double no line when the command is killed', async () => {
    const at = folder({ a: '', b: '' })
    const seen = new Map<string, string>()
    const written = { a: '', b: '' }
    const args = [
      '-f',
      at('a'),
      at('b'),
      '--json',
      '--checkpoint',
      at('state'),
      '--checkpoint-every',
      '0.02',
      '--mask',
      'numbers',
      '--ignore',
      '^skip',
    ]
    for (let run = 0; run < 4; run++) {
      const child = startRxrnn([...args, ...small])
      const output = printed(child)
      for (const name of ['a', 'b'] as const) {
        for (let i = 0; i < 20; i++) {
          const line = Buffer.from(`${name} ${run}.${i} größer \x1b[1m😀\x1b[0m\n${i % 5 === 0 ? 'skip\n' : ''}`)
          const cut = (7 * i + run) % line.length
          appendFileSync(at(name), line.subarray(0, cut))
          await new Promise((resolve) => setTimeout(resolve, 5))
          appendFileSync(at(name), line.subarray(cut))
          written[name] += line.toString()
        }
      }
      if (run === 3) await Promise.all([output.until('a 3.19'), output.until('b 3.19')])
      else await output.until(`a ${run}.1`)
      child.kill('SIGKILL')
      await once(child, 'close')
      for (const { source, offset, text } of eventsOf(output.text.slice(0, output.text.lastIndexOf('\n') + 1))) {
        const place = `${String(source)} ${String(offset).padStart(9)}`
        expect(seen.get(place) ?? text).toBe(text)
        seen.set(place, String(text))
      }
    }
    const lines = [...written.a.split('\n'), ...written.b.split('\n')].filter((line) => line !== '' && line !== 'skip')
    expect([...seen].toSorted(([x], [y]) => x.localeCompare(y)).map(([, text]) => text)).toEqual(lines)
  })

  test('that are not named any more are left behind, and that is said', async () => {
    const at = folder({ a: 'one\n', b: 'uno\n' })
    const first = startRxrnn(['-f', at('a'), at('b'), '--json', '--checkpoint', at('state'), ...small])
    const output = printed(first)
    await Promise.all([output.until('one'), output.until('uno')])
    await stop(first)
    const second = startRxrnn(['-f', at('b'), '--json', '--checkpoint', at('state')])
    let notes = ''
    second.stderr?.on('data', (chunk: Buffer) => (notes += chunk.toString()))
    const more = printed(second)
    appendFileSync(at('b'), 'due\n')
    await more.until('due')
    await stop(second)
    expect(notes).toContain(`${at('a')} is not followed any more; its place is forgotten`)
    expect(eventsOf(more.text)).toEqual([expect.objectContaining({ offset: 8, text: 'due' })])
  })
})

describe('escape sequences', () => {
  const colour = 'ok\n\x1b[31mERROR\x1b[0m disk \x1b]8;;http://x\x1b\\full\x1b]8;;\x07\n'

  test('pass through, and nothing of them is learned', async () => {
    expect((await runHere(small, colour)).stdout).toBe(colour)
    const [coloured, plain] = await Promise.all([runHere([...small, '--json'], colour), runHere([...small, '--json'], 'ok\nERROR disk full\n')])
    const [first, second] = eventsOf(coloured.stdout)
    expect([first, { ...second, text: 'ERROR disk full' }]).toEqual(eventsOf(plain.stdout))
    expect(second?.['text']).toBe(colour.slice(3, -1))
  })

  test('give way to the colours of surprise', async () => {
    const { stdout } = await runHere([...small, '--color', 'always'], colour)
    // eslint-disable-next-line no-control-regex
    expect(stdout.replace(/\x1b\[[\d;]*m/g, '')).toBe('  ok\n  ERROR disk full\n')
  })
})

describe('--mask and --ignore', () => {
  const log = '10:00:01 worker 7 ok\n10:00:02 worker 12345 ok\nhealth 1\n10:00:03 worker 9 ok\nhealth 2'
  const flags = [...small, '--mask', 'timestamps,numbers', '--ignore', '^health']

  test('let everything through as it came', async () => {
    expect((await runHere(flags, log)).stdout).toBe(log)
    const { stdout } = await runHere([...flags, '--color', 'always'], log)
    // eslint-disable-next-line no-control-regex
    expect(stdout.replace(/\x1b\[[\d;]*m/g, '')).toBe(`${log.replace(/^/gm, '  ')}\n`)
  })

  test('learn one character for what is masked, and nothing of a line that is ignored', async () => {
    const { stdout } = await runHere([...flags, '--json'], log)
    const plain = await runHere([...small, '--json'], '@ worker # ok\n'.repeat(3))
    const lines = log.split('\n').flatMap((text, i) => (text.startsWith('health') ? [] : [{ text, line: i + 1 }]))
    expect(eventsOf(stdout)).toEqual(eventsOf(plain.stdout).map((event, i) => ({ ...event, ...lines[i] })))
  })

  test('learn the clock of a line as one character unless told otherwise', async () => {
    const [byDefault, none, plain] = await Promise.all([
      runHere([...small, '--json'], log),
      runHere([...small, '--mask', 'none', '--json'], log),
      runHere([...small, '--mask', 'none', '--json'], log.replace(/10:00:0\d/g, '@')),
    ])
    const bitsOf = ({ stdout }: typeof plain) => eventsOf(stdout).map(({ bits }) => bits)
    expect(bitsOf(byDefault)).toEqual(bitsOf(plain))
    expect(bitsOf(none)).not.toEqual(bitsOf(plain))
    expect(eventsOf(byDefault.stdout).map(({ text }) => text)).toEqual(log.split('\n'))
  })

  test('learn one character for what fits a pattern', async () => {
    const masked = await runHere([...small, '--mask-pattern', 'worker \\d+', '--mask-pattern', '^health', '--json'], log)
    const plain = await runHere([...small, '--json'], log.replace(/10:00:0\d/g, '@').replace(/worker \d+|^health/gm, '*'))
    expect(eventsOf(masked.stdout)).toEqual(eventsOf(plain.stdout).map((event, i) => ({ ...event, text: log.split('\n')[i] })))
    expect((await runHere([...small, '--mask-pattern', 'worker \\d+'], log)).stdout).toBe(log)
  })

  test('find a slow request with the default', async () => {
    const line = (i: number, ms: number) =>
      `2026-01-05 10:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')},${100 + ((i * 37) % 900)} INFO checkout took ${ms} ms\n`
    const usual = (from: number) => Array.from({ length: 600 }, (_, i) => line(from + i, 40 + (i % 3))).join('')
    const { stdout } = await runHere([...small, '--only-alerts'], `${usual(0)}${line(600, 9000)}${usual(601)}`)
    expect(stdout).toContain('took 9000 ms\n')
  })

  test('are refused in words when they are wrong', async () => {
    expect(await runHere(['--mask', 'none,ip'])).toMatchObject({ code: 2, stderr: expect.stringContaining('none stands alone') })
    expect(await runHere(['--mask-pattern', '(a'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--mask-pattern is (a, but it must be'),
    })
    expect(await runHere(['--ignore', '(a'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--ignore is (a, but it must be a regular expression'),
    })
    expect(await runHere(['--ignore', '(?=a)'])).toMatchObject({ code: 2, stderr: expect.stringContaining('lookaround') })
    expect(await runHere(['--mask', 'dates'])).toMatchObject({ code: 2, stderr: expect.stringContaining('timestamps,uuid,ip,hex,numbers') })
  })
})

describe('a line of more than 64 KiB', () => {
  const line = 'ö'.repeat(70_000)

  test('is learned in full, and shown cut', async () => {
    const { stdout } = await runHere([...small, '--json'], `${line}\r\nshort\n`)
    expect(eventsOf(stdout)).toEqual([
      expect.objectContaining({ offset: 70_002, text: 'ö'.repeat(65_536), cut: 70_000 - 65_536 }),
      expect.not.objectContaining({ cut: expect.anything() }),
    ])
  })

  test('is cut with a mark of how much is missing', async () => {
    const long = 'abcdefgh'.repeat(10_000)
    const { stdout } = await runHere([...small, '--color', 'always'], `${long}\n`)
    // eslint-disable-next-line no-control-regex
    expect(stdout.replace(/\x1b\[[\d;]*m/g, '')).toBe(`  ${long.slice(0, 65_536)} … 14,464 more characters\n`)
  })
})

describe('in pipes', () => {
  const at = folder()
  const routine = Array.from({ length: 300 }, (_, i) => `GET /item/${i % 7} 200 ${i % 10}ms\n`).join('')
  const alarm = 'FATAL \xff out of memory!'
  writeFileSync(at('log'), Buffer.from(`${routine}${alarm}\r\n${routine}`, 'latin1'))
  writeFileSync(at('log.gz'), gzipSync(`${routine}${routine}`))
  const bash = (script: string) => spawnSync('bash', ['-o', 'pipefail', '-c', script], { cwd: at('.'), encoding: 'latin1' })

  testWithPeer(...BASH, 'reads compressed history', async () => {
    expect(bash(`zcat log.gz | ${COMMAND} | cmp - <(zcat log.gz)`)).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  testWithPeer(...BASH, 'prints the lines that are alerts to the byte', async () => {
    expect(bash(`${COMMAND} --only-alerts log`).stdout.split('\n')).toContain(`${alarm}\r`)
  })

  testWithPeer(...BASH, 'goes after grep --line-buffered and before tee', async () => {
    expect(bash(`grep -a --line-buffered GET log | ${COMMAND} | tee copy | wc -l`)).toMatchObject({ status: 0, stderr: '' })
    expect(bash(`cmp copy <(grep -a GET log)`).status).toBe(0)
  })

  testWithPeer(...JQ, 'goes before and after jq', async () => {
    const { status, stdout } = bash(`jq -Rr --unbuffered . log | ${COMMAND} --json | jq -r 'select(.alert).text'`)
    expect({ status, lines: stdout.split('\n') }).toEqual({
      status: 0,
      lines: expect.arrayContaining([expect.stringMatching(/^FATAL .* out of memory!/)]),
    })
  })

  testWithPeer(...BASH, 'ends quietly and with 0 when head has seen enough', async () => {
    const { status, stdout, stderr } = bash(`yes "$(head -1 log)" | head -100000 | { ${COMMAND} --json; echo "code $?" >&2; } | head -2`)
    expect({ status, stderr }).toEqual({ status: expect.any(Number), stderr: 'code 0\n' })
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
  })
})
