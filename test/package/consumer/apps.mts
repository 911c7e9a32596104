/*
 * Small apps as somebody writes them who has the documents and the package: each returns true when it does what it should.
 */
import {
  BehaviorSubject,
  bufferCount,
  catchError,
  concatMap,
  connect,
  delay,
  firstValueFrom,
  forkJoin,
  from,
  groupBy,
  interval,
  last,
  lastValueFrom,
  map,
  mergeMap,
  type Observable,
  of,
  range,
  retry,
  scan,
  share,
  Subject,
  switchMap,
  take,
  takeUntil,
  tap,
  toArray,
  windowCount,
} from 'rxjs'
import {
  alerts,
  backward,
  checkpoint,
  complete,
  createModel,
  encode,
  events,
  forward,
  Learner,
  type LearnedValue,
  learn,
  learnEach,
  type Alert,
  load,
  loss,
  type Model,
  OptionError,
  predict,
  sample,
  StageError,
  StaleError,
  truncate,
  update,
  weigh,
} from 'rxrnn'

const small = (): Model => createModel({ preset: 'small' })
const text = 'to be or not to be '.repeat(40)
const log = (lines: number): string => Array.from({ length: lines }, (_, i) => `job ${i % 7} done\n`).join('')
const sum = (numbers: Iterable<number>): number => Array.from(numbers).reduce((total, number) => total + number, 0)
const errorOf = (stream$: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(
    stream$.pipe(
      map(() => undefined),
      catchError((error: unknown) => of(error)),
    ),
    { defaultValue: undefined },
  )

interface Message {
  readonly author: string
  readonly text: string
}

const apps: Readonly<Record<string, () => boolean | Promise<boolean>>> = {
  'a typing predictor'() {
    const learner = new Learner(small())
    learner.learn(text)
    learner.learn('or n')
    return complete(learner, { minProbability: 0.1 }).text === 'ot '
  },

  async 'a chat with replies'() {
    const chat$ = from<readonly Message[]>([
      { author: 'ann', text: 'hello bob' },
      { author: 'bob', text: 'hello ann' },
    ])
    const replies: readonly LearnedValue<Message>[] = await lastValueFrom(
      chat$.pipe(
        learnEach(small(), (message) => `${message.text}\n`),
        toArray(),
      ),
    )
    return replies.map(({ value }) => value.author).join() === 'ann,bob' && replies[1]!.bitsPerCharacter < replies[0]!.bitsPerCharacter
  },

  async 'a learner per host'() {
    const lines$ = range(0, 100).pipe(map((i) => ({ host: `host ${i % 2}`, line: `line of ${i % 2}\n` })))
    const perHost$ = lines$.pipe(
      groupBy(({ host }) => host),
      mergeMap((host$) =>
        host$.pipe(
          learnEach(small(), ({ line }) => line),
          last(),
        ),
      ),
      toArray(),
    )
    return (await lastValueFrom(perHost$)).every(({ bits, offset }) => offset === 500 && bits < 5)
  },

  async 'switchMap to a new stream'() {
    const model = small()
    const files$ = from(['one', 'two'])
    const ends = await lastValueFrom(
      files$.pipe(
        switchMap((name) => of(name).pipe(learn(model), last())),
        toArray(),
      ),
    )
    return ends.every(({ offset }) => offset === 3)
  },

  async 'three consumers of one stream'() {
    const learned$ = of(text).pipe(
      learn(small()),
      connect((shared$) =>
        forkJoin([
          shared$.pipe(
            map(({ offset }) => offset),
            last(),
          ),
          shared$.pipe(
            scan((total, { bits }) => total + sum(bits), 0),
            last(),
          ),
          shared$.pipe(
            map(({ prediction }) => prediction.next(1)[0]?.[0]),
            last(),
          ),
        ]),
      ),
    )
    const [offset, bits, next] = await lastValueFrom(learned$)
    return offset === text.length && bits > 0 && next === 't'
  },

  async retry() {
    let attempts = 0
    const source$ = of('abc').pipe(tap(() => attempts++ === 0 && throwOne()))
    return (await lastValueFrom(source$.pipe(learn(small()), retry(1)))).offset === 3
  },

  'pause by a toggle'() {
    const model = small()
    const learning$ = new BehaviorSubject(true)
    const text$ = new Subject<string>()
    text$.pipe(learn(model, { when: () => learning$.value })).subscribe()
    text$.next(text)
    learning$.next(false)
    text$.next('0123456789'.repeat(3))
    const paused = model.digest()
    text$.next('0123456789'.repeat(100))
    return model.digest() === paused && model.vocabulary.symbolOf('0'.charCodeAt(0)) === 0
  },

  async 'a schedule of the learning rate'() {
    const rates = of(text).pipe(
      learn(small(), { learningRate: (updates) => 0.01 / (1 + updates), ngramLearningRate: () => 0.5 }),
      mergeMap(({ update: done }) => (done === undefined ? [] : [done.learningRate])),
      toArray(),
    )
    const [first, second] = await lastValueFrom(rates)
    return first === 0.01 && second === 0.005
  },

  async 'a loss of your own'() {
    const cost = async (weightOf: (nats: number) => number) =>
      sum((await lastValueFrom(of(text).pipe(learn(small(), { weigh: (_, nats) => weightOf(nats) }), toArray()))).flatMap(({ bits }) => bits))
    // of g(nats) = nats - ln(1 + nats), the derivative
    return (await cost((nats) => nats / (1 + nats))) !== (await cost(() => 1))
  },

  'gradients and hidden state to draw'() {
    const model = createModel({ hidden: 8, ngram: 0 })
    const norms: number[] = []
    let hidden = 0
    of(text)
      .pipe(
        encode(model.vocabulary),
        truncate(model.options),
        forward(model),
        tap(({ activations }) => (hidden = model.hidden(activations).length)),
        loss(),
        backward(),
        tap(({ injected }) => injected > 0 && norms.push(sum(model.gradient('Why').map((g) => g * g)))),
        update(),
        predict(),
      )
      .subscribe()
    return hidden === 8 && norms.length > 20 && norms.every((norm) => norm > 0)
  },

  async 'a late operator'() {
    const model = small()
    const late$ = of(text).pipe(encode(model.vocabulary), truncate(model.options), forward(model), delay(1), loss())
    return (await errorOf(late$)) instanceof StaleError
  },

  async 'an ensemble of two models'() {
    const models = [createModel({ preset: 'small', seed: 1 }), createModel({ preset: 'small', seed: 2 })] as const
    const ends = await lastValueFrom(of(text).pipe(connect((text$) => forkJoin(models.map((model) => text$.pipe(learn(model), last()))))))
    const probability = sum(ends.map(({ prediction }) => prediction.next(1)[0]![1])) / 2
    return probability > 0.3 && probability <= 1
  },

  async 'checkpoints in a database of the browser'() {
    const database = new Map<number, Blob>()
    const put = (bytes: Uint8Array<ArrayBuffer>, offset: number) => void database.set(offset, new Blob([bytes]))
    await lastValueFrom(of(text).pipe(learn(small()), checkpoint({ every: 200, to: put })))
    const { model, stream } = await load(await database.get(text.length)!.arrayBuffer())
    return (await lastValueFrom(of('to be').pipe(learn(model, { from: stream })))).offset === text.length + 5
  },

  'sampling while learning'() {
    const learner = new Learner(small())
    learner.learn(text)
    const before = learner.model.digest()
    const written = [...sample(learner.model, { from: learner, length: 5, topK: 1 })].join('')
    return written === 'to be' && learner.model.digest() === before && learner.offset === text.length
  },

  async 'alerts counted in windows'() {
    const lines = [...log(300).split(/(?<=\n)/), 'panic: out of memory\n', ...log(50).split(/(?<=\n)/)]
    const counts$ = from(lines).pipe(
      events(small(), { types: ['line'] }),
      windowCount(100),
      mergeMap((window$) =>
        window$.pipe(
          scan((count, { alert }) => count + Number(alert), 0),
          last(),
        ),
      ),
      toArray(),
    )
    const [, , , fourth] = await lastValueFrom(counts$)
    const texts: readonly Alert[] = await lastValueFrom(from(lines).pipe(alerts(small()), toArray()))
    return fourth === 1 && texts.length === 1 && texts[0]!.text === 'panic: out of memory'
  },

  async 'a slow consumer'() {
    const seen = await lastValueFrom(
      of(text).pipe(
        learn(small()),
        bufferCount(8),
        concatMap((some) => of(some.length).pipe(delay(0))),
        toArray(),
      ),
    )
    return sum(seen) > 30
  },

  async 'take and takeUntil in a loop'() {
    const model = small()
    const stop$ = new Subject<void>()
    for (let i = 0; i < 50; i++) {
      await firstValueFrom(of(text).pipe(learn(model), take(3), takeUntil(stop$)))
    }
    return model.vocabulary.symbolOf('t'.charCodeAt(0)) === 1
  },

  'the life cycle of a component'() {
    const destroyed$ = new Subject<void>()
    const keys$ = new Subject<string>()
    const model = small()
    keys$.pipe(learn(model), takeUntil(destroyed$)).subscribe()
    keys$.next('abc')
    destroyed$.next()
    model.dispose()
    keys$.next('d')
    return !keys$.observed
  },

  async 'for await'() {
    let characters = 0
    const learner = new Learner(small())
    for await (const chunk of (async function* () {
      yield 'to be '
      yield 'or not'
    })()) {
      characters += learner.learn(chunk).length
    }
    return characters === 12
  },

  'wrong options'() {
    const wrong: readonly (() => unknown)[] = [
      () => createModel({ hidden: 0 }),
      () => truncate({ every: 9, through: 3 }),
      // @ts-expect-error -- there is no such event
      () => events(small(), { types: ['lines'] }),
      // @ts-expect-error -- a model is needed
      () => learn(),
      () => complete(new Learner(small()), { minProbability: 2 }),
    ]
    return wrong.every((create) => {
      try {
        create()
        return false
      } catch (error) {
        return error instanceof OptionError
      }
    })
  },

  async 'a wrong order'() {
    const model = small()
    const scored$ = of(text).pipe(encode(model.vocabulary), truncate(model.options), forward(model), loss())
    // @ts-expect-error -- an update before the gradients
    const unordered$: Observable<unknown> = scored$.pipe(update())
    const twice = await errorOf(
      scored$.pipe(
        weigh(() => 1),
        backward(),
        backward(),
      ),
    )
    return unordered$ !== undefined && twice instanceof StageError && twice.stage === 'backward'
  },

  async 'a disposed model'() {
    const model = small()
    model.dispose()
    return /disposed/.test(String(await errorOf(of('a').pipe(learn(model)))))
  },

  async bytes() {
    const model = createModel({ preset: 'small', alphabet: 'bytes' })
    const { offset, prediction } = await lastValueFrom(of(new TextEncoder().encode('é'.repeat(50))).pipe(learn(model)))
    return offset === 100 && prediction.next(1)[0]![0] === '\\xc3'
  },

  async 'time from a scheduler, and text from a timer'() {
    const ticks$ = interval(1).pipe(
      take(3),
      map((i) => `tick ${i}\n`),
    )
    const shared$ = ticks$.pipe(events(small(), { types: ['stats'], scheduler: { now: () => 0 } }), share())
    return (await lastValueFrom(shared$)).characters === 21
  },
}

function throwOne(): never {
  throw new Error('once')
}

const failed: string[] = []
for (const [name, app] of Object.entries(apps)) {
  if (!(await app())) failed.push(name)
}
console.log(JSON.stringify({ apps: Object.keys(apps).length, failed }))
