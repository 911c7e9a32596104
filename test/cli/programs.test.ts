import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { EVENT_TYPES } from '../../src/alerts/events.ts'
import { runHere } from './program.ts'
import { eventsOf } from './run.ts'

const small = ['--hidden', '8', '--ngram', '3', '--table-bits', '10']
const folder = mkdtempSync(join(tmpdir(), 'rxrnn-'))
const at = (name: string) => join(folder, name)
const routine = (count: number) => Array.from({ length: count }, (_, i) => `GET /item/${i % 7} 200 ${i % 10}ms\n`).join('')
const ALARM = 'FATAL out of memory!'

beforeAll(() => {
  writeFileSync(at('baseline'), routine(400))
  writeFileSync(at('today'), `${routine(20)}${ALARM}\n${routine(20)}`)
})

describe('the schema of the events', () => {
  const schema: { $defs: Record<string, object> } = JSON.parse(readFileSync(fileURLToPath(import.meta.resolve('rxrnn/events.schema.json')), 'utf8'))
  // what is published lets members through that later versions add; here, each has to be described
  const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile({ ...schema, $id: 'strict', unevaluatedProperties: false })
  const faultsOf = (event: unknown) => (validate(event) ? [] : validate.errors)

  test('describes everything that --json prints', async () => {
    const { stdout } = await runHere(
      [...small, '--json', '--explain', '--events', EVENT_TYPES.join(',')],
      `${routine(300)}${ALARM}\n${'x'.repeat(70_000)}\n`,
    )
    const events = eventsOf(stdout)
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(EVENT_TYPES))
    expect(events.some(({ alert }) => alert === true)).toBe(true)
    expect(events.some(({ cut }) => cut !== undefined)).toBe(true)
    expect(events.some(({ explain }) => explain !== undefined)).toBe(true)
    for (const event of events) expect([event, faultsOf(event)]).toEqual([event, []])
  })

  test.each([
    ['no version', { type: 'prediction', offset: 1, next: [] }],
    ['no such type', { v: 1, type: 'lines', offset: 1 }],
    ['an offset that is no number', { v: 1, type: 'prediction', offset: '1', next: [] }],
    ['a probability above 1', { v: 1, type: 'prediction', offset: 1, next: [['a', 2]] }],
    ['a member that nobody knows', { v: 1, type: 'prediction', offset: 1, next: [], more: 1 }],
  ])('notices %s', (_, event) => {
    expect(faultsOf(event)).not.toEqual([])
  })
})

describe('--train', () => {
  test('makes the first line of what follows count, as its baseline ranks it', async () => {
    const { stdout, stderr, code } = await runHere([...small, '--train', at('baseline'), '--only-alerts', '--fail-on-alert', at('today')])
    expect(stdout.split('\n')).toContain(ALARM)
    expect(code).toBe(3)
    expect(stderr).toContain('bits/char')
    const first = await runHere([...small, '--train', at('baseline'), '--json'], `${ALARM}\n`)
    expect(eventsOf(first.stdout)).toEqual([expect.objectContaining({ offset: ALARM.length + 1, alert: true })])
  })

  test('learns several, in their order', async () => {
    const { stderr } = await runHere([...small, '--train', at('baseline'), '--train', at('today'), '--summary'], 'x')
    const characters = readFileSync(at('baseline')).length + readFileSync(at('today')).length
    expect(stderr).toContain(characters.toLocaleString('en'))
    expect(stderr).toContain('read 1 character in 1 line')
  })

  test('is not repeated when the run resumes from a checkpoint', async () => {
    const args = [...small, '--train', at('baseline'), '--checkpoint', at('trained')]
    expect((await runHere(args, 'a\n')).stderr).toContain('bits/char')
    expect((await runHere(args, 'b\n')).stderr).not.toContain('bits/char')
  })

  test('cannot share standard input with the text', async () => {
    expect(await runHere(['--train', '-'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--train is standard input, and so is the text'),
    })
  })
})

describe('--frozen', () => {
  test('gets used to nothing', async () => {
    const text = `${ALARM}\n`.repeat(10)
    const shareOfFirst = async (...flags: readonly string[]) => {
      const { stdout } = await runHere([...small, '--train', at('baseline'), '--json', ...flags], text)
      const bits = eventsOf(stdout).map((event) => Number(event['bits']))
      return bits[9]! / bits[0]!
    }
    expect(await shareOfFirst()).toBeLessThan(0.3)
    expect(await shareOfFirst('--frozen')).toBeGreaterThan(0.6)
  })

  test('reads a checkpoint and writes none', async () => {
    await runHere([...small, '--checkpoint', at('state')], routine(300))
    const before = readdirSync(at('state'))
    const args = ['--frozen', '--checkpoint', at('state'), '--json', at('today')]
    const [first, second] = [await runHere(args), await runHere(args)]
    expect(first.stdout).toBe(second.stdout)
    expect(eventsOf(first.stdout)[0]).toMatchObject({ offset: 20, percentile: expect.any(Number) })
    expect(readdirSync(at('state'))).toEqual(before)
  })

  test('needs something learned', async () => {
    expect(await runHere(['--frozen'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--frozen needs something learned: give --checkpoint or --train'),
    })
  })

  test('says so where there is no checkpoint', async () => {
    expect(await runHere(['--frozen', '--checkpoint', at('nothing')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no checkpoint in'),
    })
  })
})
