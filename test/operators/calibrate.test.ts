import { from } from 'rxjs'
import { type Calibrated, calibrate, type CalibrateOptions, type Line } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'

/** A line of 10 characters that took that many bits each */
function lineOf(bitsPerCharacter: number): Line {
  return { characters: new Int32Array(), surprise: new Float64Array(), bits: 10 * bitsPerCharacter, length: 10, offset: 0 }
}

function calibrated(scores: readonly number[], options?: CalibrateOptions): readonly (Line & Calibrated)[] {
  const all: (Line & Calibrated)[] = []
  from(scores.map(lineOf))
    .pipe(calibrate(options))
    .subscribe((line) => all.push(line))
  return all
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => (i * 37) % count)

describe('calibrate', () => {
  complies(() => ({ operator: calibrate(), inputs: [...upTo(101), 50.5, 1000].map(lineOf) }))

  test('ranks a line among those before it, in percent', () => {
    const [median, highest, lowest] = calibrated([...upTo(100), 49.5, 1000, -1]).slice(-3)
    expect(median).toMatchObject({ percentile: 50, alert: false })
    expect(highest).toMatchObject({ percentile: 100, alert: true })
    expect(lowest).toMatchObject({ percentile: 0, alert: false })
  })

  test('says nothing of the first 100 lines', () => {
    const all = calibrated(upTo(101))
    expect(all.slice(0, 100).every(({ percentile, alert }) => percentile === undefined && !alert)).toBe(true)
    expect(all[100]?.percentile).toBeDefined()
  })

  test('waits until there are enough lines to find the share among', () => {
    const rare = calibrated([...upTo(999), 5000, 5001], { alertRate: 0.001 })
    expect(rare.map(({ alert }) => alert).indexOf(true)).toBe(1000)
  })

  test('flags about the share that was asked for', () => {
    const scores = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5003)
    const share = calibrated(scores, { alertRate: 0.05 }).filter(({ alert }) => alert).length / 5000
    expect(share).toBeGreaterThan(0.04)
    expect(share).toBeLessThan(0.06)
  })

  test('forgets lines that are older than the window', () => {
    const scores = [...Array.from({ length: 200 }, () => 10), ...Array.from({ length: 200 }, () => 1), 5]
    expect(calibrated(scores, { window: 200 }).at(-1)?.percentile).toBe(100)
    expect(calibrated(scores, { window: 400 }).at(-1)?.percentile).toBe(50)
  })

  test('compares bits per character, not bits', () => {
    const long = { ...lineOf(1), bits: 1000, length: 1000 }
    const all: (Line & Calibrated)[] = []
    from([...Array.from({ length: 100 }, () => lineOf(2)), long])
      .pipe(calibrate())
      .subscribe((line) => all.push(line))
    expect(all.at(-1)).toMatchObject({ percentile: 0, alert: false })
  })

  test.each([0, 1, -0.5, NaN])('refuses the alert rate %s', (alertRate) => {
    expect(() => calibrate({ alertRate })).toThrow(`alertRate is ${alertRate}, but it must be a number between 0 and 1`)
  })

  test.each([0, 1.5, NaN, Infinity])('refuses a window of %s lines', (window) => {
    expect(() => calibrate({ window })).toThrow(`window is ${window}, but it must be a whole number from 1`)
    expect(() => calibrate({ window })).toThrow(expect.objectContaining({ name: 'OptionError', option: 'window' }))
  })
})
