import { type MonoTypeOperatorFunction, of, tap } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { thin } from '../../src/operators/thin.ts'
import { describe, expect, test } from 'vitest'
import { complies } from './compliance.ts'

/** Thins by the time that each value says it is */
function byItsTime(): MonoTypeOperatorFunction<number> {
  let time = 0
  return (source) =>
    source.pipe(
      tap((value) => (time = value)),
      thin(10, { now: () => time }),
    )
}

function thinned(...times: readonly number[]): readonly number[] {
  const values: number[] = []
  of(...times)
    .pipe(byItsTime())
    .subscribe((value) => values.push(value))
  return values
}

describe('thin', () => {
  complies(() => ({ operator: byItsTime(), inputs: [0, 3, 10, 11, 20, 34, 41] }))

  test('passes one value in an interval on, the first and the last always', () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected))
    scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -abc--de--f-|')
      const expected = '     -a----d---f-|'
      expectObservable(source.pipe(thin(4, scheduler))).toBe(expected)
      expectSubscriptions(source.subscriptions).toBe('^-----------!')
    })
  })

  test('gives the last value at the end when it had been held back', () => {
    expect(thinned(0, 1, 2)).toEqual([0, 2])
  })

  test('gives a value once, although it is the first and the last', () => {
    expect(thinned(7)).toEqual([7])
    expect(thinned(0, 10)).toEqual([0, 10])
  })

  test('gives the last value even when it equals the one before', () => {
    expect(thinned(1, 1)).toEqual([1, 1])
  })

  test('is an error when its clock fails', () => {
    const errors: unknown[] = []
    const clock = {
      now: () => {
        throw new Error('no time')
      },
    }
    of(1)
      .pipe(thin(10, clock))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toEqual([new Error('no time')])
  })
})
