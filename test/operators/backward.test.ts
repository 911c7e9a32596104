import { from } from 'rxjs'
import { backward, digest } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'
import { scoredOf, smallModel } from './parts.ts'

describe('backward', () => {
  complies(() => {
    const model = smallModel()
    return { operator: backward(model), inputs: scoredOf(model, 'ab', 'cabcab', 'c'), view: ({ injected }) => injected }
  })

  test('injects every loss of a window on the segment that closes it, and none before', () => {
    const model = smallModel()
    const injected: (readonly [text: number, injected: number])[] = []
    // windows of 4 pairs: a | b c a b | c a
    from(scoredOf(model, 'a', 'bc', 'ab', 'ca'))
      .pipe(backward(model))
      .subscribe((segment) => injected.push([segment.offset, segment.injected]))
    expect(injected).toEqual([
      [1, 0],
      [3, 0],
      [5, 4],
      [7, 0],
      [7, 2],
    ])
  })

  test('adds to the gradient and changes no parameter', () => {
    const model = smallModel()
    const before = digest(model)
    from(scoredOf(model, 'abcab')).pipe(backward(model)).subscribe()
    expect(digest(model)).toBe(before)
    expect(model.optimizer.apply().gradientNorm).toBeGreaterThan(0)
  })
})
