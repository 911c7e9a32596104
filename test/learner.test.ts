import { complete, createModel, digest, Learner, type Model, type ModelOptions, OptionError, sample } from '../src/index.ts'
import { describe, expect, test } from 'vitest'
import { sum } from './operators/parts.ts'

const small = (options: Partial<ModelOptions> = {}): Model =>
  createModel({ hidden: 6, ngram: 2, tableBits: 6, every: 4, through: 6, backend: 'reference', ...options })

function taught(...texts: readonly string[]): { readonly model: Model; readonly learner: Learner } {
  const model = small()
  const learner = new Learner(model)
  for (const text of texts) learner.learn(text)
  return { model, learner }
}

describe('Learner', () => {
  test('gives a loss for each character, also for those that a chunk held back', () => {
    const { learner } = taught()
    expect(learner.learn('ab\ud83d')).toHaveLength(2)
    expect(learner.learn('\ude00c')).toHaveLength(2)
    expect(learner.learn('')).toHaveLength(0)
    expect(learner.learn(Uint8Array.of(0xe2, 0x82))).toHaveLength(0)
    expect(learner.end()).toHaveLength(1)
  })

  test('predicts before the first character', () => {
    const { learner } = taught()
    expect([...learner.predict().probabilities]).toEqual([1])
  })

  test('predicts without changing anything', () => {
    const [quiet, curious] = [taught('abcabc'), taught('abcabc')]
    for (let i = 0; i < 3; i++) expect(curious.learner.predict()).toEqual(curious.learner.predict())
    expect(digest(curious.model)).toBe(digest(quiet.model))
    expect(curious.learner.learn('abcabcabc')).toEqual(quiet.learner.learn('abcabcabc'))
  })

  test('observes without learning, and reads on', () => {
    const { model, learner } = taught('abcabcabc')
    const before = [digest(model), model.version, model.vocabulary.size]
    const losses = learner.observe('abcabcabcabcx')
    expect(losses).toHaveLength(13)
    expect(losses.at(-1)).toBeGreaterThan(Math.log(1_114_112))
    expect([digest(model), model.version, model.vocabulary.size]).toEqual(before)
  })

  test('does not learn from a window that was only observed', () => {
    const { model, learner } = taught('a')
    learner.observe('aaaaaaaa')
    learner.end()
    expect(model.version).toBe(0)
  })

  test('learns from what it read of a window that was observed in part', () => {
    const { model, learner } = taught('ab')
    learner.observe('aba')
    expect(model.version).toBe(1)
  })

  test('a character that was only observed stays novel until it is learned', () => {
    const { learner } = taught('ab')
    learner.observe('x')
    const [stillNovel, known] = learner.learn('xx')
    expect(stillNovel).toBeGreaterThan(Math.log(1_114_112))
    expect(known).toBeLessThan(Math.log(1_114_112))
  })

  test('learns from the partial last window when the stream ends, and not when it is disposed of', () => {
    const [ended, disposed] = [taught('abc'), taught('abc')]
    ended.learner.end()
    disposed.learner.dispose()
    expect([ended.model.version, disposed.model.version]).toEqual([1, 0])
  })

  test('is over after its end, and the model lives on', () => {
    const { model, learner } = taught('abcabc')
    learner.end()
    learner.end()
    learner.dispose()
    expect(model.version).toBe(2)
    for (const use of [() => learner.learn('a'), () => learner.observe('a'), () => learner.predict()]) expect(use).toThrow('this tape was freed')
    expect(new Learner(model).learn('abc')).toHaveLength(3)
  })

  test('has forks, which read on alone and which it does not notice', () => {
    for (const text of ['', 'a', 'abcabcab', 'the cat sat on the mat. '.repeat(9)]) {
      const [{ learner }, { learner: straight }] = [taught(text), taught(text)]
      using fork = learner.fork()
      expect(fork.predict()).toEqual(straight.predict())
      fork.observe('the cat sxt, the cat sat')
      using second = learner.fork()
      second.observe('something else altogether: the cat')
      expect(learner.offset).toBe(straight.offset)
      expect(learner.learn('the cat sat on the mat. and')).toEqual(straight.learn('the cat sat on the mat. and'))
      expect(digest(learner.model)).toBe(digest(straight.model))
      if (text !== '') expect(fork.offset).toBe(text.length + 24)
    }
  })

  test('has forks that go on exactly as it would', () => {
    const { learner } = taught(`${'the cat sat on the mat. '.repeat(9)}t`)
    using fork = learner.fork()
    expect(fork.observe('he ')).toEqual(learner.observe('he '))
  })

  test('is completed by what is likeliest, up to an end or a probability', () => {
    const { learner } = taught('to be or not to be '.repeat(60))
    learner.observe('or n')
    const { text, probability } = complete(learner)
    expect(text).toBe('ot ')
    expect(probability).toBeGreaterThan(0.5)
    expect(probability).toBeLessThan(1)
    expect(complete(learner, { until: /be$/ }).text).toBe('ot to be')
    expect(complete(learner, { length: 2 }).text).toBe('ot')
    expect(complete(learner, { minProbability: 1 })).toEqual({ text: '', probability: 1 })
    expect(complete(learner)).toEqual({ text, probability })
    for (const options of [{ minProbability: 2 }, { length: -1 }]) expect(() => complete(learner, options)).toThrow(OptionError)
  })

  test('is sampled from where it stands', () => {
    const { model, learner } = taught('to be or not to be '.repeat(60))
    learner.observe('or n')
    expect([...sample(model, { from: learner, length: 5, topK: 1 })].join('')).toBe('ot to')
    expect(learner.predict().next(1)[0]![0]).toBe('o')
  })

  test('is disposed of at the end of its block', () => {
    const { model } = taught('abc')
    let kept: Learner
    {
      using learner = new Learner(model)
      learner.learn('abc')
      kept = learner
    }
    expect(() => kept.learn('a')).toThrow('this tape was freed')
  })

  test('shares what a model learns with the others who read for it', () => {
    const { model } = taught('abc'.repeat(200))
    const fresh = new Learner(small())
    fresh.learn('abc')
    const perCharacter = (learner: Learner) => sum(learner.observe('abcabcabc')) / 9
    expect(perCharacter(new Learner(model))).toBeLessThan(perCharacter(fresh) / 2)
  })

  test('keeps every parameter finite, whatever it reads', () => {
    const { model, learner } = taught()
    for (const text of ['\0\0\0', '\ud800', '\udfff\ud800', 'x'.repeat(5000), '\u{10ffff}', '']) learner.learn(text)
    for (const bytes of [Uint8Array.of(0xff, 0xfe), Uint8Array.of(0xed, 0xa0, 0x80), new Uint8Array()]) learner.learn(bytes)
    expect(learner.end().every(Number.isFinite)).toBe(true)
    for (const name of model.parameterNames) expect(model.read(name).every(Number.isFinite)).toBe(true)
  })

  test('stays finite at the largest learning rate and the loosest clip', () => {
    for (const optimizer of ['sgd', 'adagrad'] as const) {
      const model = small({ learningRate: 10, clip: 1e6, optimizer, backend: 'simd' })
      const learner = new Learner(model)
      const losses = learner.learn('abcab cbacbbca '.repeat(200))
      expect([optimizer, losses.every(Number.isFinite)]).toEqual([optimizer, true])
      for (const name of model.parameterNames) expect([name, model.read(name).every(Number.isFinite)]).toEqual([name, true])
    }
  })

  test.each([{ hidden: 0 }, { every: 8, through: 4 }, { learningRate: NaN }])('has no model with %j', (options) => {
    expect(() => new Learner(small(options))).toThrow(OptionError)
  })
})
