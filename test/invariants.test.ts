import { isMainThread, Worker } from 'node:worker_threads'
import { fc, test } from '@fast-check/vitest'
import { asapScheduler, concat, from, lastValueFrom, map, NEVER, type Observable, observeOn, of, pipe, Subject, tap, throwError } from 'rxjs'
import {
  backward,
  type Chunk,
  createModel,
  digest,
  encode,
  type Forwarded,
  type ForwardOptions,
  forward,
  Learner,
  type LearnedSegment,
  learn,
  loss,
  type Model,
  type ModelOptions,
  observe,
  predict,
  type Segment,
  StaleError,
  sample,
  truncate,
  update,
} from '../src/index.ts'
import { describe, expect } from 'vitest'
import { inBrowser } from './browser.ts'
import { GOLDEN, learnGolden } from './golden.mjs'
import { CHROMIUM, testWithPeer } from './peers.ts'
import { knowing } from './operators/parts.ts'

/*
 * The seven invariants of docs/architecture.md, on both backends; and what follows from them for Learner, sample and consumers.
 */

const character = fc.constantFrom('a', 'b', 'c', '\n', 'é', '😀', '\0')
const text = fc.string({ unit: character, maxLength: 60 })
/** With halves of surrogate pairs, which join where they meet */
const units = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀', '\ud83d', '\ude00'), maxLength: 60 })
/** UTF-8, some of it broken */
const bytes = fc.oneof(
  text.map((characters) => new TextEncoder().encode(characters)),
  fc.uint8Array({ maxLength: 40 }),
)
const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 12 })
const truncation = fc
  .record({ every: fc.integer({ min: 1, max: 6 }), extra: fc.nat({ max: 7 }) })
  .map(({ every, extra }) => ({ every, through: every + extra }))
const alphabet = fc.constantFrom('characters' as const, 'bytes' as const)

const SENTENCE = 'The cat sat on the mat, größer than 😀; why?\n'
const BOOK = SENTENCE.repeat(120)

function cut<C extends Chunk>(whole: C, at: readonly number[]): C[] {
  const edges = [0, ...at.map((edge) => Math.min(edge, whole.length)).sort((a, b) => a - b), whole.length]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a slice of a chunk is a chunk of its kind
  return edges.slice(1).map((to, i) => whole.slice(edges[i], to) as C)
}

function every<C extends Chunk>(whole: C, size: number): C[] {
  return cut(
    whole,
    Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => i * size),
  )
}

interface Outcome {
  readonly digest: string
  readonly losses: readonly number[]
  /** What it expects next: all of its state shows here */
  readonly next: readonly number[]
  readonly updates: number
}

function outcomeOf(model: Model, learned$: Observable<LearnedSegment>): Outcome {
  const losses: number[] = []
  let next: readonly number[] = []
  learned$.subscribe((learned) => {
    losses.push(...learned.losses)
    next = [...learned.prediction.probabilities]
  })
  return { digest: digest(model), losses, next, updates: model.version }
}

function learned(chunks: readonly Chunk[], options: Partial<ModelOptions>): Outcome {
  const model = createModel({ hidden: 4, ngram: 2, tableBits: 6, conductorBits: 6, ...options })
  return outcomeOf(model, from(chunks).pipe(learn(model)))
}

describe.each(['reference', 'simd'] as const)('on the %s backend', (backend) => {
  const small = (options: Partial<ModelOptions> = {}) =>
    createModel({ hidden: 4, ngram: 2, tableBits: 6, conductorBits: 6, every: 5, through: 8, backend, ...options })

  describe('chunking never matters', () => {
    test.prop([units, cuts, truncation, alphabet])('for strings, cut surrogate pairs included', (whole, at, truncation, alphabet) => {
      const options = { ...truncation, alphabet, backend }
      expect(learned(cut(whole, at), options)).toEqual(learned([whole], options))
    })

    test.prop([bytes, cuts, truncation, alphabet])('for bytes, cut UTF-8 sequences included', (whole, at, truncation, alphabet) => {
      const options = { ...truncation, alphabet, backend }
      expect(learned(cut(whole, at), options)).toEqual(learned([whole], options))
    })

    const book = learned([BOOK], { backend })
    const bookInBytes = new TextEncoder().encode(BOOK)

    test.each([1, 7, 25, 4096])('in chunks of %i', (size) => {
      expect(book.updates).toBeGreaterThan(200)
      expect(learned(every(BOOK, size), { backend })).toEqual(book)
      expect(learned(every(bookInBytes, size), { backend })).toEqual(book)
    })
  })

  test.prop([text, text, character, character, truncation])(
    'changing a character changes no loss before it',
    (before, after, one, other, truncation) => {
      const count = Array.from(before).length
      const past = ({ losses }: Outcome) => losses.slice(0, count)
      const first = learned([before + one + after], { ...truncation, backend })
      expect(past(first)).toHaveLength(count)
      expect(past(learned([before + other + after], { ...truncation, backend }))).toEqual(past(first))
    },
  )

  describe('state is born at subscription', () => {
    /** Does not learn and knows every character, so that the streams share nothing that changes */
    const still = () => {
      const model = small({ learningRate: 0, ngramLearningRate: 0 })
      knowing('abc\né😀\0', model.vocabulary)
      model.write('by', new Float64Array(model.vocabulary.size))
      return model
    }

    test.prop([fc.array(text, { maxLength: 5 }), fc.array(text, { maxLength: 5 })])('two subscribers are two streams', (early, late) => {
      const model = still()
      const alone = (chunks: readonly string[]) => outcomeOf(model, from(chunks).pipe(learn(model))).losses
      const source = new Subject<string>()
      const learned$ = source.pipe(learn(model))
      const [first, second]: [number[], number[]] = [[], []]
      learned$.subscribe(({ losses }) => first.push(...losses))
      for (const chunk of early) source.next(chunk)
      learned$.subscribe(({ losses }) => second.push(...losses))
      for (const chunk of late) source.next(chunk)
      source.complete()
      expect(first).toEqual(alone([...early, ...late]))
      expect(second).toEqual(alone(late))
    })

    test.prop([fc.array(fc.tuple(fc.boolean(), text), { maxLength: 8 })])('two models learn two streams, however they alternate', (turns) => {
      const [left, right] = [small(), small({ seed: 2 })]
      const [toLeft, toRight] = [new Learner(left), new Learner(right)]
      for (const [isLeft, chunk] of turns) (isLeft ? toLeft : toRight).learn(chunk)
      toLeft.end()
      toRight.end()
      const of = (side: boolean) => turns.filter(([isLeft]) => isLeft === side).map(([, chunk]) => chunk)
      expect(digest(left)).toBe(learned(of(true), left.options).digest)
      expect(digest(right)).toBe(learned(of(false), right.options).digest)
    })
  })

  describe('the learning stages are synchronous', () => {
    type Stage = 'before truncate' | 'before forward' | 'before loss' | 'before backward' | 'before update' | 'before predict' | 'after predict'

    const learnLate = (model: Model, late: Stage, options?: ForwardOptions) => {
      const at =
        <T>(stage: Stage) =>
        (source: Observable<T>) =>
          stage === late ? source.pipe(observeOn(asapScheduler)) : source
      return pipe(
        pipe(encode(model.vocabulary), at('before truncate'), truncate(model.options), at('before forward')),
        pipe(forward(model, options), at('before loss'), loss(), at('before backward'), backward(model), at('before update')),
        pipe(update(model.optimizer), at('before predict'), predict(model), at('after predict')),
      )
    }

    test.each(['before loss', 'before backward', 'before update', 'before predict'] as const)(
      'an asynchronous operator %s is an error',
      async (late) => {
        for (const whole of [SENTENCE, 'a']) {
          const failure = await lastValueFrom(of(whole).pipe(learnLate(small(), late))).catch((error: unknown) => error)
          expect(failure).toBeInstanceOf(StaleError)
          expect(failure).toMatchObject({ name: 'StaleError', message: expect.stringContaining("or build the pipeline with stale: 'allow'") })
        }
      },
    )

    test.each(['before truncate', 'before forward', 'after predict'] as const)('an asynchronous operator %s changes nothing', async (late) => {
      const model = small()
      await lastValueFrom(of(SENTENCE, SENTENCE).pipe(learnLate(model, late)))
      expect(digest(model)).toBe(learned([SENTENCE, SENTENCE], model.options).digest)
    })

    test.each(['before loss', 'before backward', 'before update', 'before predict'] as const)(
      "with stale: 'allow' an asynchronous operator %s learns late",
      async (late) => {
        const model = small({ hidden: 8 })
        const losses: number[] = []
        const lines = Array.from({ length: 60 }, () => 'abcabc\n')
        await lastValueFrom(
          from(lines).pipe(
            observeOn(asapScheduler),
            learnLate(model, late, { stale: 'allow' }),
            tap((one) => losses.push(...one.losses)),
          ),
        )
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
        expect(losses).toHaveLength(420)
        expect(mean(losses.slice(-50))).toBeLessThan(0.7 * mean(losses.slice(0, 50)))
      },
    )

    test("with stale: 'allow' a synchronous pipeline learns the same", () => {
      const model = small()
      const outcome = outcomeOf(model, of(SENTENCE, SENTENCE).pipe(learn(model, { stale: 'allow' })))
      expect(outcome).toEqual(learned([SENTENCE, SENTENCE], model.options))
    })

    test('a consumer that learns from another text on the same model between the stages is an error', () => {
      const model = small()
      const errors: unknown[] = []
      const meddle = tap<Segment & Forwarded>(() => {
        const other = new Learner(model)
        other.learn('abcdef')
        other.end()
      })
      of(SENTENCE)
        .pipe(encode(model.vocabulary), truncate(model.options), forward(model), meddle, loss())
        .subscribe({ error: (error: unknown) => errors.push(error) })
      expect(errors).toEqual([expect.any(StaleError)])
    })
  })

  describe('the tape', () => {
    const failing = throwError(() => new Error('the source failed'))
    const breaking = tap(() => {
      throw new Error('a callback failed')
    })
    const endings: readonly (readonly [
      name: string,
      end: (learned$: (text$: Observable<string>) => Observable<LearnedSegment>) => Observable<unknown>,
      updates: number,
    ])[] = [
      ['completion', (learned) => learned(of('abc')), 1],
      ['an error', (learned) => learned(concat(of('abc'), failing)), 0],
      ['a failing callback', (learned) => learned(of('abc')).pipe(breaking), 0],
      ['unsubscribing', (learned) => learned(concat(of('abc'), NEVER)), 0],
    ]

    test.each(endings)('is free after %s', (_, end) => {
      const model = small()
      let tape: LearnedSegment['activations']['tape'] | undefined
      const keep = tap((one: LearnedSegment) => (tape = one.activations.tape))
      end((text$) => text$.pipe(learn(model), keep))
        .subscribe({ error: () => {} })
        .unsubscribe()
      expect(() => model.lookAhead(tape!)).toThrow('this tape was freed when its stream ended')
    })

    test.each(endings)('after %s the partial last window was learned only if the stream was over', (_, end, updates) => {
      const model = small()
      end((text$) => text$.pipe(learn(model)))
        .subscribe({ error: () => {} })
        .unsubscribe()
      expect(model.version).toBe(updates)
    })

    test('does not grow with the stream', () => {
      const model = small()
      const sizes = new Set<string>()
      of(...every(BOOK, 50))
        .pipe(learn(model))
        .subscribe(({ activations: { tape } }) => {
          expect(tape.steps).toBeLessThanOrEqual(8)
          sizes.add([tape.inputs, tape.targets, tape.weights].map(({ length }) => length).join())
        })
      expect([...sizes]).toEqual(['9,9,9'])
    })
  })

  describe('the step API', () => {
    test.prop([fc.array(text, { maxLength: 6 }), truncation, fc.boolean()])('is equal to the operators to the bit', (chunks, truncation, looks) => {
      const model = small(truncation)
      const learner = new Learner(model)
      const losses = chunks.flatMap((chunk) => {
        if (looks) learner.predict()
        return [...learner.learn(chunk)]
      })
      losses.push(...learner.end())
      expect({ losses, digest: digest(model), updates: model.version }).toEqual({ ...learned(chunks, model.options), next: undefined })
    })

    test.prop([fc.array(text, { maxLength: 6 })])('observes what the operators observe', (chunks) => {
      const model = small()
      outcomeOf(model, of(SENTENCE).pipe(learn(model)))
      const seen: number[] = []
      from(chunks)
        .pipe(observe(model))
        .subscribe(({ losses }) => seen.push(...losses))
      const learner = new Learner(model)
      expect(chunks.flatMap((chunk) => [...learner.observe(chunk)])).toEqual(seen)
    })
  })

  test.prop([fc.array(text, { minLength: 1, maxLength: 5 }), text, truncation])(
    'sampling never disturbs the learner',
    (chunks, prime, truncation) => {
      const model = small(truncation)
      const disturb = <T>() => tap<T>(() => [...sample(model, { length: 5, prime })])
      const disturbed$ = from(chunks).pipe(
        pipe(disturb(), encode(model.vocabulary), disturb(), truncate(model.options), disturb()),
        pipe(forward(model), disturb(), loss(), backward(model), disturb(), update(model.optimizer), predict(model), disturb()),
      )
      expect(outcomeOf(model, disturbed$)).toEqual(learned(chunks, model.options))
    },
  )

  test('what a consumer receives is its own copy', () => {
    const model = small()
    const scribble = tap(({ characters, inputs, targets, losses, prediction }: LearnedSegment) => {
      for (const array of [characters, inputs, targets, losses, prediction.probabilities]) array.fill(1)
    })
    const losses: number[] = []
    from(every(BOOK, 9))
      .pipe(
        learn(model),
        tap((one) => losses.push(...one.losses)),
        scribble,
      )
      .subscribe()
    const expected = learned([BOOK], model.options)
    expect(losses).toEqual(expected.losses)
    expect(digest(model)).toBe(expected.digest)
  })

  test('a source may use its buffer again', () => {
    const model = small()
    const buffer = new Uint8Array(7)
    const reused$ = from(every(new TextEncoder().encode(BOOK), 7)).pipe(
      map((bytes) => {
        buffer.set(bytes)
        return buffer.subarray(0, bytes.length)
      }),
    )
    expect(outcomeOf(model, reused$.pipe(learn(model)))).toEqual(learned([BOOK], model.options))
  })
})

describe('the same seed and the same stream give the same numbers', () => {
  test('in the main thread', () => {
    expect(isMainThread).toBe(true)
    expect(learnGolden()).toEqual(GOLDEN)
  })

  test('in a worker', async () => {
    const worker = new Worker(new URL('golden-worker.mjs', import.meta.url))
    const message = await new Promise((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
    })
    expect(message).toEqual(GOLDEN)
  })

  testWithPeer(...CHROMIUM, 'in a browser', async () => {
    const results = await inBrowser(`import { learnGolden } from '/test/golden.mjs'`, 'learnGolden()')
    expect(results).toEqual(GOLDEN)
  })
})
