import { from, toArray } from 'rxjs'
import { type Backpropagated, backward, digest, type Forwarded, type Model, type Segment, update } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, smallModel } from './parts.ts'

describe('update', () => {
  complies(() => {
    const model = smallModel()
    const inputs = backpropagatedOf(model, 'ab', 'cabcab', 'c')
    return { operator: update(model.optimizer), inputs, view: ({ update, offset }) => [offset, update === undefined] }
  })

  test('updates on each segment that closes a window, and on no other', () => {
    const model = smallModel()
    const updates: unknown[] = []
    from(backpropagatedOf(model, 'a', 'bc', 'ab', 'ca'))
      .pipe(update(model.optimizer))
      .subscribe((segment) => updates.push([segment.offset, segment.update?.updates, model.version]))
    expect(updates).toEqual([
      [1, undefined, 0],
      [3, undefined, 0],
      [5, 1, 1],
      [7, undefined, 1],
      [7, 2, 2],
    ])
  })

  test('changes the parameters, says how large the gradient was, and clears it', () => {
    const model = smallModel({ learningRate: 0.1 })
    const before = digest(model)
    from(backpropagatedOf(model, 'abcab'))
      .pipe(update(model.optimizer))
      .subscribe(({ update }) => {
        if (update === undefined) return
        expect(update).toEqual({ updates: 1, gradientNorm: expect.any(Number), learningRate: 0.1, applied: true })
        expect(update.gradientNorm).toBeGreaterThan(0)
      })
    expect(digest(model)).not.toBe(before)
    expect(model.optimizer.apply().gradientNorm).toBe(0)
  })

  test('changes nothing with a learning rate of 0', () => {
    const model = smallModel({ learningRate: 0, ngramLearningRate: 0 })
    const before = digest(model)
    from(backpropagatedOf(model, 'abcabcabc')).pipe(update(model.optimizer)).subscribe()
    expect(model.version).toBe(2)
    expect(digest(model)).toBe(before)
  })
})

function backpropagatedOf(model: Model, ...chunks: readonly string[]): readonly (Segment & Forwarded & Backpropagated)[] {
  let frames: readonly (Segment & Forwarded & Backpropagated)[] = []
  from(scoredOf(model, ...chunks))
    .pipe(backward(model), toArray())
    .subscribe((all) => (frames = all))
  return frames
}
