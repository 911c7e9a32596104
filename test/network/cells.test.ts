import { fc, test } from '@fast-check/vitest'
import { from, of } from 'rxjs'
import { createModel, digest, Learner, learn, type Model, type ModelOptions, sample } from '../../src/index.ts'
import { describe, expect } from 'vitest'
import { addCharacters, distance } from './parts.ts'

/* What holds for every cell, in one layer and in several. */

const CELLS = ['rnn', 'gru', 'lstm', 'mi'] as const
const NETWORKS = [
  ...CELLS.flatMap((cell) => [1, 2].map((layers) => ({ cell, layers, conductorBits: 0 }))),
  { cell: 'gru', layers: 4, conductorBits: 0 },
  ...CELLS.map((cell) => ({ cell, layers: 1, conductorBits: 4 })),
  { cell: 'mi', layers: 2, conductorBits: 4 },
] as const
const BACKENDS = ['reference', 'simd'] as const
const ROWS = { rnn: 1, gru: 3, lstm: 4, mi: 1 }
const H = 6

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n', 'é', '😀'), maxLength: 60 })
const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 8 })
const truncation = fc
  .record({ every: fc.integer({ min: 1, max: 6 }), extra: fc.nat({ max: 7 }) })
  .map(({ every, extra }) => ({ every, through: every + extra }))

function small(options: Partial<ModelOptions>): Model {
  return createModel({ hidden: H, ngram: 2, tableBits: 6, every: 4, through: 7, learnAbove: 0.1, backend: 'reference', ...options })
}

/** All that shows of learning a text that comes in these chunks */
function outcomeOf(options: Partial<ModelOptions>, chunks: readonly string[], stale?: 'allow'): object {
  const model = small(options)
  const losses: number[] = []
  let next: Float64Array | undefined
  from(chunks)
    .pipe(learn(model, stale === undefined ? {} : { stale }))
    .subscribe((learned) => {
      losses.push(...learned.losses)
      next = learned.prediction.probabilities
    })
  return { digest: digest(model), losses, next }
}

function cut(whole: string, at: readonly number[]): readonly string[] {
  const edges = [0, ...at.map((edge) => Math.min(edge, whole.length)).sort((a, b) => a - b), whole.length]
  return edges.slice(1).map((to, i) => whole.slice(edges[i], to))
}

describe.each(NETWORKS)('a network of $layers layers of $cell, conducting with $conductorBits bits', ({ cell, layers, conductorBits }) => {
  describe.each(BACKENDS)('(%s)', (backend) => {
    test.prop([text, cuts, truncation], { numRuns: 25 })(
      'learns the same in any chunking, and from copies of its tape',
      (whole, cuts, truncation) => {
        const options = { cell, layers, conductorBits, backend, ...truncation }
        const atOnce = outcomeOf(options, [whole])
        // the last prediction is that of the last chunk, so that there has to be one
        const chunks = cut(whole, cuts).filter((chunk) => chunk !== '')
        expect(outcomeOf(options, whole === '' ? [''] : chunks)).toEqual(atOnce)
        expect(outcomeOf(options, Array.from(whole))).toEqual(whole === '' ? outcomeOf(options, []) : atOnce)
        expect(outcomeOf(options, [whole], 'allow')).toEqual(atOnce)
      },
    )

    test('learns to expect what repeats', () => {
      const learner = new Learner(
        createModel({ cell, layers, hidden: 16, optimizer: 'adagrad', learningRate: 0.05, ngram: 0, learnAbove: 0, backend }),
      )
      const losses = learner.learn('abcadbac\n'.repeat(300))
      const mean = (some: Float64Array) => some.reduce((sum, loss) => sum + loss, 0) / some.length
      expect(mean(losses.slice(-90))).toBeLessThan(0.3 * mean(losses.slice(0, 90)))
    })

    test('reads what was written, for every symbol of the vocabulary, and each of them is in the digest', () => {
      const model = small({ cell, layers, conductorBits, backend })
      addCharacters(model, 2)
      model.write('by', [0, 0, 0])
      const digests = new Set([digest(model)])
      for (const name of model.parameterNames) {
        const written = model.read(name).map((_, i) => i / 64)
        model.write(name, written)
        expect(model.read(name)).toEqual(written)
        model.write(name, written.with(0, 2 ** -20))
        digests.add(digest(model))
      }
      expect(digests.size).toBe(1 + model.parameterNames.length)
    })

    test('is left alone by a sample', () => {
      const model = small({ cell, layers, conductorBits, backend })
      const learner = new Learner(model)
      learner.learn('the cat sat')
      const { probabilities } = learner.predict()
      const before = digest(model)
      expect([...sample(model, { length: 9, prime: 'cat' })]).toHaveLength(9)
      expect(digest(model)).toBe(before)
      expect(learner.predict().probabilities).toEqual(probabilities)
    })
  })

  test('has tensors of the sizes that PyTorch has', () => {
    const model = small({ cell, layers, conductorBits: 0 })
    addCharacters(model, 3)
    model.write('by', new Float64Array(4))
    const G = ROWS[cell] * H
    const sizeOf = (name: string) => {
      if (name === 'Why') return 4 * H
      if (name === 'by') return 4
      if (name === 'Wxh' || name === 'weight_ih_l0') return G * 4
      if (name.startsWith('factors')) return 3 * H
      return name.startsWith('b') ? G : G * H
    }
    for (const name of model.parameterNames) expect([name, model.read(name).length]).toEqual([name, sizeOf(name)])
    expect(model.parameterNames).toHaveLength((cell === 'rnn' ? 5 : 6) + 4 * (layers - 1) + (cell === 'mi' ? layers : 0))
  })

  test('draws new weights for a new symbol and keeps those of the others', () => {
    const model = small({ cell, layers, conductorBits })
    const [bottom] = model.parameterNames
    addCharacters(model, 1)
    model.write('by', [0, 0])
    const before = model.read(bottom!)
    addCharacters(model, 1)
    model.write('by', [0, 0, 0])
    const after = model.read(bottom!)
    expect(after.filter((_, i) => i % 3 < 2)).toEqual(before)
    expect(after.filter((_, i) => i % 3 === 2).every((weight) => weight !== 0)).toBe(true)
  })

  test('follows the reference in float32', () => {
    const lossesOf = (backend: (typeof BACKENDS)[number]) => {
      const losses: number[] = []
      of('the cat sat on the mat; '.repeat(8))
        .pipe(learn(small({ cell, layers, conductorBits, backend, learningRate: 0.01 })))
        .subscribe((learned) => losses.push(...learned.losses))
      return losses
    }
    expect(distance(lossesOf('simd'), lossesOf('reference'))).toBeLessThan(1e-3)
  })
})

test('a model says which parameters it has when it is asked for another', () => {
  const model = small({ cell: 'gru', conductorBits: 0 })
  expect(() => model.read('Wxh')).toThrow(
    /^there is no parameter Wxh in this model, which has weight_ih_l0, weight_hh_l0, Why, bias_ih_l0, bias_hh_l0, by$/,
  )
  expect(() => model.write('weight_ih_l1', [])).toThrow(RangeError)
})
