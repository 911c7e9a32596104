import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { createModel, digest, Learner, load, type ModelOptions, save } from '../../src/index.ts'

const SHAPES: readonly Partial<ModelOptions>[] = [
  { cell: 'rnn', ngram: 0 },
  { cell: 'rnn', ngram: 2, conductorBits: 0 },
  { cell: 'gru', layers: 2, ngram: 0 },
  { cell: 'lstm', layers: 2, ngram: 2, conductorBits: 0 },
  { cell: 'mi', ngram: 2, conductorBits: 4 },
]
const TEXT = 'abca bcab cab; abd'

/** A learner of a small model that has read the text */
function learnerOf(options: Partial<ModelOptions>, text: string): Learner {
  const model = createModel({ hidden: 2, tableBits: 5, every: 3, through: 5, learnAbove: 0, learningRate: 0.05, backend: 'reference', ...options })
  const learner = new Learner(model)
  learner.learn(text)
  return learner
}

describe('the state of a stream', () => {
  const anyPlace = fc.record({ options: fc.constantFrom(...SHAPES), at: fc.integer({ min: 0, max: TEXT.length }), looksAhead: fc.boolean() })

  test.prop([anyPlace], { numRuns: 15 })('is saved at any place, and continues from there to the bit', async ({ options, at, looksAhead }) => {
    const learner = learnerOf(options, TEXT.slice(0, at))
    if (looksAhead) learner.predict()
    const { model, stream } = await load(await save(learner))
    const loaded = new Learner(model, stream)
    expect(loaded.predict()).toEqual(learner.predict())
    for (const character of TEXT) expect(loaded.learn(character)).toEqual(learner.learn(character))
    expect(digest(loaded.model)).toBe(digest(learner.model))
  })

  test.prop([anyPlace], { numRuns: 12 })('is copied by a fork, which reads on without a trace', ({ options, at, looksAhead }) => {
    const [learner, twin] = [learnerOf(options, TEXT.slice(0, at)), learnerOf(options, TEXT.slice(0, at))]
    if (looksAhead) learner.predict()
    const fork = learner.fork()
    expect(fork.predict()).toEqual(twin.predict())
    expect(fork.observe(TEXT)).toEqual(twin.fork().observe(TEXT))
    const losses = fork.observe(TEXT)
    fork.dispose()
    expect(learner.learn(TEXT)).toEqual(twin.learn(TEXT))
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(digest(learner.model)).toBe(digest(twin.model))
  })

  test.prop([fc.constantFrom(...SHAPES), fc.integer({ min: 1, max: TEXT.length })], { numRuns: 20 })(
    'reads as a fork what it would read itself',
    (options, at) => {
      const learner = learnerOf({ ...options, learningRate: 0, ngramLearningRate: 0 }, TEXT.slice(0, at))
      const read = learner.fork().observe(TEXT)
      expect(read).toEqual(learner.observe(TEXT))
    },
  )
})
