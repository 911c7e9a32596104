import { fc, test } from '@fast-check/vitest'
import { from, of, Subject, toArray } from 'rxjs'
import { describe, expect } from 'vitest'
import type { GradedLine } from '../../src/alerts/grader.ts'
import { AlertStream } from '../../src/alerts/pipeline.ts'
import { events, type LineEvent, type Verdict } from '../../src/index.ts'
import { LineLearner } from '../../src/keyed/line-learner.ts'
import { createModel } from '../../src/network/create.ts'

const tiny = { hidden: 4, ngram: 4, tableBits: 8, every: 4, through: 6, backend: 'reference' } as const
const alertRate = 0.05

/** Regular lines, and among them faults of two kinds */
const lines = Array.from({ length: 300 }, (_, i) => {
  if (i % 30 === 25 && i > 100) return `disk sda${i} failed: no space left on device`
  if (i % 30 === 10 && i > 100) return `nightly report mailed to the owners of tenant ${i}`
  return i % 30 === 20 ? 'backup done' : `worker ${i % 3} did job ${(7 * i) % 10} in ${i % 9} ms`
})
const log = lines.map((line) => `${line}\n`).join('')
const isReport = ({ text }: { readonly text: string }) => text.includes('report')
const opinionOn = (line: LineEvent | GradedLine) => (isReport(line) ? 'noise' : 'useful')

function gradedOf(
  chunks: readonly string[],
  verdicts: readonly Verdict[] = [],
  judges = false,
): { lines: readonly GradedLine[]; verdicts: readonly Verdict[] } {
  const all: GradedLine[] = []
  let said: readonly Verdict[] = []
  const options = { verdicts, alertRate }
  const stream = new AlertStream(createModel(tiny), options)
  from(chunks)
    .pipe(stream.grade())
    .subscribe(({ lines }) => {
      for (const line of lines) {
        all.push(line)
        if (judges && line.alert) stream.judge({ offset: line.offset, verdict: opinionOn(line) })
      }
      said = stream.verdicts
    })
  return { lines: all, verdicts: said }
}
const shown = ({ text, score, alert, percentile }: GradedLine) => ({ text, score, alert, percentile })

describe('verdicts on alerts', () => {
  const judged = gradedOf([log], [], true)

  test('quiet a kind of line, and flag the other one each time', () => {
    const plain = gradedOf([log])
    const alerts = (lines: readonly GradedLine[], isOf: (line: GradedLine) => boolean) => lines.filter((line) => line.alert && isOf(line)).length
    expect(alerts(plain.lines, isReport)).toBeGreaterThan(3)
    expect(alerts(judged.lines, isReport)).toBeLessThan(alerts(plain.lines, isReport))
    expect(alerts(judged.lines, (line) => line.text.startsWith('disk'))).toBeGreaterThanOrEqual(
      alerts(plain.lines, (line) => line.text.startsWith('disk')),
    )
    const quiet = judged.lines.findLast((line) => isReport(line) && !line.alert && line.verdicts !== undefined)
    expect(quiet?.verdicts).toMatchObject({ useful: 0, noise: expect.any(Number), like: expect.stringContaining('report') })
  })

  test.prop([fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 })], { numRuns: 3 })(
    'give the same numbers when they are replayed, however the text is cut',
    (lengths) => {
      const chunks: string[] = []
      for (let at = 0, i = 0; at < log.length; i++) chunks.push(log.slice(at, (at += lengths[i % lengths.length]!)))
      expect(judged.verdicts.length).toBeGreaterThan(4)
      const replayed = gradedOf(chunks, judged.verdicts)
      expect(replayed.lines.map(shown)).toEqual(judged.lines.map(shown))
      expect(replayed.verdicts).toEqual(judged.verdicts)
    },
  )

  test('survive stopping and resuming, to the bit, and so do the alerts that they may be about', async () => {
    const learnAll = (learner: LineLearner, text: string, judges: boolean) => {
      const events = learner.learn(text)
      if (judges) for (const event of events) if (event.alert) expect(learner.judge({ offset: event.offset, verdict: opinionOn(event) })).toBe(true)
      return events
    }
    const half = log.slice(0, log.indexOf('\n', log.length / 2) + 1)
    const straight = await LineLearner.open({ model: tiny, alertRate })
    const events = learnAll(straight, half, true)
    const resumed = await LineLearner.open({ alertRate }, await straight.save())
    const last = events.findLast(({ alert }) => alert)!
    for (const learner of [straight, resumed]) expect(learner.judge({ offset: last.offset, verdict: 'none' })).toBe(true)
    expect(resumed.verdicts).toEqual(straight.verdicts)
    const rest = log.slice(half.length)
    expect(learnAll(resumed, rest, true)).toEqual(learnAll(straight, rest, true))
    for (const learner of [straight, resumed]) learner.dispose()
  })

  test('reach `events` as an observable, which may be unknown, may end, and does not keep the stream open', () => {
    const verdicts$ = new Subject<{ offset: number; verdict: 'noise' }>()
    const seen: LineEvent[] = []
    let completed = false
    from([log.slice(0, 5000), log.slice(5000)])
      .pipe(events(createModel(tiny), { types: ['line'], alertRate, verdicts$ }))
      .subscribe({
        next: (event) => {
          seen.push(event)
          if (event.alert) verdicts$.next({ offset: event.offset, verdict: 'noise' })
          verdicts$.next({ offset: -1, verdict: 'noise' })
        },
        complete: () => (completed = true),
      })
    expect([completed, verdicts$.observed]).toEqual([true, false])
    expect(seen.some(({ verdicts }) => verdicts !== undefined && verdicts.noise > 0)).toBe(true)
  })

  test('make the reason of an alert that would be none without them', () => {
    const useful: Verdict = { verdict: 'useful', text: 'backup done', line: 200 }
    let graded: readonly GradedLine[] = []
    const text = Array.from({ length: 300 }, (_, i) => (i % 9 === 4 ? 'backup done\n' : `worker did job ${i % 10}\n`)).join('')
    of(text)
      .pipe(new AlertStream(createModel(tiny), { verdicts: [useful], alertRate: 0.3 }).grade(), toArray())
      .subscribe((all) => (graded = all.flatMap(({ lines }) => lines)))
    const reasons = graded.flatMap(({ alert, text, reason }) => (alert && text === 'backup done' ? [reason] : []))
    expect(reasons).toContainEqual({ cause: 'verdict', text: 'you said useful 1 time to lines like "backup done"', start: 0, end: 0 })
  })
})
