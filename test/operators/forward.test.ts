import { concat, from, NEVER, throwError } from 'rxjs'
import { type Forwarded, forward, type Segment } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { marbles, segmentsOf, smallModel } from './parts.ts'

const TEXT = 'abcabcabcab'
const lossesOf = ({ activations: { model, tape, first, to } }: Forwarded) => [...model.losses(tape, first, to)]

describe('forward', () => {
  complies(() => {
    const model = smallModel()
    return { operator: forward(model), inputs: segmentsOf(model, 'ab', 'cabcab', 'c'), view: lossesOf }
  })

  test('hands each segment on with its activations', () => {
    const model = smallModel()
    const [a, b, c] = segmentsOf(model, 'a', 'b', 'c')
    const withActivations = (segment: Segment | undefined) => expect.objectContaining({ ...segment, activations: expect.objectContaining({ model }) })
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Segment>('-a--b-c-|', { a: a!, b: b!, c: c! })
      const expected = '            -a--b-c-|'
      expectObservable(source.pipe(forward(model))).toBe(expected, { a: withActivations(a), b: withActivations(b), c: withActivations(c) })
      expectSubscriptions(source.subscriptions).toBe('^-------!')
    })
  })

  test('carries the hidden state from one segment to the next', () => {
    const model = smallModel()
    const together = losses(model, 'abcab')
    expect(losses(model, 'a', 'b', 'c', 'a', 'b')).toEqual(together)
    // the same pair after another past
    expect(losses(model, 'cbcab').at(-1)).not.toBe(together.at(-1))
  })

  test.each([
    ['completion', (segments: readonly Segment[]) => from(segments), (): void => {}],
    [
      'an error',
      (segments: readonly Segment[]) =>
        concat(
          from(segments),
          throwError(() => new Error('end')),
        ),
      (): void => {},
    ],
    ['unsubscribing', (segments: readonly Segment[]) => concat(from(segments), NEVER), (unsubscribe: () => void) => unsubscribe()],
  ])('frees its tape after %s', (_, source, end) => {
    const model = smallModel()
    const frames: Forwarded[] = []
    const subscription = source(segmentsOf(model, TEXT))
      .pipe(forward(model))
      .subscribe({ next: (frame) => frames.push(frame), error: () => {} })
    end(() => subscription.unsubscribe())
    const { tape } = frames[0]!.activations
    expect(() => model.lookAhead(tape)).toThrow('this tape was freed when its stream ended; subscribe again for a new one')
  })

  test('asks nothing of the model before the first segment', () => {
    const model = smallModel()
    const output$ = NEVER.pipe(forward(model))
    model.dispose()
    const errors: unknown[] = []
    output$.subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toEqual([])
  })

  test('is an error once the model was disposed of', () => {
    const model = smallModel()
    const segments = segmentsOf(model, TEXT)
    model.dispose()
    const errors: unknown[] = []
    from(segments)
      .pipe(forward(model))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('disposed') })])
  })

  test("gives every segment a tape of its own with stale: 'allow', which outlives the stream", () => {
    const model = smallModel()
    const frames: Forwarded[] = []
    from(segmentsOf(model, TEXT))
      .pipe(forward(model, { stale: 'allow' }))
      .subscribe((frame) => frames.push(frame))
    expect(new Set(frames.map(({ activations }) => activations.tape)).size).toBe(frames.length)
    expect(frames.flatMap(lossesOf)).toEqual(losses(model, TEXT))
  })
})

function losses(model: ReturnType<typeof smallModel>, ...chunks: readonly string[]): readonly number[] {
  const all: number[] = []
  from(segmentsOf(model, ...chunks))
    .pipe(forward(model))
    .subscribe((frame) => all.push(...lossesOf(frame)))
  return all
}
