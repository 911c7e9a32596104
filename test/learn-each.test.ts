import { catchError, from, of, Subject, throwError } from 'rxjs'
import { createModel, digest, Learner, learnEach, type LearnedValue, load, OptionError, save } from '../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './operators/compliance.ts'
import { smallModel } from './operators/parts.ts'

interface Message {
  readonly author: string
  readonly text: string
}

const MESSAGES: readonly Message[] = [
  { author: 'ann', text: 'abcab' },
  { author: 'bob', text: 'cab' },
  { author: 'ann', text: '' },
  { author: 'ann', text: 'abcabcabcabc' },
]

const textOf = ({ text }: Message) => text

describe('learnEach', () => {
  complies(() => ({
    operator: learnEach(smallModel({ learningRate: 0, ngramLearningRate: 0 }), textOf),
    inputs: MESSAGES,
    view: ({ value, bits, prediction }) => ({ value, bits, prediction: [...prediction.probabilities] }),
  }))

  test('gives one result for each value, with the numbers of a Learner', () => {
    const results: LearnedValue<Message>[] = []
    const model = smallModel()
    from(MESSAGES)
      .pipe(learnEach(model, textOf))
      .subscribe((result) => results.push(result))
    const learner = new Learner(smallModel())
    const expected = MESSAGES.map((value) => {
      const losses = learner.learn(value.text)
      const bits = losses.reduce((sum, nats) => sum + nats, 0) / Math.LN2
      const perCharacter = value.text === '' ? 0 : bits / value.text.length
      return { value, offset: learner.offset, bits, bitsPerCharacter: perCharacter, prediction: learner.predict() }
    })
    expect(results.map(({ prediction, ...rest }) => ({ ...rest, prediction: prediction.probabilities }))).toEqual(
      expected.map(({ prediction, ...rest }) => ({ ...rest, prediction: prediction.probabilities })),
    )
    learner.end()
    expect(digest(model)).toBe(digest(learner.model))
  })

  test('learns only some values, where it is told to', () => {
    const [model, all] = [smallModel(), smallModel()]
    const before = digest(model)
    from(MESSAGES)
      .pipe(learnEach(model, textOf, { when: ({ author }) => author === 'nobody' }))
      .subscribe()
    expect(digest(model)).toBe(before)
    from(MESSAGES)
      .pipe(learnEach(all, textOf, { when: ({ author }) => author === 'ann' }))
      .subscribe()
    expect(digest(all)).not.toBe(before)
  })

  test('fails as map does: with the error of the source, or of the function', () => {
    const errors: unknown[] = []
    const results: unknown[] = []
    const failure = new Error('no text')
    const recovered = (error: unknown) => {
      errors.push(error)
      return of('recovered')
    }
    of(1, 2)
      .pipe(
        learnEach(smallModel(), (value) => {
          if (value === 2) throw failure
          return 'ab'
        }),
        catchError(recovered),
      )
      .subscribe((result) => results.push(result))
    throwError(() => failure)
      .pipe(learnEach(smallModel(), String), catchError(recovered))
      .subscribe((result) => results.push(result))
    expect(errors).toEqual([failure, failure])
    expect(results).toEqual([expect.objectContaining({ value: 1 }), 'recovered', 'recovered'])
  })

  test('continues a saved stream', async () => {
    const learner = new Learner(smallModel())
    learner.learn('abcabcab')
    const { model, stream } = await load(await save(learner))
    const straight = learner.learn('cabcabc')
    const bits: number[] = []
    of('cabcabc')
      .pipe(learnEach(model, (text) => text, { from: stream }))
      .subscribe((result) => bits.push(result.bits))
    expect(bits).toEqual([straight.reduce((sum, nats) => sum + nats, 0) / Math.LN2])
  })

  test('is not created without a model, and frees its stream when it is let go', () => {
    const none: { readonly model?: ReturnType<typeof createModel> } = {}
    expect(() => learnEach(none.model!, String)).toThrow(OptionError)
    const model = smallModel()
    const source = new Subject<string>()
    const subscription = source.pipe(learnEach(model, (text) => text)).subscribe()
    source.next('abcabcab')
    subscription.unsubscribe()
    expect(source.observed).toBe(false)
    expect(model.version).toBe(1)
  })
})
