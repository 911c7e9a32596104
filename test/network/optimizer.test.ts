import { fc, test } from '@fast-check/vitest'
import { createModel, digest, Learner, load, type Model, type ModelOptions, type Rates, save, type Update } from '../../src/index.ts'
import { modelOptions } from '../../src/network/options.ts'
import { describe, expect } from 'vitest'
import { referenceBackend } from '../../src/kernels/reference/index.ts'
import { descentOf } from '../../src/network/update-rule.ts'
import { addCharacters, distance, PARAMETERS, readAll } from './parts.ts'

const RATE = 0.1

/** A parameter of one number that goes down these gradients; where it is after each */
function descend(options: Partial<ModelOptions>, gradients: readonly number[]): readonly number[] {
  const descent = descentOf(referenceBackend(), modelOptions(options))
  const accumulators = Array.from({ length: descent.accumulators }, () => new Float64Array(1))
  const [w, dw] = [new Float64Array(1), new Float64Array(1)]
  return gradients.map((gradient, i) => {
    dw[0] = gradient
    descent.descend([{ w, dw, accumulators, rows: 1, columns: 1 }], RATE, i + 1)
    expect(dw[0]).toBe(0)
    return w[0]!
  })
}

/** Sums `step` over the gradients */
function walk(gradients: readonly number[], step: (gradient: number, t: number) => number): readonly number[] {
  let w = 0
  return gradients.map((gradient, i) => (w -= RATE * step(gradient, i + 1)))
}

const gradients = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 50 })
const beta = fc.double({ min: 0, max: 0.999, noNaN: true })

describe('an optimizer follows its formula:', () => {
  test.prop([gradients, beta])('sgd with momentum', (gradients, momentum) => {
    let velocity = 0
    const expected = walk(gradients, (g) => (velocity = momentum * velocity + g))
    expect(distance(descend({ optimizer: 'sgd', momentum }, gradients), expected)).toBeLessThan(1e-9)
  })

  test.prop([gradients, beta])('leaky-adagrad', (gradients, beta2) => {
    let squares = 0
    const expected = walk(gradients, (g) => g / (Math.sqrt((squares = beta2 * squares + g * g)) + 1e-8))
    expect(distance(descend({ optimizer: 'leaky-adagrad', beta2 }, gradients), expected)).toBeLessThan(1e-9)
  })

  test.prop([gradients, beta])('rmsprop', (gradients, beta2) => {
    let mean = 0
    const expected = walk(gradients, (g) => g / (Math.sqrt((mean = beta2 * mean + (1 - beta2) * g * g)) + 1e-8))
    expect(distance(descend({ optimizer: 'rmsprop', beta2 }, gradients), expected)).toBeLessThan(1e-9)
  })

  test.prop([gradients])('sgd', (gradients) => {
    expect(
      distance(
        descend({ optimizer: 'sgd' }, gradients),
        walk(gradients, (g) => g),
      ),
    ).toBeLessThan(1e-9)
  })

  test.prop([gradients])('adagrad', (gradients) => {
    let squares = 0
    const expected = walk(gradients, (g) => g / Math.sqrt((squares += g * g) + 1e-8))
    expect(distance(descend({ optimizer: 'adagrad' }, gradients), expected)).toBeLessThan(1e-9)
  })

  test.prop([gradients, fc.oneof(fc.constant(0), beta), beta], {
    examples: [
      [[1e-8, -2], 0, 0.9],
      [[1e-8, -2], 0.9, 0.99],
    ],
  })('adam, with beta1 and without', (gradients, beta1, beta2) => {
    let [m, v] = [0, 0]
    const expected = walk(gradients, (g, t) => {
      m = beta1 * m + (1 - beta1) * g
      v = beta2 * v + (1 - beta2) * g * g
      return m / (1 - beta1 ** t) / (Math.sqrt(v / (1 - beta2 ** t)) + 1e-8)
    })
    expect(distance(descend({ optimizer: 'adam', beta1, beta2 }, gradients), expected)).toBeLessThan(1e-8)
  })

  test.prop([gradients, fc.constantFrom('sgd', 'adagrad', 'leaky-adagrad', 'rmsprop', 'adam'), fc.constantFrom(0, 0.9)])(
    'clips each element first',
    (gradients, optimizer, keep) => {
      const options = { optimizer, momentum: keep, beta1: keep }
      const clipped = gradients.map((g) => Math.max(-1, Math.min(1, g)))
      expect(descend({ ...options, clip: 1 }, gradients)).toEqual(descend(options, clipped))
    },
  )
})

/** A row of embeddings of one number that goes down these gradients; where it is after each */
function descendRow(options: Partial<ModelOptions>, gradients: readonly number[]): readonly number[] {
  const descent = descentOf(referenceBackend(), modelOptions(options))
  const [row, accumulator, dw] = [new Float64Array(1), new Float64Array(1), new Float64Array(1)]
  return gradients.map((gradient, i) => {
    dw[0] = gradient
    const { rate, keep, add, epsilon } = descent.rowwise(RATE, i + 1)
    referenceBackend().embeddingDescend(row, accumulator, dw, Int32Array.of(0), 1, rate, 5, keep, add, epsilon)
    return row[0]!
  })
}

describe('a row of one number descends like any parameter:', () => {
  test.prop([gradients, fc.constantFrom('sgd', 'leaky-adagrad', 'rmsprop', 'adam'), beta], {
    examples: [[[1e-8, -2], 'adam', 0.9]],
  })('%s', (gradients, optimizer, beta2) => {
    const options = { optimizer, beta2 }
    expect(distance(descendRow(options, gradients), descend(options, gradients))).toBeLessThan(1e-9)
  })

  test.prop([gradients])('adagrad, with its constant beside the root', (gradients) => {
    let squares = 0
    const expected = walk(gradients, (g) => g / (Math.sqrt((squares += g * g)) + 1e-8))
    expect(distance(descendRow({ optimizer: 'adagrad' }, gradients), expected)).toBeLessThan(1e-9)
  })

  test.prop([gradients, beta])('sgd with momentum as far as it goes in the end, and adam without a mean', (gradients, keep) => {
    const far = walk(gradients, (g) => g / (1 - keep))
    expect(distance(descendRow({ optimizer: 'sgd', momentum: keep }, gradients), far)).toBeLessThan(1e-7)
    const withMean = descendRow({ optimizer: 'adam', beta1: keep }, gradients)
    expect(distance(withMean, descend({ optimizer: 'adam' }, gradients))).toBeLessThan(1e-9)
  })
})

test.each([
  ['sgd', {}, 0],
  ['sgd', { momentum: 0.9 }, 1],
  ['adagrad', {}, 1],
  ['adam', {}, 1],
  ['adam', { beta1: 0.9 }, 2],
] as const)('%s with %j keeps %d numbers for each parameter', (optimizer, options, count) => {
  expect(descentOf(referenceBackend(), modelOptions({ optimizer, ...options })).accumulators).toBe(count)
})

describe('clipNorm', () => {
  /** Parameters before and after one update of plain descent with the rate 1, and its gradient's norm */
  function step(options: Partial<ModelOptions>): { readonly moved: number; readonly gradientNorm: number } {
    const model = createModel({
      preset: 'min-char-rnn',
      hidden: 4,
      deviation: 0.5,
      every: 5,
      optimizer: 'sgd',
      learningRate: 1,
      backend: 'reference',
      ...options,
    })
    const learner = new Learner(model)
    learner.learn('abcab')
    const before = readAll(model)
    const gradientNorm = learnAndMeasure(model, learner)
    const after = readAll(model)
    const moved = Math.hypot(...PARAMETERS.flatMap((name) => Array.from(after[name], (value, i) => value - before[name][i]!)))
    return { moved, gradientNorm }
  }

  function learnAndMeasure(model: Model, learner: Learner, text = 'c'): number {
    const apply = model.optimizer.apply.bind(model.optimizer)
    let norm = 0
    model.optimizer.apply = () => {
      const update = apply()
      norm = update.gradientNorm
      return update
    }
    learner.learn(text)
    return norm
  }

  test.prop([fc.double({ min: 0.01, max: 2, noNaN: true })], { numRuns: 40 })(
    'scales a gradient that is longer to that norm, and no other',
    (share) => {
      const free = step({})
      const clipNorm = share * free.gradientNorm
      const { moved, gradientNorm } = step({ clipNorm })
      expect(gradientNorm).toBe(free.gradientNorm)
      expect(moved).toBeCloseTo(Math.min(gradientNorm, clipNorm), 10)
    },
  )

  test('leaves a smaller gradient as it is', () => {
    const { moved, gradientNorm } = step({ clipNorm: 100 })
    expect(moved).toBeCloseTo(gradientNorm, 10)
    expect(step({ clipNorm: 100 })).toEqual(step({}))
  })

  /** What the update after a window of a model that conducts did: to its network by plain descent with the rate 1, and to its predictions */
  function conducted(
    clipNorm: number,
    start = 'abcabcabcab',
    window = 'cabcabcabc',
  ): { readonly moved: number; readonly gradientNorm: number; readonly probabilities: Float64Array } {
    const options = { hidden: 4, ngram: 2, tableBits: 6, conductorBits: 4, every: 10, learnAbove: 0, optimizer: 'sgd', learningRate: 1 } as const
    const model = createModel({ ...options, clip: 1e6, clipNorm, backend: 'reference' })
    // all symbols have their weights from the start
    addCharacters(model, 3)
    model.write('by', new Float64Array(4))
    const learner = new Learner(model)
    learner.learn(start)
    const before = allOf(model)
    const gradientNorm = learnAndMeasure(model, learner, window)
    const after = allOf(model)
    return { moved: Math.hypot(...after.map((value, i) => value - before[i]!)), gradientNorm, probabilities: learner.predict().probabilities }
  }

  const allOf = (model: Model) => model.parameterNames.flatMap((name) => [...model.read(name)])

  test('measures the network, its embeddings and the gates of the direct connections together', () => {
    const { moved, gradientNorm } = conducted(0)
    expect(gradientNorm).toBeGreaterThan(moved)
    expect(gradientNorm).toBeLessThan(1.5 * moved)
    // as long as the table knows nothing, its gates have no gradient
    const first = conducted(0, 'a', 'bcabcabcab')
    expect(first.gradientNorm).toBeCloseTo(first.moved, 9)
  })

  test('changes next to nothing just below the norm of the gradient', () => {
    const free = conducted(0)
    const clipped = conducted(0.999999 * free.gradientNorm)
    expect(clipped.moved).toBeCloseTo(0.999999 * free.moved, 9)
    expect(distance(clipped.probabilities, free.probabilities)).toBeLessThan(1e-4)
  })

  test('scales the gradient of direct connections with the others', () => {
    const digestOf = (clipNorm: number) => {
      const model = createModel({ hidden: 1, learningRate: 0, ngram: 2, tableBits: 6, every: 5, backend: 'reference', clipNorm })
      new Learner(model).learn('abcabcabcab')
      return digest(model)
    }
    expect(digestOf(0.01)).not.toBe(digestOf(0))
    expect(digestOf(1000)).toBe(digestOf(0))
  })
})

describe('the learning rate', () => {
  function rates(options: Partial<ModelOptions>): readonly number[] {
    const model = createModel({ hidden: 2, ngram: 0, every: 1, through: 1, learnAbove: 0, backend: 'reference', learningRate: 0.1, ...options })
    const learner = new Learner(model)
    return Array.from({ length: 40 }, () => {
      const { learningRate } = model.optimizer
      learner.learn('a')
      return learningRate
    }).slice(1)
  }

  test.prop([fc.double({ min: 0.1, max: 1000, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })], { numRuns: 20 })(
    'falls by the root of the updates down to its floor',
    (decay, rateFloor) => {
      const expected = Array.from({ length: 39 }, (_, t) => 0.1 * Math.max(rateFloor, 1 / Math.sqrt(1 + t / decay)))
      expect(distance(rates({ decay, rateFloor }), expected)).toBeLessThan(1e-15)
    },
  )

  test('is constant without decay', () => {
    expect(new Set(rates({ decay: 0 }))).toEqual(new Set([0.1]))
  })
})

describe('apply', () => {
  const options = { hidden: 3, ngram: 2, tableBits: 6, conductorBits: 4, every: 5, backend: 'reference' } as const

  /** A model that learned two windows at these rates, and what each update did */
  function learned(own: Partial<ModelOptions>, rates: Rates): { readonly digest: string; readonly updates: readonly Update[] } {
    const model = createModel({ ...options, ...own })
    const updates: Update[] = []
    const apply = model.optimizer.apply.bind(model.optimizer)
    model.optimizer.apply = () => {
      updates.push(apply(rates))
      return updates.at(-1)!
    }
    new Learner(model).learn('abcabcabcab')
    return { digest: digest(model), updates }
  }

  test('takes rates in the place of those of the model', () => {
    const expected = learned({ learningRate: 0.3, decay: 0, ngramLearningRate: 0.4 }, {})
    expect(expected.updates.map(({ learningRate }) => learningRate)).toEqual([0.3, 0.3])
    expect(learned({}, { learningRate: 0.3, ngramLearningRate: 0.4 })).toEqual(expected)
    expect(learned({ learningRate: 0.3, decay: 0 }, {}).digest).not.toBe(expected.digest)
  })

  test('asks a function for a rate by the number of updates', () => {
    const { updates } = learned({}, { learningRate: (count) => count / 10 })
    expect(updates.map(({ updates, learningRate }) => [updates, learningRate])).toEqual([
      [1, 0],
      [2, 0.1],
    ])
  })

  test.each([-1, 10.1, NaN])('refuses a rate of %d', (rate) => {
    for (const option of ['learningRate', 'ngramLearningRate'] as const) {
      expect(() => createModel(options).optimizer.apply({ [option]: rate })).toThrow(`${option} is ${rate}, but it must be a number from 0 to 10`)
      expect(() => createModel(options).optimizer.apply({ [option]: () => rate })).toThrow(`${option} is ${rate}, but`)
    }
  })

  test('counts updates on after loading', async () => {
    const learner = new Learner(createModel(options))
    learner.learn('abcabcabcab')
    const { model } = await load(await save(learner))
    expect(model.version).toBe(2)
    expect(model.optimizer.apply().updates).toBe(3)
  })
})
