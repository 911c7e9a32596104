import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { runHere } from './program.ts'
import { eventsOf } from './run.ts'

const small = ['--hidden', '8', '--ngram', '4', '--table-bits', '12']
const routine = Array.from({ length: 600 }, (_, i) => `worker ${i % 7} started job ${i % 3} ok\n`).join('')
const odd = 'worker 3 restarted job 1 ok'

const lastOf = async (text: string, flags: readonly string[] = []) => eventsOf((await runHere([...small, '--json', ...flags], text)).stdout).at(-1)

describe('the reason of an alert', () => {
  test('is in every event of an alert, and in no other', async () => {
    const { stdout } = await runHere([...small, '--json'], `${routine}${odd}\n`)
    const events = eventsOf(stdout)
    for (const { alert, reason } of events) expect(reason !== undefined).toBe(alert)
    expect(events.at(-1)).toMatchObject({ reason: { cause: 'new word', text: 'the new word "restarted": first of its kind in 600 lines' } })
  })

  test('is under the line with --explain, and under the first line of a block alone', async () => {
    const { stdout } = await runHere([...small, '--only-alerts', '--explain'], `${routine}${odd}\n${odd}\n`)
    const lines = stdout.split('\n')
    const at = lines.indexOf(odd)
    expect(lines.slice(at, at + 3)).toEqual([odd, '    the new word "restarted": first of its kind in 600 lines', expect.stringMatching(PLACE)])
    expect(lines.slice(at + 3)).toEqual(['    here always came started', expect.stringMatching(/^ {4}usual: worker/), odd, ''])
  })

  test('is under the line for people without being asked for', async () => {
    const coloured = await runHere([...small, '--color', 'always'], `${routine}${odd}\n`)
    expect(coloured.stdout).toContain('\x1b[2mthe new word "restarted"')
  })
})

const PLACE = /^ {4}after "worker 3 " expected "s" \d+%.*, but came "r"$/

describe('--explain', () => {
  test.each([
    ['worker 3 restarted job 1 ok', { at: 9, word: 'restarted', after: 'worker 3 ', character: 'r' }],
    ['fatal: worker 3 lost job 1', { word: 'fatal', after: '' }],
  ])('points at what made the score of %j', async (line, explanation) => {
    expect(await lastOf(`${routine}${line}\n`, ['--explain'])).toMatchObject({
      text: line,
      alert: true,
      explain: { ...explanation, similar: expect.stringMatching(/^worker \d started job \d ok$/) },
    })
  })

  test('finds the place in a line that a checkpoint cut', async () => {
    const state = mkdtempSync(`${tmpdir()}/rxrnn-`)
    const flags = ['--explain', '--mask', 'numbers', '--json', '--checkpoint', state]
    await runHere([...small, ...flags], `${routine}worker 3 `)
    const { stdout } = await runHere(flags, 'restarted job 1 ok\n')
    expect(eventsOf(stdout)[0]).toMatchObject({ text: odd, explain: { at: 9, after: 'worker # ', word: 'restarted' } })
  })

  test('knows the words of a checkpoint', async () => {
    const state = mkdtempSync(`${tmpdir()}/rxrnn-`)
    await runHere([...small, '--checkpoint', state], routine)
    const { stdout } = await runHere(['--json', '--checkpoint', state], 'started job 1 worker 3 ok\n')
    expect(eventsOf(stdout)[0]).toMatchObject({ reason: { cause: 'new kind' } })
  })
})
