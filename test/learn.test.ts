import { from, map, of, tap } from 'rxjs'
import { digest, type LearnedSegment, Learner, learn, type Model, observe } from '../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './operators/compliance.ts'
import { marbles, pairsOf, smallModel } from './operators/parts.ts'

const INPUTS = ['ab\ud83d', '\ude00cabcab', '', 'c\ud83d']

/** Knows every character of the inputs, so that a second stream finds the vocabulary that the first one found */
function modelOfInputs(): Model {
  const model = smallModel({ learningRate: 0, ngramLearningRate: 0 })
  for (const character of ['😀', '\ud83d']) model.vocabulary.add(character.codePointAt(0)!)
  model.write('by', new Float64Array(model.vocabulary.size))
  return model
}

describe('learn', () => {
  complies(() => ({
    operator: learn(modelOfInputs()),
    inputs: INPUTS,
    view: (learned) => ({
      ...pairsOf(learned),
      losses: [...learned.losses],
      next: [...learned.prediction.probabilities],
      injected: learned.injected,
    }),
  }))

  test('gives a segment a character on a trickle and a window a segment on a flood, as they come', () => {
    const toText = map(({ characters, update }: LearnedSegment) => `${String.fromCodePoint(...characters)}${update === undefined ? '' : '!'}`)
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a-b----c-|', { a: 'a', b: 'bcabca', c: 'c' })
      const expected = '     -a-(xy)-z-(w|)'
      expectObservable(source.pipe(learn(smallModel()), toText)).toBe(expected, { a: 'a', x: 'bcab!', y: 'ca', z: 'c', w: '!' })
      expectSubscriptions(source.subscriptions).toBe('^---------!')
    })
  })

  test('paused, scores and reads on, and never learns what came meanwhile: as observing does', () => {
    const text = 'the cat sat on the mat. '
    const pausedAt = (i: number) => i % 3 === 1
    const chunks = Array.from({ length: 20 }, (_, i) => (pausedAt(i) ? `${text}été ` : text))
    for (const every of [4, 7]) {
      const [piped, stepped] = [smallModel({ every, through: 8 }), smallModel({ every, through: 8 })]
      const losses: number[] = []
      let i = 0
      from(chunks)
        .pipe(
          tap(() => (i += 1)),
          learn(piped, { when: () => !pausedAt(i - 1) }),
        )
        .subscribe((learned) => losses.push(...learned.losses))
      const learner = new Learner(stepped)
      expect(losses).toEqual(chunks.flatMap((chunk, i) => [...(pausedAt(i) ? learner.observe(chunk) : learner.learn(chunk))]))
      learner.end()
      expect(digest(piped)).toBe(digest(stepped))
      expect(piped.vocabulary.symbolOf('é'.codePointAt(0)!)).toBe(0)
    }
  })

  test('paused from the start to the end, leaves the model as it was', () => {
    const model = smallModel()
    const before = digest(model)
    of('abcabcabcxyz')
      .pipe(learn(model, { when: () => false }))
      .subscribe()
    expect([digest(model), model.version, model.vocabulary.size]).toEqual([before, 0, 4])
  })

  test('learns', () => {
    const model = smallModel({ hidden: 8 })
    const losses: number[] = []
    of('abc'.repeat(300))
      .pipe(learn(model))
      .subscribe((learned) => losses.push(...learned.losses))
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(losses.slice(-100))).toBeLessThan(mean(losses.slice(0, 100)) / 4)
  })
})

describe('observe', () => {
  complies(() => ({
    operator: observe(modelOfInputs()),
    inputs: INPUTS,
    view: (observed) => ({ ...pairsOf(observed), losses: [...observed.losses], next: [...observed.prediction.probabilities] }),
  }))

  test('scores and predicts, and nothing of the model changes', () => {
    const model = smallModel()
    const before = digest(model)
    const losses: number[] = []
    of('abcabcabcx')
      .pipe(observe(model))
      .subscribe((observed) => losses.push(...observed.losses))
    expect(losses).toHaveLength(10)
    expect([digest(model), model.version, model.vocabulary.size]).toEqual([before, 0, 4])
  })
})
