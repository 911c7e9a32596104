import { from, toArray } from 'rxjs'
import { type Forwarded, forward, Learner, loss, type Model, type Segment } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, segmentsOf, smallModel } from './parts.ts'

describe('loss', () => {
  complies(() => ({ operator: loss(), inputs: forwardedOf(smallModel(), 'ab', 'cabcab', 'c'), view: ({ losses }) => [...losses] }))

  test('is -ln of the probability that the character was given', () => {
    const model = smallModel()
    const learner = new Learner(model)
    const expected = Array.from('abcab', (character) => {
      const { probabilities } = learner.predict()
      learner.observe(character)
      return -Math.log(probabilities[model.vocabulary.symbolOf(character.codePointAt(0)!)]!)
    })
    const losses = lossesOf(model, 'abcab')
    expect(losses).toHaveLength(5)
    for (const [i, nats] of expected.entries()) expect(losses[i]).toBeCloseTo(nats, 12)
  })

  test('scores the first character by the zero state, as likely as any', () => {
    expect(lossesOf(smallModel(), 'a')).toEqual([expect.closeTo(Math.log(4), 12)])
  })

  test('adds ln 1114112 for a novel character', () => {
    expect(lossesOf(smallModel(), 'x')).toEqual([expect.closeTo(Math.log(4) + Math.log(1_114_112), 12)])
  })

  test('is empty for the empty segment that closes a stream', () => {
    expect(scoredOf(smallModel(), 'ab').map(({ losses }) => losses.length)).toEqual([1, 1, 0])
  })
})

function forwardedOf(model: Model, ...chunks: readonly string[]): readonly (Segment & Forwarded)[] {
  let frames: readonly (Segment & Forwarded)[] = []
  from(segmentsOf(model, ...chunks))
    .pipe(forward(model, { stale: 'allow' }), toArray())
    .subscribe((all) => (frames = all))
  return frames
}

function lossesOf(model: Model, text: string): readonly number[] {
  return scoredOf(model, text).flatMap(({ losses }) => [...losses])
}
