import { Subject, take } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { type Transducer, transduce } from '../../src/operators/transduce.ts'
import { complies } from './compliance.ts'
import { marbles } from './parts.ts'

/** Gives each number as often as it says, with a running index, and the count at the end */
class Repeater implements Transducer<number, string> {
  given = 0;

  *push(times: number): Iterable<string> {
    for (let i = 0; i < times; i++) yield `${times}:${(this.given += 1)}`
  }

  *flush(): Iterable<string> {
    if (this.given > 0) yield `${this.given} in all`
  }
}

describe('transduce', () => {
  complies<number, string>(() => ({ operator: (source) => transduce(source, () => new Repeater()), inputs: [2, 0, 1, 3] }))

  test('turns a value into any number of others, and flushes at the end', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a---b-c-|', { a: 2, b: 0, c: 1 })
      const expected = '     -(xy)--z-(w|)'
      expectObservable(transduce(source, () => new Repeater())).toBe(expected, { x: '2:1', y: '2:2', z: '1:3', w: '3 in all' })
      expectSubscriptions(source.subscriptions).toBe('^--------!')
    })
  })

  test('computes an output only when the one before was handed on', () => {
    const repeater = new Repeater()
    const source = new Subject<number>()
    const given: number[] = []
    transduce(source, () => repeater).subscribe(() => given.push(repeater.given))
    source.next(3)
    expect(given).toEqual([1, 2, 3])
  })

  test('computes no further output once nobody wants it', () => {
    const repeater = new Repeater()
    const source = new Subject<number>()
    transduce(source, () => repeater)
      .pipe(take(2))
      .subscribe()
    source.next(1000)
    expect(repeater.given).toBe(2)
  })

  test('keeps the order when a consumer pushes back into the source', () => {
    const source = new Subject<number>()
    const outputs: string[] = []
    transduce(source, () => new Repeater()).subscribe((output) => {
      outputs.push(output)
      if (outputs.length === 1) source.next(1)
    })
    source.next(2)
    expect(outputs).toEqual(['2:1', '2:2', '1:3'])
  })

  test.each(['push', 'flush'] as const)('is an error when %s fails', (stage) => {
    const failing = { push: () => [] as string[], flush: () => [] as string[], [stage]: () => failure() }
    const errors: unknown[] = []
    const source = new Subject<number>()
    transduce(source, () => failing).subscribe({ error: (error: unknown) => errors.push(error) })
    source.next(1)
    source.complete()
    expect(errors).toEqual([new Error('broken')])
    expect(source.observed).toBe(false)
  })
})

function failure(): never {
  throw new Error('broken')
}
