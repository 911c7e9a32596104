import { from, of } from 'rxjs'
import { createModel, digest, Learner, learn, type Model, truncate } from '../../src/index.ts'
import { NOVEL } from '../../src/text/vocabulary.ts'
import { describe, expect, test } from 'vitest'
import { addCharacters, PARAMETERS, readAll, segmentOf, writeAll } from './parts.ts'

const BACKENDS = ['reference', 'simd'] as const
type Backend = (typeof BACKENDS)[number]

// novel characters at the start, in the middle and at the end
const TEXT = `${'the cat sat on the mat; '.repeat(6)}Why? ${'the cat sat on the mat; '.repeat(6)}!`

function small(backend: Backend = 'reference'): Model {
  return createModel({ preset: 'min-char-rnn', hidden: 8, every: 5, through: 10, ngram: 2, tableBits: 6, backend })
}

describe.each(BACKENDS)('a model (%s)', (backend) => {
  test('learns the same whether it is read from in between or not', () => {
    const [quiet, read] = [small(backend), small(backend)]
    const losses: number[] = []
    const lossesWhileRead: number[] = []
    of(TEXT)
      .pipe(learn(quiet))
      .subscribe((learned) => losses.push(...learned.losses))
    of(TEXT)
      .pipe(learn(read))
      .subscribe((learned) => {
        lossesWhileRead.push(...learned.losses)
        readAll(read)
        digest(read)
      })
    expect(lossesWhileRead).toEqual(losses)
    expect(digest(read)).toBe(digest(quiet))
  })

  test('has a digest that knows nothing of characters that did not come yet', () => {
    const byCharacter = digestsOf(backend, Array.from(TEXT))
    const whole = digestsOf(backend, [TEXT])
    expect(whole.size).toBeGreaterThan(20)
    // the end closes the last window in both
    for (const [offset, digest] of whole) expect([offset, digest]).toEqual([offset, byCharacter.get(offset)])
  })

  test('scores the characters it knows and the novel ones so that their probabilities add up to 1', () => {
    expect(sumOfProbabilities(backend, () => {})).toBeCloseTo(1, 5)
  })

  test('scores a symbol that another stream added since the look ahead by what it is now', () => {
    expect(sumOfProbabilities(backend, (model) => new Learner(model).learn('xyz'))).toBeCloseTo(1, 5)
  })

  test('gives the same losses when the vocabulary grows between forward and losses', () => {
    const grown = lossesOf(backend, (model) => {
      addCharacters(model, 9)
      model.write('bh', model.read('bh'))
    })
    expect(grown).toEqual(lossesOf(backend, () => {}))
  })

  test('learns the same gradient when it looks ahead before the backward pass', () => {
    expect(secondWindow(backend, (model, tape) => model.lookAhead(tape, 1))).toEqual(secondWindow(backend, () => {}))
  })

  test('keeps memory of its own: what it hands out can be written to', () => {
    const model = small(backend)
    const learner = new Learner(model)
    learner.learn('abc')
    const { probabilities } = learner.predict()
    const before = digest(model)
    const again = learner.predict().probabilities.slice()
    probabilities.fill(NaN)
    for (const name of PARAMETERS) model.read(name).fill(NaN)
    expect(digest(model)).toBe(before)
    expect(learner.predict().probabilities).toEqual(again)
  })

  test('reads what was written, in the shapes of the notebook', () => {
    const model = small(backend)
    addCharacters(model, 2)
    const values = { Wxh: 8 * 3, Whh: 8 * 8, Why: 3 * 8, bh: 8, by: 3 }
    const written = {
      Wxh: numbered(values.Wxh),
      Whh: numbered(values.Whh),
      Why: numbered(values.Why),
      bh: numbered(values.bh),
      by: numbered(values.by),
    }
    writeAll(model, written)
    expect(readAll(model)).toEqual(written)
    // the column of symbol 1
    const tape = model.tape()
    writeAll(model, {
      ...written,
      Whh: written.Whh.fill(0),
      bh: written.bh.fill(0),
      Why: written.Why.map((_, i) => (i === 8 + 2 ? 1 : 0)),
      by: written.by.fill(0),
    })
    const { probabilities } = model.lookAhead(tape, 1)
    expect(Math.log(probabilities[1]! / probabilities[0]!)).toBeCloseTo(Math.tanh(values.Wxh === 24 ? (2 * 3 + 1) / 16 : 0), 5)
  })
})

describe('a model', () => {
  test.each([
    ['too few', new Float64Array(7), /^bh has 8 values with 8 hidden units and 1 symbols, not 7$/],
    ['too many', new Float64Array(9), /not 9$/],
    ['NaN', new Float64Array(8).fill(NaN, 7), /^bh must hold finite numbers only$/],
    ['an infinity', new Float64Array(8).fill(-Infinity, 3, 4), /finite/],
    ['nothing but holes', Object.assign([], { length: 8 }), /finite/],
  ])('refuses to write %s and keeps its parameters', (_, values, message) => {
    const model = small()
    const before = digest(model)
    expect(() => model.write('bh', values)).toThrow(message)
    expect(() => model.write('bh', values)).toThrow(RangeError)
    expect(digest(model)).toBe(before)
  })

  test('has a digest that depends on the last bit of each parameter', () => {
    const model = small()
    addCharacters(model, 2)
    model.write('by', [0, 0, 0])
    const digests = new Set([digest(model)])
    for (const name of PARAMETERS) {
      const values = model.read(name)
      model.write(name, values.with(0, values[0]! + 2 ** -52))
      digests.add(digest(model))
    }
    expect(digests.size).toBe(1 + PARAMETERS.length)
  })

  test('has a digest that depends on the vocabulary and on the hidden units', () => {
    expect(digestOfFlat('a', 8)).toBe(digestOfFlat('a', 8))
    expect(new Set([digestOfFlat('a', 8), digestOfFlat('b', 8), digestOfFlat('a', 9)]).size).toBe(3)
  })

  test.each([
    ['reference', '6344f10fe608b3f616cd40c1fb09bf495c12cbaa7b09870ffbb3975093507858'],
    ['simd', 'def679b3cdb0160d74f4d54e03165581af37cb1a6f41e7ec8e9ba72683594e20'],
  ] as const)('has a pinned digest after a pinned text, so that the numbers are the same on every engine (%s)', (backend, pinned) => {
    const model = small(backend)
    const learner = new Learner(model)
    learner.learn(TEXT)
    learner.end()
    expect(digest(model)).toBe(pinned)
  })

  test('is another with another seed, and the same with the same', () => {
    expect(digestOfSeed(1)).toBe(digestOfSeed(1))
    expect(digestOfSeed(2)).not.toBe(digestOfSeed(1))
  })

  test('draws weights of mean 0 and the given deviation, and biases of 0', () => {
    const weights = createModel({ cell: 'rnn', hidden: 100, ngram: 0, deviation: 0.5, backend: 'reference' }).read('Whh')
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length
    const variance = weights.reduce((sum, weight) => sum + weight ** 2, 0) / weights.length
    expect(Math.abs(mean)).toBeLessThan(0.025)
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(0.071)
    expect([...createModel({ cell: 'rnn', hidden: 3, ngram: 0 }).read('bh'), ...createModel({ ngram: 0 }).read('by')]).toEqual([0, 0, 0, 0])
  })

  test('refuses every use once it is disposed of', () => {
    const model = small()
    const tape = model.tape()
    const segment = segmentOf([0], [0], 1, true, model.options)
    model.forward(tape, segment)
    model.dispose()
    model.dispose()
    const uses: readonly (() => unknown)[] = [
      () => model.tape(),
      () => model.forward(tape, segment),
      () => model.losses(tape, 0, 1),
      () => model.backward(tape),
      () => model.optimizer.apply(),
      () => model.lookAhead(tape, 0),
      () => model.read('by'),
      () => model.write('by', [0]),
      () => digest(model),
      () => new Learner(model),
    ]
    for (const use of uses) expect(use).toThrow(/^this model was disposed of; create a new one, or dispose later$/)
  })

  test('is disposed of at the end of its scope', () => {
    let kept: Model
    {
      using model = small()
      kept = model
      expect(kept.read('bh')).toHaveLength(8)
    }
    expect(() => kept.read('bh')).toThrow(/disposed/)
  })

  test.each([
    [{ every: 0, through: 5 }, /^every is 0, but it must be a whole number from 1 to 10000$/],
    [{ every: 1.5, through: 5 }, /^every is 1.5/],
    [{ every: 5, through: NaN }, /^through is NaN/],
    [{ every: 5, through: 4 }, /^through is 4, but it must be at least every, which is 5$/],
  ])('refuses the truncation %j, on a tape and in a pipeline', (truncation, message) => {
    expect(() => small().tape(truncation)).toThrow(message)
    expect(() => truncate(truncation)).toThrow(message)
  })
})

/** What a stream believed of every character that may come next, after it looked ahead and then something else happened */
function sumOfProbabilities(backend: Backend, meanwhile: (model: Model) => void): number {
  const probabilityOf = (symbol: number) => {
    const model = small(backend)
    const learner = new Learner(model)
    learner.learn('abcabc')
    learner.predict()
    meanwhile(model)
    const character = model.vocabulary.characterOf(symbol)
    const [loss] = learner.learn(character === undefined ? '\u{10ffff}' : String.fromCodePoint(character))
    return { known: model.vocabulary.size, probability: Math.exp(-(symbol === NOVEL ? loss! - model.vocabulary.novelCost : loss!)) }
  }
  const { known, probability } = probabilityOf(NOVEL)
  // reading the novel character added one
  return Array.from({ length: known - 2 }, (_, i) => probabilityOf(i + 1).probability).reduce((sum, one) => sum + one, probability)
}

/** The digest after each segment, by its offset */
function digestsOf(backend: Backend, chunks: readonly string[]): ReadonlyMap<number, string> {
  const model = small(backend)
  const digests = new Map<number, string>()
  from(chunks)
    .pipe(learn(model))
    .subscribe(({ offset }) => digests.set(offset, digest(model)))
  return digests
}

function lossesOf(backend: Backend, between: (model: Model) => void): Float64Array {
  const model = small(backend)
  addCharacters(model, 3)
  const tape = model.tape()
  const { first, to } = model.forward(tape, segmentOf([1, 2, 3], [2, 3, 1], 4, false, model.options))
  between(model)
  return model.losses(tape, first, to)
}

function secondWindow(backend: Backend, before: (model: Model, tape: ReturnType<Model['tape']>) => void): object {
  const model = createModel({ cell: 'rnn', hidden: 4, every: 3, through: 5, learnAbove: 0, optimizer: 'sgd', learningRate: 1, ngram: 0, backend })
  addCharacters(model, 3)
  const tape = model.tape()
  const window = (inputs: readonly number[]) => model.forward(tape, segmentOf(inputs, inputs.toReversed(), 4, true, model.options))
  window([1, 2, 3])
  const { first, to } = window([2, 1, 3])
  before(model, tape)
  const losses = model.losses(tape, first, to)
  model.backward(tape)
  model.optimizer.apply()
  return { losses, ...readAll(model) }
}

function numbered(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => i / 16)
}

function digestOfFlat(character: string, hidden: number): string {
  const model = createModel({ hidden, ngram: 0, deviation: 0, backend: 'reference' })
  model.vocabulary.add(character.codePointAt(0)!)
  model.write('by', [0, 0])
  return digest(model)
}

function digestOfSeed(seed: number): string {
  return digest(createModel({ hidden: 8, ngram: 1, tableBits: 4, seed }))
}
