import { fc, test } from '@fast-check/vitest'
import { describe, expect, test as example } from 'vitest'
import { AlertBar } from '../../src/lines/alert-bar.ts'
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

describe('the bar of alerts', () => {
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
