import { from, map, type Observable, of, type OperatorFunction, pairwise } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { backward, type Forwarded, forward, loss, predict, type Segment, StaleError, update } from '../../src/index.ts'
import { segmentsOf, smallModel } from './parts.ts'

/** Holds each value back until the next one has come */
function late<T>(): OperatorFunction<T, T> {
  return (source) =>
    source.pipe(
      pairwise(),
      map(([last]) => last),
    )
}

const STAGES = ['loss', 'backward', 'update', 'predict'] as const

/** Learns these segments; what reaches a stage is held back before it */
function failureOf(segments: readonly Segment[], model: ReturnType<typeof smallModel>, before: (typeof STAGES)[number] | undefined): unknown {
  const at =
    <T>(stage: string) =>
    (source: Observable<T>) =>
      stage === before ? source.pipe(late()) : source
  let failure: unknown
  from(segments)
    .pipe(forward(model), at('loss'), loss(), at('backward'), backward(model), at('update'), update(model.optimizer), at('predict'), predict(model))
    .subscribe({ error: (error: unknown) => (failure = error) })
  return failure
}

describe('a late operator is noticed', () => {
  test.each(STAGES)('within a window, where nothing but the tape moves on, before %s', (stage) => {
    const model = smallModel()
    const segments = segmentsOf(model, 'a', 'b', 'c').slice(0, 3)
    expect(segments.map(({ closes }) => closes)).toEqual([false, false, false])
    expect(failureOf(segments, model, stage)).toBeInstanceOf(StaleError)
  })

  test.each(STAGES)('where windows close with each character, before %s', (stage) => {
    const model = smallModel({ every: 1, through: 1 })
    expect(failureOf(segmentsOf(model, 'a', 'b', 'c'), model, stage)).toBeInstanceOf(StaleError)
  })

  test('and one that is in time is none', () => {
    const model = smallModel()
    expect(failureOf(segmentsOf(model, 'a', 'b', 'c'), model, undefined)).toBeUndefined()
  })

  test('once its stream has ended and freed the tape', () => {
    const model = smallModel()
    const frames: (Segment & Forwarded)[] = []
    from(segmentsOf(model, 'ab'))
      .pipe(forward(model))
      .subscribe((frame) => frames.push(frame))
    expect(frames).toHaveLength(3)
    for (const frame of frames) {
      let failure: unknown
      of(frame)
        .pipe(loss())
        .subscribe({ error: (error: unknown) => (failure = error) })
      expect(failure).toBeInstanceOf(StaleError)
    }
  })
})
