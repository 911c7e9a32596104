import { inspect } from 'node:util'
import { fc, test as property } from '@fast-check/vitest'
import { from, of } from 'rxjs'
import { learn, predict, Vocabulary } from '../../src/index.ts'
import { Prediction } from '../../src/network/prediction.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, smallModel, sum } from './parts.ts'

describe('predict', () => {
  complies(() => {
    const model = smallModel()
    return { operator: predict(model), inputs: scoredOf(model, 'ab', 'cabcab', 'c'), view: ({ prediction }) => [...prediction.probabilities] }
  })

  test('gives a distribution over the symbols', () => {
    const model = smallModel()
    of('abcabcx')
      .pipe(learn(model))
      .subscribe(({ prediction: { probabilities } }) => {
        expect(sum(probabilities)).toBeCloseTo(1, 12)
        expect(Math.min(...probabilities)).toBeGreaterThan(0)
      })
  })

  test('foresees what the next character will cost, with the parameters just updated', () => {
    const model = smallModel({ every: 2, through: 3 })
    let believed: Float64Array | undefined
    let compared = 0
    from('abcaacbbacab')
      .pipe(learn(model))
      .subscribe(({ targets, losses, prediction }) => {
        if (believed !== undefined && targets.length > 0) {
          expect(losses[0]).toBeCloseTo(-Math.log(believed[targets[0]!]!), 12)
          compared += 1
        }
        believed = prediction.probabilities
      })
    expect(compared).toBe(11)
  })

  test('names the likeliest characters, likeliest first', () => {
    const model = smallModel({ hidden: 8 })
    let top: readonly (readonly [number, number])[] = []
    of('abc'.repeat(300))
      .pipe(learn(model))
      .subscribe(({ prediction }) => (top = prediction.top(2)))
    expect(top).toHaveLength(2)
    expect(String.fromCodePoint(top[0]![0])).toBe('a')
    expect(top[0]![1]).toBeGreaterThan(top[1]![1])
  })

  property.prop([fc.array(fc.constantFrom(0.1, 0.2, 0.3, 0.4), { minLength: 1, maxLength: 40 }), fc.nat(45)])(
    'names as many as are asked for, the earlier symbol first where two are as likely',
    (probabilities, count) => {
      const vocabulary = new Vocabulary()
      for (let i = 1; i < probabilities.length; i++) vocabulary.add(i + 64)
      const sorted = probabilities
        .map((probability, symbol) => [symbol + 64, probability] as const)
        .slice(1)
        .sort((a, b) => b[1] - a[1])
      expect(new Prediction(Float64Array.from(probabilities), vocabulary).top(count)).toEqual(sorted.slice(0, count))
    },
  )

  test('is shown with the five likeliest, as JSON has them too', () => {
    const vocabulary = new Vocabulary()
    for (const character of 'abcdef') vocabulary.add(character.codePointAt(0)!)
    const prediction = new Prediction(Float64Array.of(0.05, 0.1, 0.2, 0.3, 0.15, 0.12, 0.08), vocabulary)
    expect(inspect(prediction)).toBe('"c" 30%, "b" 20%, "d" 15%, "e" 12%, "a" 10%')
    expect(prediction.toJSON()).toEqual(prediction.next(5))
  })
})
