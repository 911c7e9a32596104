import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fc, test } from '@fast-check/vitest'
import {
  CheckpointError,
  createModel,
  digest,
  Learner,
  type LearnedSegment,
  learn,
  load,
  type ModelOptions,
  readSafetensors,
  save,
} from '../../src/index.ts'
import { from, lastValueFrom, of } from 'rxjs'
import { describe, expect } from 'vitest'
import type { Saver } from '../../src/checkpoint/archives.ts'
import { writeSafetensors } from '../../src/checkpoint/safetensors.ts'
import { seal } from '../../src/checkpoint/seal.ts'

const options: fc.Arbitrary<Partial<ModelOptions>> = fc
  .record({
    cell: fc.constantFrom('rnn', 'gru', 'lstm', 'mi'),
    layers: fc.constantFrom(1, 2),
    hidden: fc.integer({ min: 1, max: 9 }),
    ngram: fc.constantFrom(0, 3),
    conductorBits: fc.constantFrom(0, 3),
    learnAbove: fc.constantFrom(0, 0.3),
    optimizer: fc.constantFrom('sgd', 'adagrad', 'leaky-adagrad', 'rmsprop', 'adam'),
    beta1: fc.constantFrom(0, 0.9),
    momentum: fc.constantFrom(0, 0.9),
    alphabet: fc.constantFrom('characters', 'bytes'),
    every: fc.integer({ min: 1, max: 7 }),
    longer: fc.integer({ min: 0, max: 5 }),
    backend: fc.constantFrom('simd', 'reference'),
  })
  .map(({ longer, ...rest }) => ({ ...rest, through: rest.every + longer, tableBits: 6, vocabularyLimit: 9 }))

const words = fc
  .array(fc.constantFrom('ab', 'abba ', 'cab\n', 'é', '😀', 'x', 'abcdabcdabcd'), { minLength: 1, maxLength: 60 })
  .map((parts) => parts.join(''))

describe('a checkpoint', () => {
  test.prop([options, words, words, fc.boolean()], { numRuns: 150 })(
    'continues as if nothing had stopped: Learner',
    async (options, before, after, predicted) => {
      const straight = new Learner(createModel(options))
      straight.learn(before)
      const stopped = new Learner(createModel(options))
      stopped.learn(before)
      if (predicted) stopped.predict()
      const { model, stream } = await load(await save(stopped))
      const resumed = new Learner(model, stream)
      expect(resumed.offset).toBe(straight.offset)
      expect(resumed.learn(after)).toEqual(straight.learn(after))
      expect(resumed.predict().probabilities).toEqual(straight.predict().probabilities)
      resumed.end()
      straight.end()
      expect(digest(model)).toBe(digest(straight.model))
      // the one that was saved was not disturbed by it
      stopped.learn(after)
      stopped.end()
      expect(digest(stopped.model)).toBe(digest(straight.model))
    },
  )

  test.prop([options, words, fc.nat(), fc.nat()], { numRuns: 100 })('continues at any segment of a pipeline', async (options, text, at, size) => {
    const chunks = text.match(new RegExp(`.{1,${1 + (size % 20)}}`, 'gsu')) ?? []
    const whole = createModel(options)
    const count = { segments: 0 }
    await lastValueFrom(from(chunks).pipe(learn(whole)), { defaultValue: undefined })
    const cut = createModel(options)
    let saved: Promise<Uint8Array> | undefined
    let offset = 0
    const stopAt = at % 5
    from(chunks)
      .pipe(learn(cut))
      .subscribe((segment: LearnedSegment) => {
        if (count.segments++ !== stopAt) return
        offset = segment.offset
        saved = save(segment)
      })
    if (saved === undefined) return
    const { model, stream } = await load(await saved)
    const rest = options.alphabet === 'bytes' ? new TextEncoder().encode(text).subarray(offset) : Array.from(text).slice(offset).join('')
    // a stream may be resumed from more than once; each learns on what the model is by then
    of(rest)
      .pipe(learn(model, { from: stream }))
      .subscribe()
    expect(digest(model)).toBe(digest(whole))
  })

  test('keeps notes, and what others save along', async () => {
    const learner = new Learner(createModel({ hidden: 2, ngram: 0 }))
    learner.learn('abc')
    const bytes = await save(learner, {
      notes: new Map([['source', 'a.log']]),
      also: (archive: Saver) => void archive.real('mine', 1.5),
    })
    const { notes, archive } = await load(bytes)
    expect([...notes]).toEqual([['source', 'a.log']])
    expect(archive.real('mine')).toBe(1.5)
  })

  test('may be a Buffer, at any alignment', async () => {
    const learner = new Learner(createModel({ hidden: 2, ngram: 2, tableBits: 4 }))
    learner.learn('abc')
    const bytes = await save(learner)
    const shifted = Buffer.concat([Buffer.of(1), bytes]).subarray(1)
    expect(digest((await load(shifted)).model)).toBe(digest(learner.model))
  })

  test('of a model alone has no stream', async () => {
    const model = createModel({ hidden: 2, ngram: 0 })
    new Learner(model).learn('abcabc')
    const loaded = await load(await save(model))
    expect(loaded.stream).toBeUndefined()
    expect(digest(loaded.model)).toBe(digest(model))
  })

  describe('that is sealed but hostile is refused in words:', () => {
    const learner = new Learner(createModel({ hidden: 3, ngram: 2, tableBits: 4, every: 3, through: 5 }))
    learner.learn('hello, hello world')
    const forged = async (
      change: (contents: {
        tensors: Map<string, { dtype: 'F32' | 'F64' | 'U8' | 'U32' | 'I32' | 'I64'; shape: readonly number[]; data: Uint8Array }>
        metadata: Map<string, string>
      }) => void,
    ) => {
      const { tensors, metadata } = readSafetensors(await save(learner))
      const contents = { tensors: new Map(tensors), metadata: new Map(metadata) }
      change(contents)
      const bytes = writeSafetensors({ ...contents, metadata: new Map([...contents.metadata, ['sha256', '0'.repeat(64)]]) })
      const digest = createHash('sha256').update(bytes).digest('hex')
      bytes.set(new TextEncoder().encode(digest), 35)
      return bytes
    }
    const counters = (metadata: Map<string, string>, name: string, value: unknown) =>
      metadata.set('counters', JSON.stringify({ ...Object.fromEntries(Object.entries(JSON.parse(metadata.get('counters')!))), [name]: value }))
    const floats = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer)

    test.each([
      [
        'a NaN among the weights',
        /finite/,
        ({ tensors }) =>
          tensors.set('output.bias', {
            dtype: 'F32',
            shape: tensors.get('output.bias')!.shape,
            data: floats(Array(tensors.get('output.bias')!.shape[0]).fill(NaN)),
          }),
      ],
      [
        'a vocabulary that does not fit the shapes',
        /output\.weight|weight_ih_l0/,
        ({ tensors }) => tensors.set('vocabulary', { dtype: 'F64', shape: [1], data: new Uint8Array(Float64Array.of(97).buffer) }),
      ],
      [
        'a character twice',
        /twice/,
        ({ tensors }) =>
          tensors.set('vocabulary', {
            ...tensors.get('vocabulary')!,
            data: new Uint8Array(new Float64Array(tensors.get('vocabulary')!.shape[0]!).fill(97).buffer),
          }),
      ],
      ['a missing tensor', /kept\.0\.weight_hh_l0 is missing/, ({ tensors }) => tensors.delete('kept.0.weight_hh_l0')],
      [
        'symbols beyond the vocabulary in the table',
        /symbol beyond/,
        ({ tensors }) => tensors.set('direct.table', { ...tensors.get('direct.table')!, data: new Uint8Array(512).fill(255, 20, 28) }),
      ],
      [
        'symbols beyond the vocabulary on the tape',
        /tape\.inputs/,
        ({ tensors }) => tensors.set('tape.inputs', { ...tensors.get('tape.inputs')!, data: new Uint8Array(24).fill(127) }),
      ],
      ['a window longer than the tape', /tape\.steps/, ({ metadata }) => counters(metadata, 'tape.steps', 6)],
      ['counters that are none', /updates/, ({ metadata }) => counters(metadata, 'updates', '5')],
      ['options out of range', /hidden/, ({ metadata }) => metadata.set('options', '{"hidden":0}')],
      [
        'options that ask for far more memory than the file is worth',
        /table|weight_hh_l0/,
        ({ metadata }) => metadata.set('options', JSON.stringify({ ...learner.model.options, hidden: 4096, tableBits: 24 })),
      ],
      ['a prototype for counters', /missing|updates/, ({ metadata }) => metadata.set('counters', '{"__proto__":{"updates":1}}')],
    ] as readonly [
      string,
      RegExp,
      (contents: {
        tensors: Map<string, { dtype: 'F32' | 'F64' | 'U8' | 'U32' | 'I32' | 'I64'; shape: readonly number[]; data: Uint8Array }>
        metadata: Map<string, string>
      }) => void,
    ][])('%s', async (_, words, change) => {
      const attempt = load(await forged(change))
      await expect(attempt).rejects.toThrow(CheckpointError)
      await expect(attempt).rejects.toThrow(words)
    })
  })

  test('one that is older than the conductor continues without it', async () => {
    const old = new Learner(createModel({ cell: 'rnn', hidden: 5, ngram: 2, tableBits: 6, conductorBits: 0, learnAbove: 0 }))
    old.learn('the quick brown fox. '.repeat(5))
    const { tensors, metadata } = readSafetensors(await save(old))
    const { conductorBits, learnAbove, ...options } = JSON.parse(metadata.get('options')!)
    expect([conductorBits, learnAbove]).toEqual([0, 0])
    const own = [...metadata].filter(([key]) => key !== 'sha256' && key !== 'format')
    const bytes = await seal({ tensors, metadata: new Map([...own, ['options', JSON.stringify(options)]]) })
    const { model, stream } = await load(bytes)
    expect(model.options).toEqual(old.model.options)
    expect(new Learner(model, stream).learn('the quick red fox')).toEqual(old.learn('the quick red fox'))
  })
})

describe('a checkpoint of the default preset', () => {
  test('holds what was touched: little more than 1 MB after 480 characters, and continues as if nothing had stopped', async () => {
    const text = 'the quick brown fox jumps over the lazy dog, '.repeat(11).slice(0, 480)
    using straight = new Learner(createModel())
    straight.learn(text)
    const bytes = await save(straight)
    expect(bytes.length).toBeLessThan(1.2e6)
    const { model, stream } = await load(bytes.buffer)
    using resumed = new Learner(model, stream)
    expect(digest(model)).toBe(digest(straight.model))
    expect(resumed.learn(text)).toEqual(straight.learn(text))
    expect(Buffer.compare(await save(resumed), await save(straight))).toBe(0)
    model.dispose()
    straight.model.dispose()
  })
})

test('a checkpoint of 0.1.0, with a window that was learned in part, can be read', async () => {
  const { model, stream } = await load(readFileSync(new URL('../fixtures/checkpoint-0.1.0.safetensors', import.meta.url)))
  expect(digest(model)).toBe('173b6df5898a5b42d252b5d6a249dc395da6e258fa0e526f711f1e04dcc228eb')
  using learner = new Learner(model, stream)
  expect(learner.offset).toBe(11)
  learner.observe('cabc')
  // of the window that was open, two characters had not been muted
  expect(model.version).toBe(2)
})

test('a segment can be saved while its stream runs; later, the error says what to do', async () => {
  const segments: LearnedSegment[] = []
  of('abc')
    .pipe(learn(createModel({ preset: 'small' })))
    .subscribe((segment) => segments.push(segment))
  await expect(save(segments[0]!)).rejects.toThrow(
    /^the stream of this segment has ended, and its state is gone: save while it runs, as checkpoint\(\) does, or save the model alone$/,
  )
  expect((await save(segments[0]!.activations.model)).length).toBeGreaterThan(1000)
})
