import { describe, expect, test } from 'vitest'
import { runHere } from './program.ts'

const small = ['--hidden', '8', '--ngram', '4', '--table-bits', '12']
const FIRE = 'FATAL disk /dev/sda1 is on fire, giving up'
const beats = (count: number) => 'heartbeat ok\n'.repeat(count)

describe('a log that is shorter than the warm-up', () => {
  test('shows at the end what stood out, and that nothing could be flagged yet', async () => {
    const { stderr, stdout, code } = await runHere([...small, '--summary'], `${beats(20)}${FIRE}\n${beats(5)}`)
    const [heading, line, reason, summary] = stderr.split('\n')
    expect([heading, line]).toEqual(['what stood out so far:', `  line 21: ${FIRE}`])
    expect(reason).toMatch(/^ {4}the .+: first of its kind in 20 lines$/)
    expect(summary).toMatch(/nothing could be flagged yet, which takes 14 more lines$/)
    expect([stdout, code]).toEqual([`${beats(20)}${FIRE}\n${beats(5)}`, 0])
  })

  test('exits with 3 for --fail-on-alert when a line with a severe word stood out', async () => {
    const { stderr, code } = await runHere([...small, '--fail-on-alert'], `${beats(20)}${FIRE}\n`)
    expect(code).toBe(3)
    expect(stderr).toContain('rxrnn: nothing could be flagged yet, which takes 19 more lines\n')
    expect(stderr).toContain('alert in hindsight')
  })

  test.each([
    ['without such a line', beats(30), []],
    ['with --no-severe-words', `${beats(20)}${FIRE}\n`, ['--no-severe-words']],
  ])('exits with 0 %s', async (_, text, flags) => {
    const { stderr, code } = await runHere([...small, '--fail-on-alert', ...flags], text)
    expect(code).toBe(0)
    expect(stderr).toMatch(/nothing could be flagged yet/)
  })

  test('says nothing into a pipe unless it is asked for', async () => {
    expect((await runHere(small, `${beats(20)}${FIRE}\n`)).stderr).toBe('')
  })
})

describe('a log that is longer', () => {
  test('exits with 3 for --fail-on-alert when a line is flagged', async () => {
    const { stderr, code } = await runHere([...small, '--fail-on-alert', '--summary'], `${beats(300)}${FIRE}\n`)
    expect(code).toBe(3)
    expect(stderr).toMatch(/, 1 alert\n$/)
  })

  test('counts blocks, and their lines', async () => {
    const { stderr } = await runHere([...small, '--summary'], `${beats(300)}${FIRE}\n${FIRE}\n${beats(20)}${FIRE}\n`)
    expect(stderr).toMatch(/, 2 alerts \(3 lines\)\n$/)
  })
})
