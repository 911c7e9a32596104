import { fc, test } from '@fast-check/vitest'
import { describe, expect, test as example } from 'vitest'
import { AlertBar, type Decision } from '../../src/lines/alert-bar.ts'
import { restored } from './saved.ts'

const anyScore = fc.oneof(fc.double({ min: 0, max: 200, noNaN: true }), fc.constantFrom(0, 1, 1e6), fc.nat(1e4))
const anyHistory = fc.array(anyScore, { minLength: 40, maxLength: 400 })
const anyRate = fc.constantFrom(0.0001, 0.001, 0.01, 0.1, 0.5)

function judged(bar: AlertBar, scores: readonly number[]): readonly boolean[] {
  return scores.map((score) => bar.judge(score).alert)
}

/** Scores in [0, 1) from a seed, the same on every engine */
function uniform(count: number, seed = 1): readonly number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  })
}

/**
 * As it is described. The tail beyond the quantiles of 80% and 95% is what an exponential one exceeds once in 100,000 lines, 15 to 40 bits above the
 * median: a log without trouble has no alerts. The share of alerts is a ceiling over any stretch, but for 8 at the start and 32 saved up; half as far again
 * above the median as the highest known score is always one.
 */
class DescribedBar {
  readonly #rate: number
  readonly #window: number
  #credit = 8
  #seen = 0
  #last: number[] = []

  constructor(rate: number, window: number) {
    this.#rate = rate
    this.#window = Math.max(window, 40)
  }

  judge(score: number): Decision {
    const sorted = this.#last.toSorted((a, b) => a - b)
    const quantile = (share: number) => sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Infinity
    const [median, lower, upper] = [quantile(0.5), quantile(0.8), quantile(0.95)]
    const rare = upper + ((upper - lower) * Math.log(1e5 * 0.05)) / Math.log(0.2 / 0.05)
    const floor = sorted.length === 0 ? Infinity : Math.min(Math.max(rare, median + 15), median + 40)
    const far = median + 1.5 * (sorted.at(-1)! - median)
    const allowed = this.#credit <= 0 ? Infinity : quantile(1 - (this.#rate * this.#credit) / 10)
    const warmUp = Math.max(40 - this.#seen, 0)
    const alert = warmUp === 0 && score > Math.max(floor, Math.min(allowed, far))
    this.#credit = Math.min(Math.max(this.#credit + this.#rate - Number(alert), -32), 32)
    this.#seen += 1
    this.#last = [...this.#last, score].slice(-Math.min(this.#window, Math.max(40, Math.ceil(0.75 * this.#seen))))
    const percentile = warmUp > 0 ? undefined : (100 * sorted.filter((other) => other < score).length) / sorted.length
    return { alert, percentile, warmUp, floor }
  }
}

describe('the bar of alerts', () => {
  const anyLevels = fc.record({ seed: fc.nat({ max: 2 ** 31 }), spread: fc.constantFrom(3, 12, 60, 300), power: fc.constantFrom(1, 4, 12) })

  test.prop([fc.array(anyLevels, { minLength: 1, maxLength: 3 }), anyRate, fc.constantFrom(30, 90, 4000)], { numRuns: 30 })(
    'is what it is described as',
    (levels, rate, window) => {
      const [bar, described] = [new AlertBar({ rate, window }), new DescribedBar(rate, window)]
      const scores = levels.flatMap(({ seed, spread, power }) => uniform(120, seed).map((score) => Math.ceil(spread * score ** power)))
      for (const score of scores) {
        const { floor, ...decision } = bar.judge(score)
        const { floor: expected, ...rest } = described.judge(score)
        expect(decision).toEqual(rest)
        expect(floor).toBeCloseTo(expected, 9)
      }
    },
  )

  test.prop([anyHistory, anyRate])('flags a score far beyond all that it remembers, whatever came before', (scores, rate) => {
    const bar = new AlertBar({ rate })
    judged(bar, scores)
    expect(bar.judge(2 * Math.max(...scores) + 41).alert).toBe(true)
  })

  test.prop([anyHistory, anyRate, fc.nat(399)])('decides after it was restored as if nothing had happened', (scores, rate, at) => {
    const whole = judged(new AlertBar({ rate }), scores)
    const bar = new AlertBar({ rate })
    const before = judged(bar, scores.slice(0, at))
    expect([...before, ...judged(restored(bar, new AlertBar({ rate })), scores.slice(at))]).toEqual(whole)
  })

  test.prop([fc.array(fc.double({ min: 0, max: 15, noNaN: true }), { maxLength: 300 })])(
    'flags none of scores that differ by 15 bits at the most',
    (scores) => {
      expect(judged(new AlertBar(), scores)).not.toContain(true)
    },
  )

  test.prop([anyHistory])('ranks a score among those before it', (scores) => {
    const bar = new AlertBar()
    judged(bar, scores)
    expect(bar.judge(Math.max(...scores) + 1).percentile).toBe(100)
    expect(bar.judge(-1).percentile).toBe(0)
  })

  example('flags nothing during the warm-up, and says how many lines it takes', () => {
    const bar = new AlertBar()
    const verdicts = Array.from({ length: 41 }, (_, i) => bar.judge(i === 39 || i === 40 ? 1000 * i : 0))
    expect(verdicts.map(({ warmUp }) => warmUp)).toEqual(Array.from({ length: 41 }, (_, i) => 40 - i))
    expect(verdicts.slice(39).map(({ alert }) => alert)).toEqual([false, true])
    expect(verdicts[39]?.percentile).toBeUndefined()
  })

  example('knows during the warm-up what would be extreme', () => {
    const bar = new AlertBar()
    judged(bar, Array<number>(20).fill(10))
    expect(bar.floor).toBe(25)
    expect(bar.bar).toBe(Infinity)
  })

  example.each([0.001, 0.01, 0.1])('exceeds its ceiling of %d in no stretch by more than what was saved up', (rate) => {
    const quiet = uniform(3000)
    const noisy = uniform(3000, 2).map((score) => 300 * score ** 4)
    const flags = judged(new AlertBar({ rate }), [...quiet, ...noisy, ...quiet])
    expect(flags.slice(0, 3000).filter(Boolean)).toEqual([])
    expect(flags.slice(3000).filter(Boolean).length).toBeGreaterThan(0)
    // four of the first scores of the noise are records
    expect(flags.slice(3000, 6000).filter(Boolean).length).toBeLessThanOrEqual(3000 * rate + 32 + 4)
  })
})
