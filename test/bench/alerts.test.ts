import { of } from 'rxjs'
import { createModel, events, type LineEvent } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { DETECTORS, flagHighest } from '../../bench/detectors.mjs'
import { inject, KINDS, serviceLog } from '../../bench/faults.mjs'
import { measure } from '../../bench/measure.mjs'

const RATE = 0.01

function ours(texts: readonly string[]): readonly LineEvent[] {
  const lines: LineEvent[] = []
  of(`${texts.join('\n')}\n`)
    .pipe(events(createModel({ preset: 'small' }), { types: ['line'] }))
    .subscribe((event) => event.type === 'line' && lines.push(event))
  return lines
}

const flagsOf = (lines: readonly LineEvent[]) => lines.map(({ alert }) => alert)

/** The share of flags from a line on, in percent */
function shareOf(flags: readonly boolean[], from: number, to: number = flags.length): number {
  return (100 * flags.slice(from, to).filter(Boolean).length) / (to - from)
}

describe('the faults', () => {
  const log = serviceLog(1, 2000)
  const { lines, kinds } = inject(log, 2, { each: 3 })

  test('are the same for the same seed, and others for another', () => {
    expect(serviceLog(1, 2000)).toEqual(log)
    expect(inject(log, 2, { each: 3 })).toEqual({ lines, kinds })
    expect(serviceLog(2, 2000)).not.toEqual(log)
    expect(inject(log, 3, { each: 3 })).not.toEqual({ lines, kinds })
  })

  test('are as many of each kind, each with lines of its own, and none at the beginning', () => {
    for (const kind of KINDS) expect(kinds.filter((other) => other === kind).length).toBe(3)
    const faults = lines.flatMap(({ fault }) => fault ?? [])
    expect(new Set(faults).size).toBe(15)
    expect(faults).toEqual(faults.toSorted((a, b) => a - b))
    expect(lines.slice(0, 400)).toEqual(log.slice(0, 400).map((text) => ({ text })))
  })

  test('leave every other line as it was', () => {
    const known = new Set(log)
    expect(lines.every(({ text, fault }) => fault !== undefined || known.has(text))).toBe(true)
  })

  test('need a log that is long enough', () => {
    expect(() => inject(log.slice(0, 200), 1)).toThrow('too short for 60 faults')
  })
})

describe('alerts', () => {
  test('find faults better than each simple detector, as a mean over logs', () => {
    const f1 = new Map<string, number>()
    for (const seed of [21, 22]) {
      const { lines } = inject(serviceLog(seed, 3000), seed, { each: 6 })
      const texts = lines.map(({ text }) => text)
      const labels = lines.map(({ fault }) => (fault === undefined ? 0 : 1))
      const add = (name: string, scores: readonly number[], flags: readonly boolean[]) => {
        const { precision, recall } = measure(scores, flags, labels)
        f1.set(name, (f1.get(name) ?? 0) + (2 * precision * recall) / (precision + recall || 1))
      }
      const graded = ours(texts)
      add(
        'ours',
        graded.map(({ score }) => score),
        flagsOf(graded),
      )
      for (const [name, scoresOf] of Object.entries(DETECTORS)) add(name, scoresOf(texts), flagHighest(scoresOf(texts), RATE))
    }
    for (const [name, sum] of f1) if (name !== 'ours') expect([name, sum < f1.get('ours')!]).toEqual([name, true])
  })

  test.each([
    [31, 0],
    [34, 20],
  ])('are at most one line of a hundred or so: log %i with %i changes', (seed, drift) => {
    expect(shareOf(flagsOf(ours(serviceLog(seed, 3000, { drift }))), 100)).toBeLessThan(1.6)
  })

  test('are no more than usual soon after all of the log has changed', () => {
    const flags = flagsOf(ours([...serviceLog(41, 2000), ...serviceLog(42, 2000)]))
    expect(shareOf(flags, 2000, 2020)).toBeGreaterThan(20)
    expect(shareOf(flags, 2050)).toBeLessThan(1.6)
  })

  test('end while a fault lasts, which is normal then', () => {
    const log = serviceLog(43, 3000)
    const fault = 'FATAL storage: write failed, device is gone'
    const lasting = log.flatMap((text, i) => (i < 1500 ? [text] : [text, `${text.slice(0, 24)}${fault}`]))
    const flags = flagsOf(ours(lasting))
    const flaggedFaults = flags.flatMap((flag, i) => (flag && lasting[i]!.endsWith(fault) ? [i] : []))
    expect(flaggedFaults[0]).toBe(1501)
    expect(flaggedFaults.filter((i) => i > 1600).length).toBeLessThan(10)
    expect(shareOf(flags, 1600)).toBeLessThan(1.6)
  })
})
