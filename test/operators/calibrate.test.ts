import { from } from 'rxjs'
import { type Calibrated, calibrate, type CalibrateOptions, Random } from 'rxrnn'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'

const lineOf = (score: number) => ({ score })

function calibrated(scores: readonly number[], options?: CalibrateOptions): readonly Calibrated[] {
  const all: Calibrated[] = []
  from(scores.map(lineOf))
    .pipe(calibrate(options))
    .subscribe((line) => all.push(line))
  return all
}

/** The share of alerts from a line on, in percent */
function shareOf(all: readonly Calibrated[], start: number, end: number = all.length): number {
  return (100 * all.slice(start, end).filter(({ alert }) => alert).length) / (end - start)
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => (i * 37) % count)

function draws(count: number, draw: (random: Random, i: number) => number): readonly number[] {
  const random = new Random(7)
  return Array.from({ length: count }, (_, i) => draw(random, i))
}

describe('calibrate', () => {
  complies(() => ({ operator: calibrate(), inputs: [...upTo(101), 50.5, 1000].map(lineOf) }))

  test('ranks a line among those before it, in percent', () => {
    const all = calibrated([...upTo(150), 50.5, 1000, -1])
    const [middle, highest, lowest] = all.slice(-3)
    expect(middle?.percentile).toBeGreaterThan(20)
    expect(middle?.percentile).toBeLessThan(50)
    expect(highest).toMatchObject({ percentile: 100, alert: true })
    expect(lowest).toMatchObject({ percentile: 0, alert: false })
  })

  test('says nothing of the first 100 lines, and how many are to come', () => {
    const all = calibrated(upTo(102))
    expect(all.slice(0, 100).every(({ percentile, alert }) => percentile === undefined && !alert)).toBe(true)
    expect(all[100]?.percentile).toBeDefined()
    expect([0, 99, 100, 101].map((i) => all[i]?.warmUp)).toEqual([100, 1, 0, 0])
  })

  test('waits until there are enough lines to find the share among', () => {
    const rare = calibrated([...upTo(999), 5000, 5001], { alertRate: 0.001 })
    expect(rare.map(({ alert }) => alert).indexOf(true)).toBe(1000)
  })

  test.each([
    ['scores that are all alike but for noise', 0.01, draws(8000, (random) => 5 + random.normal())],
    ['scores of a heavy tail', 0.01, draws(8000, (random) => random.uniform() ** -2)],
    ['scores that rise all the time', 0.01, draws(8000, (random, i) => i / 400 + random.normal())],
    ['scores that fall all the time', 0.01, draws(8000, (random, i) => (8000 - i) / 400 + 5 + random.normal())],
    ['scores that grow in leaps', 0.01, draws(8000, (random, i) => 3 * Math.floor(i / 1000) + random.normal())],
    ['scores that come and go', 0.05, draws(8000, (random, i) => 4 * Math.sin(i / 300) + random.normal())],
  ])('flags about the share that was asked for: %s', (_, alertRate, scores) => {
    const share = shareOf(calibrated(scores, { alertRate }), 100)
    expect(share).toBeGreaterThan(50 * alertRate)
    expect(share).toBeLessThan(160 * alertRate)
  })

  test('flags no line that is like most, and none that surprises by less than a bit', () => {
    expect(shareOf(calibrated(draws(1000, (random) => 0.1 * random.uniform())), 0)).toBe(0)
    expect(calibrated([...draws(1000, (random) => 0.1 * random.uniform()), 2]).at(-1)?.alert).toBe(true)
    expect(shareOf(calibrated(Array<number>(1000).fill(3)), 0)).toBe(0)
  })

  test('takes a change that lasts for an exception only at first', () => {
    const all = calibrated(draws(4000, (random, i) => (i < 2000 ? 0 : 100) + random.normal()))
    expect(shareOf(all, 2000, 2010)).toBeGreaterThan(50)
    expect(shareOf(all, 2050, 4000)).toBeLessThan(1.5)
  })

  test('forgets lines that are older than the window', () => {
    const scores = [...Array.from({ length: 200 }, () => 10), ...Array.from({ length: 200 }, () => 1), 5]
    expect(calibrated(scores, { window: 200 }).at(-1)?.percentile).toBe(100)
    expect(calibrated(scores, { window: 400 }).at(-1)?.percentile).toBeLessThan(100)
  })

  test.each([0, 1, -0.5, NaN])('refuses the alert rate %s', (alertRate) => {
    expect(() => calibrate({ alertRate })).toThrow(`alertRate is ${alertRate}, but it must be a number between 0 and 1`)
  })

  test.each([0, 1.5, NaN, Infinity])('refuses a window of %s lines', (window) => {
    expect(() => calibrate({ window })).toThrow(`window is ${window}, but it must be a whole number from 1`)
    expect(() => calibrate({ window })).toThrow(expect.objectContaining({ name: 'OptionError', option: 'window' }))
  })
})
