import {
  concat,
  defer,
  EMPTY,
  from,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  type OperatorFunction,
  of,
  range,
  repeat,
  retry,
  Subject,
  type Subscription,
  take,
  tap,
  throwError,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, test } from 'vitest'

/** An operator under test, and what it reads */
export interface Specimen<In, Out> {
  readonly operator: OperatorFunction<In, Out>
  /** Enough for several outputs; they may come again and again */
  readonly inputs: readonly In[]
  /** What is compared of an output; all of it by default */
  readonly view?: (output: Out) => unknown
}

/** Runs an operator through every fact. A fact takes a specimen of its own for each stream that must not know of another. */
export function complies<In, Out>(create: () => Specimen<In, Out>): void {
  describe('as every operator', () => {
    test.each(Object.entries(FACTS))('it %s', (_, check) => check(create))
  })
}

type Create<In, Out> = () => Specimen<In, Out>

const FAILURE = new Error('the source failed')
const COMPLETED = 'completed'
const MANY = 100_000

/** By name, what holds for every operator; each throws where it does not. Exported so that a test can show that they notice. */
export const FACTS = {
  'does nothing before it is subscribed to'<In, Out>(create: Create<In, Out>): void {
    const source = new Source<In>([])
    source.observable.pipe(create().operator)
    expect(source.subscriptions).toBe(0)
  },

  'subscribes to its source once'<In, Out>(create: Create<In, Out>): void {
    const { operator, inputs } = create()
    const source = new Source(inputs)
    source.observable.pipe(operator).subscribe()
    expect(source.subscriptions).toBe(1)
  },

  'is silent while its source is'<In, Out>(create: Create<In, Out>): void {
    expect(record(NEVER, create()).events).toEqual([])
  },

  'completes at once when its source is empty'<In, Out>(create: Create<In, Out>): void {
    expect(record(EMPTY, create()).events).toEqual([COMPLETED])
  },

  'completes after one value'<In, Out>(create: Create<In, Out>): void {
    const specimen = create()
    expect(record(of(specimen.inputs[0]!), specimen).events.at(-1)).toBe(COMPLETED)
  },

  'completes last and once, after everything it held back'<In, Out>(create: Create<In, Out>): void {
    const events = eventsOf(create())
    expect(events.length).toBeGreaterThan(3)
    expect(events.indexOf(COMPLETED)).toBe(events.length - 1)
  },

  'gives the same from a source that takes its time'<In, Out>(create: Create<In, Out>): void {
    const { values, events, complete } = pushed(create())
    complete()
    expect(events).toEqual(eventsOf(create()))
    expect(values.length).toBeGreaterThan(0)
  },

  'passes an error through at once, without what it held back'<In, Out>(create: Create<In, Out>): void {
    const { values } = pushed(create())
    const specimen = create()
    const failing = concat(
      from(specimen.inputs),
      throwError(() => FAILURE),
    )
    expect(record(failing, specimen).events).toEqual([...values, FAILURE])
  },

  'stops pulling as soon as nobody wants more'<In, Out>(create: Create<In, Out>): void {
    const needed = pullsFor(3, create())
    const { operator, inputs } = create()
    const source = new Source(inputs)
    const outputs: Out[] = []
    source.endless.pipe(operator, take(3)).subscribe((output) => outputs.push(output))
    expect(outputs).toHaveLength(3)
    expect(source.pulled).toBe(needed)
    expect(source.active).toBe(0)
  },

  'lets its source go in the moment it is let go itself'<In, Out>(create: Create<In, Out>): void {
    const { operator, inputs } = create()
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<In>('--a----a--', { a: inputs[0]! })
      const unsubscribed = '   ----!'
      expectObservable(source.pipe(operator, ignoreElements()), unsubscribed).toBe('-')
      expectSubscriptions(source.subscriptions).toBe('^---!')
    })
  },

  'says nothing after it was let go'<In, Out>(create: Create<In, Out>): void {
    const specimen = create()
    const source = new Subject<In>()
    const { events, subscription } = record(source, specimen)
    source.next(specimen.inputs[0]!)
    subscription.unsubscribe()
    expect(source.observed).toBe(false)
    const before = events.length
    for (const input of specimen.inputs) source.next(input)
    source.complete()
    expect(events).toHaveLength(before)
  },

  'hands an error of a callback after it to the subscriber, and lets its source go'<In, Out>(create: Create<In, Out>): void {
    const { operator, inputs } = create()
    const source = new Source(inputs)
    const throwing = tap(() => {
      throw FAILURE
    })
    const errors: unknown[] = []
    source.endless.pipe(operator, throwing).subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toEqual([FAILURE])
    expect(source.pulled).toBe(pullsFor(1, create()))
    expect(source.active).toBe(0)
  },

  'keeps two subscribers apart'<In, Out>(create: Create<In, Out>): void {
    const alone = eventsOf(create())
    const specimen = create()
    const source = new Subject<In>()
    const output$ = source.pipe(specimen.operator)
    const first = recordOf(output$, specimen)
    const second = recordOf(output$, specimen)
    for (const input of specimen.inputs) source.next(input)
    source.complete()
    expect(first.events).toEqual(alone)
    expect(second.events).toEqual(alone)
  },

  'starts anew for a subscriber who comes later'<In, Out>(create: Create<In, Out>): void {
    const alone = eventsOf(create())
    const specimen = create()
    const source = new Subject<In>()
    const output$ = source.pipe(specimen.operator)
    recordOf(output$, specimen)
    source.next(specimen.inputs[0]!)
    const late = recordOf(output$, specimen)
    for (const input of specimen.inputs) source.next(input)
    source.complete()
    expect(late.events).toEqual(alone)
  },

  'starts anew when it is repeated'<In, Out>(create: Create<In, Out>): void {
    const values = eventsOf(create()).slice(0, -1)
    const specimen = create()
    const { events } = recordOf(from(specimen.inputs).pipe(specimen.operator, repeat(2)), specimen)
    expect(events).toEqual([...values, ...values, COMPLETED])
  },

  'starts anew when it is retried'<In, Out>(create: Create<In, Out>): void {
    const { values } = pushed(create())
    const alone = eventsOf(create())
    const specimen = create()
    let attempts = 0
    const failsOnce$ = defer(() => concat(from(specimen.inputs), attempts++ === 0 ? throwError(() => FAILURE) : EMPTY))
    expect(recordOf(failsOnce$.pipe(specimen.operator, retry(1)), specimen).events).toEqual([...values, ...alone])
  },
} as const

/** A source that counts */
class Source<In> {
  subscriptions = 0
  active = 0
  pulled = 0
  readonly observable: Observable<In>
  /** The inputs over and over, synchronously: 100,000 of them, if nobody stops it */
  readonly endless: Observable<In>

  constructor(inputs: readonly In[]) {
    this.observable = this.#counted(inputs.length, inputs)
    this.endless = this.#counted(MANY, inputs)
  }

  #counted(count: number, inputs: readonly In[]): Observable<In> {
    return defer(() => {
      this.subscriptions += 1
      this.active += 1
      return range(0, count).pipe(
        map((i) => inputs[i % inputs.length]!),
        tap({ next: () => (this.pulled += 1), finalize: () => (this.active -= 1) }),
      )
    })
  }
}

interface Recording {
  readonly events: readonly unknown[]
  readonly subscription: Subscription
}

function recordOf<Out>(output$: Observable<Out>, { view = (output) => output }: Pick<Specimen<never, Out>, 'view'>): Recording {
  const events: unknown[] = []
  const subscription = output$.subscribe({
    next: (output) => events.push(view(output)),
    error: (error: unknown) => events.push(error),
    complete: () => events.push(COMPLETED),
  })
  return { events, subscription }
}

function record<In, Out>(source$: Observable<In>, specimen: Specimen<In, Out>): Recording {
  return recordOf(source$.pipe(specimen.operator), { view: specimen.view ?? ((output) => output) })
}

function eventsOf<In, Out>(specimen: Specimen<In, Out>): readonly unknown[] {
  return record(from(specimen.inputs), specimen).events
}

/** The inputs handed over one by one, and what had come out before the end */
function pushed<In, Out>(specimen: Specimen<In, Out>): { values: readonly unknown[]; events: readonly unknown[]; complete: () => void } {
  const source = new Subject<In>()
  const { events } = record(source, specimen)
  for (const input of specimen.inputs) source.next(input)
  return { values: [...events], events, complete: () => source.complete() }
}

/** How many inputs there have to be for so many outputs */
function pullsFor<In, Out>(outputs: number, specimen: Specimen<In, Out>): number {
  const source = new Subject<In>()
  const { events } = record(source, specimen)
  for (let pulled = 0; pulled < MANY; pulled++) {
    if (events.length >= outputs) return pulled
    source.next(specimen.inputs[pulled % specimen.inputs.length]!)
  }
  throw new Error(`the specimen never gives ${outputs} outputs`)
}
