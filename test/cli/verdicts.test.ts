import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, test as example } from 'vitest'
import { appendVerdict, readVerdicts } from '../../src/cli/watch/verdict-file.ts'
import { runHere } from './program.ts'
import { eventsOf } from './run.ts'

const SMALL = ['--hidden', '8', '--ngram', '3', '--table-bits', '10']
const USUAL = 'GET /index.html 200\n'.repeat(100)
const CACHE = 'cache of user 17 flushed by timer'
const DISK = 'FATAL disk is on fire'
const at = (name: string) => join(mkdtempSync(join(tmpdir(), 'rxrnn-')), name)
const alertsOf = async (text: string, args: readonly string[]) =>
  eventsOf((await runHere([...SMALL, '--json', '--only-alerts', ...args], text)).stdout).map(({ text: line }) => line)

/** A file with these verdicts */
function file(...lines: readonly unknown[]): string {
  const path = at('verdicts')
  writeFileSync(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  return path
}

describe('--verdicts FILE', () => {
  const text = `${USUAL}${CACHE}\n${USUAL}${DISK}\n`

  example('makes lines like noise score less, also with other values, and no others', async () => {
    const scoresOf = async (args: readonly string[]) =>
      eventsOf((await runHere([...SMALL, '--json', ...args], text)).stdout)
        .filter(({ text: line }) => line === CACHE || line === DISK)
        .map(({ score }) => Number(score))
    const noise = { verdict: 'noise', text: 'cache of user 4 flushed by timer', score: 200 }
    const [cache = 0, disk] = await scoresOf([])
    const [cacheThen = 0, diskThen] = await scoresOf(['--verdicts', file(noise, '', noise, noise)])
    expect(cacheThen).toBeLessThan(0.4 * cache)
    expect(diskThen).toBe(disk)
  })

  example('may not exist yet', async () => {
    expect(await alertsOf(text, ['--verdicts', at('none')])).toEqual([CACHE, DISK])
  })

  example.each([
    ['noise', 'line 2: it is not a JSON object such as'],
    ['{"verdict":"bad","text":"x"}', 'line 2: verdict is "bad", but it must be "useful" or "noise"'],
    ['{"verdict":"noise"}', 'line 2: text is missing'],
  ])('that has the line %s is refused, with the place', async (line, words) => {
    const path = file({ verdict: 'useful', text: 'a' }, line)
    const { code, stderr } = await runHere(['--verdicts', path], 'x')
    expect(stderr).toContain(`rxrnn: --verdicts: ${path}, ${words}`)
    expect(code).toBe(2)
  })

  example('is not learned again from a checkpoint that has it', async () => {
    const [state, path] = [at('state'), file({ verdict: 'noise', text: CACHE })]
    for (let i = 0; i < 2; i++) await runHere([...SMALL, '--checkpoint', state, '--verdicts', path], USUAL)
    const { stdout } = await runHere(['verdicts', join(state, readdirSync(state).at(-1)!)])
    expect(stdout).toBe(`noise   ${CACHE}\n`)
  })

  test.prop([fc.array(fc.record({ verdict: fc.constantFrom('useful', 'noise'), text: fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }) }))])(
    'reads what was appended, and nothing of what was taken back',
    (given) => {
      const path = at('appended')
      for (const verdict of given) appendVerdict(path, verdict)
      expect(readVerdicts(path)).toEqual(given)
      for (const { text } of given.toReversed()) appendVerdict(path, { verdict: 'none', text })
      expect(readVerdicts(path)).toEqual([])
    },
  )

  example('is appended to after a line without an end', () => {
    const path = file()
    writeFileSync(path, '{"verdict":"noise","text":"a"}')
    appendVerdict(path, { verdict: 'useful', text: 'b', score: 12.34 })
    expect(readFileSync(path, 'utf8')).toBe('{"verdict":"noise","text":"a"}\n{"verdict":"useful","text":"b","score":12}\n')
  })
})

describe('rxrnn verdicts', () => {
  /** The path of a checkpoint */
  async function checkpoint(): Promise<string> {
    const state = at('state')
    await runHere([...SMALL, '--checkpoint', state], `${USUAL}${DISK}\n`)
    return join(state, readdirSync(state).at(-1)!)
  }

  async function scoreOf(line: string, folder: string): Promise<number> {
    return Number(eventsOf((await runHere(['--frozen', '--checkpoint', folder, '--json'], `${line}\n`)).stdout)[0]?.['score'])
  }

  example('adds, lists and removes those of a checkpoint, which continues with them', async () => {
    const path = await checkpoint()
    expect(await runHere(['verdicts', path])).toMatchObject({ code: 0, stdout: '', stderr: 'rxrnn: there are no verdicts in it\n' })
    const before = await runHere(['inspect', '--json', path])
    const folder = join(path, '..')
    const [score, scoreOfDisk] = [await scoreOf(CACHE, folder), await scoreOf(DISK, folder)]
    const noise = ['--noise', CACHE, '--noise', 'cache of user 9 flushed by timer']
    await runHere(['verdicts', path, '--useful', 'mail sent', ...noise])
    expect((await runHere(['verdicts', folder])).stdout).toBe(`useful  mail sent\nnoise   ${CACHE}\nnoise   cache of user 9 flushed by timer\n`)
    expect(JSON.parse((await runHere(['inspect', '--json', path])).stdout).digest).toBe(JSON.parse(before.stdout).digest)
    expect(await scoreOf(CACHE, folder)).toBeLessThan(score)
    expect(await scoreOf(DISK, folder)).toBe(scoreOfDisk)
    const listed = await runHere(['verdicts', path, '--remove', CACHE, '--json'])
    expect(eventsOf(listed.stdout)).toEqual([
      expect.objectContaining({ verdict: 'useful', text: 'mail sent' }),
      expect.objectContaining({ verdict: 'noise', text: 'cache of user 9 flushed by timer' }),
    ])
    const copy = file(...eventsOf(listed.stdout))
    expect(readVerdicts(copy)).toHaveLength(2)
  })

  example('refuses to remove what is not there, and a file that is no checkpoint', async () => {
    const path = await checkpoint()
    expect(await runHere(['verdicts', path, '--remove', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--remove is x, but there is no verdict on that line'),
    })
    expect((await runHere(['verdicts', file('hello')])).stderr).toContain('is not a valid checkpoint')
  })
})
