import { concat, connect, filter, map, materialize, merge, Observable, type OperatorFunction, share } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { complies, FACTS } from './compliance.ts'

type Fact = keyof typeof FACTS

const identity: OperatorFunction<number, number> = (source) => source

/** Mistakes that operators are made with, and the fact that notices each */
const MISTAKES: readonly (readonly [mistake: string, fact: Fact, operator: () => OperatorFunction<number, number>])[] = [
  ['subscribes when it is built', 'does nothing before it is subscribed to', () => (source) => (source.subscribe(), source)],
  ['subscribes once for each use of its source', 'subscribes to its source once', () => (source) => merge(source, source)],
  ['starts with a value', 'is silent while its source is', () => (source) => concat([0], source)],
  ['ends with a value', 'completes at once when its source is empty', () => (source) => concat(source, [0])],
  ['never ends', 'completes after one value', () => (source) => merge(source, new Observable<number>())],
  ['forgets what it read', 'completes last and once, after everything it held back', () => filter(() => false)],
  ['shares a source that is synchronous', 'gives the same from a source that takes its time', () => shareTwice],
  ['swallows errors', 'passes an error through at once, without what it held back', () => swallowErrors],
  ['subscribes by hand', 'stops pulling as soon as nobody wants more', () => byHand],
  ['multicasts with connect', 'stops pulling as soon as nobody wants more', () => connect((shared) => shared)],
  ['has no teardown', 'lets its source go in the moment it is let go itself', () => withoutTeardown],
  ['has no teardown', 'says nothing after it was let go', () => withoutTeardown],
  ['subscribes by hand', 'hands an error of a callback after it to the subscriber, and lets its source go', () => byHand],
  ['has state that is born with the operator', 'keeps two subscribers apart', () => bornTooEarly()],
  ['has one state for all', 'starts anew for a subscriber who comes later', () => bornTooEarly()],
  ['has one state for all', 'starts anew when it is repeated', () => bornTooEarly()],
  ['has one state for all', 'starts anew when it is retried', () => bornTooEarly()],
]

describe('the harness', () => {
  complies(() => ({ operator: identity, inputs: [1, 2, 3, 4] }))

  test.each(MISTAKES)('tells an operator that %s from one that %s', (_, fact, operator) => {
    expect(() => FACTS[fact](() => ({ operator: operator(), inputs: [1, 2, 3, 4] }))).toThrow()
  })

  test('has a mistake for each fact', () => {
    expect(new Set(MISTAKES.map(([, fact]) => fact))).toEqual(new Set(Object.keys(FACTS)))
  })
})

function shareTwice(source: Observable<number>): Observable<number> {
  const shared = source.pipe(share())
  return merge(shared, shared)
}

function swallowErrors(source: Observable<number>): Observable<number> {
  return source.pipe(
    materialize(),
    map(({ value }) => value ?? 0),
  )
}

function byHand(source: Observable<number>): Observable<number> {
  return new Observable((subscriber) => source.subscribe((value) => subscriber.next(value)))
}

function withoutTeardown(source: Observable<number>): Observable<number> {
  return new Observable((subscriber) => {
    source.subscribe(subscriber.next.bind(subscriber))
  })
}

function bornTooEarly(): OperatorFunction<number, number> {
  let sum = 0
  return (source) => source.pipe(map((value) => (sum += value)))
}
