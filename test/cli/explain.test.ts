import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { KnownWords } from '../../src/alerts/known-words.ts'
import { UsualLines } from '../../src/alerts/usual-lines.ts'
import { eventsOf, rxrnn } from './run.ts'

const small = ['--hidden', '8', '--ngram', '4', '--table-bits', '12']
const routine = Array.from({ length: 600 }, (_, i) => `worker ${i % 7} started job ${i % 3} ok\n`).join('')

const explained = async (line: string) => {
  const { stdout } = await rxrnn([...small, '--json', '--explain'], `${routine}${line}\n`)
  return eventsOf(stdout).at(-1)
}

describe('--explain', () => {
  test.each([
    ['worker 3 started job 1 öh', { reason: 'new character', character: 'ö', after: 'ker 3 started job 1 ', word: 'öh' }],
    ['worker 3 restarted job 1 ok', { reason: 'new word', character: 'r', word: 'restarted', after: 'worker 3 ' }],
    ['started job 1 worker 3 ok', { reason: 'new order', character: 's', word: 'started', after: '' }],
  ])('tells of %j what was expected, and why it surprised', async (line, explanation) => {
    const event = await explained(line)
    expect(event).toMatchObject({
      text: line,
      alert: true,
      explain: { ...explanation, similar: expect.stringMatching(/^worker \d started job \d ok$/) },
    })
  })

  test('says it under the line', async () => {
    const line = 'worker 3 restarted job 1 ok'
    const { stdout } = await rxrnn([...small, '--only-alerts', '--explain'], `${routine}${line}\n`)
    const lines = stdout.split('\n')
    expect(lines.at(lines.indexOf(line) + 1)).toMatch(/^ {4}after "worker 3 " expected "s" \d+%.*, but came "r": the new word "restarted"$/)
    expect(lines.at(lines.indexOf(line) + 2)).toMatch(/^ {4}usual: worker/)
    const coloured = await rxrnn([...small, '--color', 'always', '--explain'], `${routine}${line}\n`)
    expect(coloured.stdout).toContain('\x1b[2m    after')
  })

  test('finds the place in a line that a checkpoint cut', async () => {
    const state = mkdtempSync(`${tmpdir()}/rxrnn-`)
    const flags = ['--explain', '--mask', 'numbers', '--json', '--checkpoint', state]
    await rxrnn([...small, ...flags], `${routine}worker 3 `)
    const { stdout } = await rxrnn(flags, 'restarted job 1 ok\n')
    expect(eventsOf(stdout)[0]).toMatchObject({ text: 'worker 3 restarted job 1 ok', explain: { at: 9, after: 'worker # ', word: 'restarted' } })
  })

  test('explains a line that surprises most beyond what is kept of it', async () => {
    const event = await explained(`${'ab'.repeat(33_000)}\u03a9${'ab'.repeat(10)}`)
    expect(event).toMatchObject({ alert: true, explain: { at: 66_000, character: '\u03a9', reason: 'new character' } })
  })

  test('knows the words of a checkpoint', async () => {
    const state = mkdtempSync(`${tmpdir()}/rxrnn-`)
    await rxrnn([...small, '--explain', '--checkpoint', state], routine)
    const { stdout } = await rxrnn(['--explain', '--json', '--checkpoint', state], 'started job 1 worker 3 ok\n')
    expect(eventsOf(stdout)[0]).toMatchObject({ explain: { reason: 'new order' } })
  })
})

describe('what is remembered of a text', () => {
  test('are its words, in a set of a fixed size', () => {
    const words = new KnownWords()
    words.add('GET /item/7 größer')
    expect(['GET', 'item', '7', 'größer', 'größ', 'get'].map((word) => words.has(word))).toEqual([true, true, true, true, false, false])
    words.add(Array.from({ length: 4000 }, (_, i) => i).join(' '))
    expect(words.has('12')).toBe(true)
  })

  test('are the last lines that differ in more than digits', () => {
    const usual = new UsualLines()
    expect(usual.nearest('a b c')).toBeUndefined()
    usual.add('get item 1', 'get item 1')
    usual.add('put cart 1', 'put cart 1')
    usual.add('get item 2', 'GET item 2')
    expect(usual.nearest('get items 7')).toBe('GET item 2')
    expect(usual.nearest('nothing of it')).toBeUndefined()
    for (let i = 0; i < 300; i++) usual.add(`x${'y'.repeat(i)}`, '')
    expect(usual.nearest('get item 1')).toBeUndefined()
  })
})
