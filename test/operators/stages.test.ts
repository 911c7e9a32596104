import { inspect } from 'node:util'
import {
  asyncScheduler,
  concatMap,
  connect,
  debounceTime,
  filter,
  from,
  map,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  observeOn,
  of,
  type OperatorFunction,
  tap,
} from 'rxjs'
import {
  backward,
  createModel,
  digest,
  encode,
  type Forwarded,
  forward,
  type LearnedSegment,
  learn,
  loss,
  type Model,
  OptionError,
  observe,
  predict,
  type ScoredSegment,
  type Segment,
  StageError,
  StaleError,
  truncate,
  update,
  Vocabulary,
  weigh,
} from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { smallModel } from './parts.ts'

const TEXT = 'abcabcabcabcabc'

/** The error that a stream ends with */
async function errorOf(stream$: Observable<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stream$.subscribe({ error: resolve, complete: () => reject(new Error('it completed')) })
  })
}

interface Between {
  readonly segments?: MonoTypeOperatorFunction<Segment>
  readonly forwarded?: MonoTypeOperatorFunction<Segment & Forwarded>
  readonly scored?: MonoTypeOperatorFunction<ScoredSegment>
  readonly learned?: OperatorFunction<ScoredSegment, unknown>
}

const same = <T>() => map((value: T) => value)

/** A pipeline of stages with operators between them, on windows of 4 */
function staged(model: Model, { segments = same(), forwarded = same(), scored = same(), learned }: Between = {}): Observable<unknown> {
  return from(TEXT).pipe(
    encode(model.vocabulary),
    truncate(model.options),
    segments,
    forward(model),
    forwarded,
    loss(),
    scored,
    learned ?? ((source) => source.pipe(backward(), update(), predict())),
  )
}

describe('a stage', () => {
  const drops = <T extends Segment>() => filter(({ offset }: T) => offset !== 4)
  const fails: readonly (readonly [what: string, between: Between, stage: string, offset: number, advice: string])[] = [
    ['a gap before forward', { segments: drops() }, 'forward', 5, 'Do so before encode or after predict'],
    ['a segment that comes twice', { segments: concatMap((s) => [s, s]) }, 'forward', 1, 'this segment came before'],
    ['a window that does not close', { segments: map((s) => ({ ...s, closes: false })) }, 'forward', 5, 'Leave these as truncate set them'],
    ['a window that closes early', { segments: map((s) => ({ ...s, closes: true })) }, 'forward', 1, 'Leave these as truncate set them'],
    ['inputs without targets', { segments: map((s) => ({ ...s, targets: s.targets.subarray(1) })) }, 'forward', 1, 'Leave these'],
    ['a gap after forward', { forwarded: drops() }, 'backward', 5, '1 segments before it did not come'],
    ['a gap after loss', { scored: drops() }, 'backward', 5, 'to learn only some, use weigh'],
    ['a window that closes after forward', { scored: map((s) => ({ ...s, closes: true })) }, 'backward', 1, 'Leave it as truncate set it'],
    ['losses of your own', { scored: map((s) => ({ ...s, losses: s.losses.map((nats) => nats / 2) })) }, 'backward', 1, 'weigh('],
    ['debounceTime before backward', { scored: debounceTime(1) }, 'backward', 15, 'segments before it did not come'],
    ['backward twice', { learned: (s$) => s$.pipe(backward(), backward(), update()) }, 'backward', 1, 'backward stands twice'],
    ['update twice', { learned: (s$) => s$.pipe(backward(), update(), update()) }, 'update', 5, 'after the model or its tape had moved on'],
    ['no update', { learned: (s$) => s$.pipe(backward()) }, 'backward', 6, 'add update() after backward'],
    ['a filter before update', { learned: (s$) => s$.pipe(backward(), drops5(), update()) }, 'backward', 6, 'drop no segment that closes'],
    ['two pipelines on one forward', { learned: (s$) => twice(s$) }, 'backward', 1, 'Share what comes after predict'],
  ]

  test.each(fails)('refuses %s, and says which stage, where and what to do', async (_, between, stage, offset, advice) => {
    const error = await errorOf(staged(smallModel(), between))
    expect(error).toBeInstanceOf(StageError)
    expect(error).toMatchObject({ stage, offset, message: expect.stringContaining(advice) })
    expect(error).toMatchObject({ message: expect.stringContaining(`${stage} at offset ${offset}: `) })
  })

  test('refuses a window without update at the end of the stream, too', async () => {
    const model = smallModel()
    const text$ = of('abc').pipe(encode(model.vocabulary), truncate(model.options), forward(model), loss(), backward())
    expect(await errorOf(text$)).toMatchObject({ stage: 'backward', offset: 3 })
  })

  test('refuses a segment that comes late', async () => {
    const error = await errorOf(staged(smallModel(), { scored: observeOn(asyncScheduler) }))
    expect(error).toBeInstanceOf(StaleError)
    expect(error).toMatchObject({ stage: 'backward', offset: 1, message: expect.stringContaining("stale: 'allow'") })
  })

  test.each<readonly [string, (model: Model) => Observable<unknown>, string]>([
    ['backward', (other) => staged(smallModel(), { learned: (s$) => s$.pipe(backward(other), update()) }), 'as in backward()'],
    ['update', (other) => staged(smallModel(), { learned: (s$) => s$.pipe(backward(), update(other.optimizer)) }), 'optimizer of another model'],
    ['predict', (other) => staged(smallModel(), { learned: predict(other) }), 'as in predict()'],
    ['forward', (other) => of('ab').pipe(encode(new Vocabulary()), truncate(other.options), forward(other)), 'encode(model.vocabulary)'],
  ])('refuses what is of another model: %s', async (stage, wired, advice) => {
    expect(await errorOf(wired(smallModel()))).toMatchObject({ name: 'StageError', stage, message: expect.stringContaining(advice) })
  })

  test.each([
    ['learn', (none: Model) => learn(none)],
    ['observe', (none: Model) => observe(none)],
    ['forward', (none: Model) => forward(none)],
  ])('%s is not created without a model', (name, create) => {
    const none: { readonly model?: Model } = {}
    expect(() => create(none.model!)).toThrow(OptionError)
    expect(() => create(none.model!)).toThrow(`model of ${name} is undefined, but it must be a model, as in ${name}(createModel())`)
  })

  test.each([42, undefined, null, { text: 'a' }, ['a']])('the chunk %j is refused with what to do', async (chunk) => {
    const chunks: readonly unknown[] = [chunk]
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a program in JavaScript may do
    const error = await errorOf(from(chunks as readonly string[]).pipe(learn(smallModel())))
    expect(error).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^a chunk of text is .* must be a string or a Uint8Array: take the text/),
    })
  })

  test('takes a copy that somebody spread, with what was added to it', () => {
    const seen: unknown[] = []
    staged(smallModel(), { scored: map((segment) => ({ ...segment, mine: segment.offset })) }).subscribe((segment) => seen.push(segment))
    expect(seen.at(-1)).toMatchObject({ mine: 15, text: '', bits: [] })
  })

  test('changes nothing that somebody else holds', () => {
    const model = smallModel()
    const held: Segment[] = []
    staged(model, { segments: tap((segment) => held.push(segment)) }).subscribe()
    expect(held[3]).toMatchObject({ text: 'a', activations: undefined, losses: undefined, prediction: undefined })
  })
})

function drops5<T extends Segment>(): MonoTypeOperatorFunction<T> {
  return filter(({ offset }: T) => offset !== 5)
}

function twice(scored$: Observable<ScoredSegment>): Observable<unknown> {
  return scored$.pipe(connect((shared$) => merge(shared$.pipe(backward(), update()), shared$.pipe(backward(), update()))))
}

describe('weigh', () => {
  const lossesOf = (text: string, options: Parameters<typeof learn>[1], model = smallModel({ hidden: 8 })) => {
    const losses: number[] = []
    from(text)
      .pipe(learn(model, options))
      .subscribe((segment) => losses.push(...segment.losses))
    return { losses, digest: digest(model), model }
  }

  test('is what learn does with its option', () => {
    const weightOf = (character: string, nats: number) => (character === 'a' ? 0.5 : nats / 10)
    const model = smallModel()
    staged(model, { scored: weigh(weightOf) }).subscribe()
    expect(lossesOf(TEXT, { weigh: weightOf }, smallModel()).digest).toBe(digest(model))
  })

  test('of 1 changes nothing, and of 0 learns nothing', () => {
    expect(lossesOf(TEXT, { weigh: () => 1 })).toMatchObject({ digest: lossesOf(TEXT, {}).digest })
    const model = smallModel({ hidden: 8 })
    const before = digest(model)
    expect(lossesOf(TEXT, { weigh: () => 0 }, model).digest).toBe(before)
    expect(model.version).toBe(0)
  })

  test('learns what it weighs, and less what it weighs less', () => {
    const text = 'ab'.repeat(200)
    const cost = (options: Parameters<typeof learn>[1]) =>
      lossesOf(text, options)
        .losses.slice(300)
        .reduce((sum, nats) => sum + nats, 0)
    const [whole, tenth, none] = [cost({}), cost({ weigh: () => 0.1 }), cost({ weigh: () => 0 })]
    expect(whole).toBeLessThan(tenth)
    expect(tenth).toBeLessThan(none)
  })

  test.each([-1, NaN, Infinity])('refuses the weight %d', async (weight) => {
    expect(await errorOf(of('ab').pipe(learn(smallModel(), { weigh: () => weight })))).toBeInstanceOf(OptionError)
  })
})

describe('update', () => {
  const normsOf = (options: Parameters<typeof update>[0], model = smallModel()) => {
    const rates: (number | undefined)[] = []
    staged(model, {
      learned: (s$) =>
        s$.pipe(
          backward(),
          update(options),
          tap(({ update: done }) => done && rates.push(done.learningRate)),
        ),
    }).subscribe()
    return { rates, digest: digest(model) }
  }

  test('takes rates that are functions of the updates', () => {
    expect(normsOf({ learningRate: (updates) => 0.1 / (1 + updates) }).rates).toEqual([0.1, 0.05, 0.1 / 3, 0.025])
    expect(normsOf({ learningRate: 0, ngramLearningRate: () => 0 }).digest).toBe(digest(smallModel()))
    const { ngramLearningRate } = smallModel().options
    expect(normsOf({ ngramLearningRate: () => ngramLearningRate }).digest).toBe(normsOf({}).digest)
    expect(normsOf({ ngramLearningRate: () => ngramLearningRate / 2 }).digest).not.toBe(normsOf({}).digest)
  })

  test.each([-1, NaN, 11])('refuses the rate %d', async (rate) => {
    for (const options of [{ learningRate: rate }, { ngramLearningRate: () => rate }])
      expect(await errorOf(of(TEXT).pipe(learn(smallModel(), options)))).toBeInstanceOf(OptionError)
  })

  test('lets an optimizer of your own read the gradients, and clears what it leaves of them', () => {
    const own = smallModel({ ngram: 0 })
    const gradients: number[] = []
    const apply = () => {
      let squares = 0
      for (const name of own.parameterNames) {
        const gradient = own.gradient(name)
        own.write(
          name,
          own.read(name).map((value, i) => value - 0.1 * gradient[i]!),
        )
        squares += gradient.reduce((sum, g) => sum + g * g, 0)
      }
      gradients.push(squares)
      return { updates: own.version + 1, gradientNorm: Math.sqrt(squares), learningRate: 0.1, applied: true }
    }
    staged(own, { learned: (s$) => s$.pipe(backward(), update({ apply })) }).subscribe()
    const plain = smallModel({ ngram: 0, optimizer: 'sgd', learningRate: 0.1, decay: 0, clip: 1e6, clipNorm: 0 })
    staged(plain).subscribe()
    expect(gradients).toHaveLength(4)
    expect(own.version).toBe(plain.version)
    for (const name of own.parameterNames) expect(own.gradient(name).every((g) => g === 0)).toBe(true)
    for (const name of own.parameterNames) own.read(name).forEach((value, i) => expect(value).toBeCloseTo(plain.read(name)[i]!, 12))
  })
})

describe('a segment', () => {
  const shownOf = (text: string, model = createModel({ preset: 'small' })): readonly LearnedSegment[] => {
    const all: LearnedSegment[] = []
    of(text)
      .pipe(learn(model))
      .subscribe((segment) => all.push(segment))
    return all
  }

  test('has its text and its bits', () => {
    const segments = shownOf('hi 😀')
    expect(segments.map(({ text }) => text).join('')).toBe('hi 😀')
    for (const { losses, bits } of segments) expect(bits).toEqual(Array.from(losses, (nats) => nats / Math.LN2))
    const bytes = shownOf('hé', createModel({ preset: 'small', alphabet: 'bytes' }))
    expect(bytes.map(({ text }) => text)).toEqual(['h', 'é', ''])
  })

  test('has what comes next in strings', () => {
    const { prediction } = shownOf('ab'.repeat(50)).at(-2)!
    expect(prediction.next(2)).toEqual(prediction.top(2).map(([character, probability]) => [String.fromCodePoint(character), probability]))
    expect(prediction.next(1)[0]![0]).toBe('a')
  })

  test('is printed on a few lines, with what was added to it', () => {
    const shown = inspect({ ...shownOf('hi')[1]!, mine: 1 })
    expect(shown).toMatch(/text: 'i',\s+closes: false,\s+offset: 2,\s+bits: \[ [\d.]+ \]/)
    expect(shown).toContain('mine: 1')
    expect(shown.split('\n').length).toBeLessThan(12)
    expect(inspect(createModel({ preset: 'small' }))).toContain("cell: 'mi'")
  })

  test('can be written as JSON', () => {
    const segment = shownOf('hi')[1]!
    expect(JSON.parse(JSON.stringify(segment))).toMatchObject({ text: 'i', offset: 2, bits: segment.bits, prediction: segment.prediction.next(5) })
    expect(JSON.stringify(segment).length).toBeLessThan(1000)
  })
})
