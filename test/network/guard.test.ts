import { fc, test } from '@fast-check/vitest'
import { of } from 'rxjs'
import { describe, expect } from 'vitest'
import { Tally } from '../../src/cli/print/tally.ts'
import type { Backend } from '../../src/kernels/backend.ts'
import { referenceBackend } from '../../src/kernels/reference/index.ts'
import { simdBackend } from '../../src/kernels/simd/index.ts'
import { learn } from '../../src/learn.ts'
import { Learner } from '../../src/learner.ts'
import { type ModelOptions, modelOptions } from '../../src/network/options.ts'
import { Parameters } from '../../src/network/parameters.ts'
import { Random } from '../../src/network/random.ts'
import { networkLayout } from '../../src/network/layout.ts'
import { digest } from '../../src/network/digest.ts'
import { Model } from '../../src/network/model.ts'
import { type Stats, stats } from '../../src/operators/stats.ts'

const EVERY = 5
const WINDOW = 'abcab'
const PLACES = ['states', 'logits', 'losses', 'gradient'] as const

interface Fault {
  readonly place: (typeof PLACES)[number]
  readonly value: number
}

const nan: Fault = { place: 'gradient', value: NaN }

/** What goes wrong, for as long as it is set */
interface Injection {
  fault: Fault | undefined
}

const fault = fc.record({ place: fc.constantFrom(...PLACES), value: fc.constantFrom(NaN, Infinity, -Infinity) })
const backendName = fc.constantFrom('reference', 'simd')
const optimizer = fc.constantFrom('sgd', 'adagrad', 'leaky-adagrad', 'rmsprop', 'adam')

/** A backend whose results hold what is not finite while a fault is set */
function faulty<Tensor>(backend: Backend<Tensor>, injection: Injection): Backend<Tensor> {
  const spoil = (place: Fault['place'], tensor: Tensor, row: number, columns: number) => {
    if (injection.fault?.place !== place) return
    backend.write(tensor, row, columns, new Float64Array(columns).fill(injection.fault.value))
  }
  return {
    ...backend,
    rnnForward(hs, inputs, Wxh, Whh, bh, from, to, H) {
      backend.rnnForward(hs, inputs, Wxh, Whh, bh, from, to, H)
      spoil('states', hs, to, H)
    },
    outputForward(ys, hs, Why, by, from, to, V, H) {
      backend.outputForward(ys, hs, Why, by, from, to, V, H)
      spoil('logits', ys, from, V)
    },
    crossEntropyForward(losses, logZs, ys, targets, from, to, V) {
      backend.crossEntropyForward(losses, logZs, ys, targets, from, to, V)
      if (injection.fault?.place === 'losses') losses[0] = injection.fault.value
    },
    outputBackward(dWhy, dby, dhs, dys, hs, Why, lessons, V, H) {
      backend.outputBackward(dWhy, dby, dhs, dys, hs, Why, lessons, V, H)
      spoil('gradient', dWhy, 0, H)
    },
  }
}

interface Subject {
  readonly model: Model
  readonly injection: Injection
}

function subjectOf(backend: string, options: Partial<ModelOptions> = {}): Subject {
  const complete = modelOptions({
    cell: 'rnn',
    hidden: 4,
    ngram: 2,
    tableBits: 6,
    conductorBits: 3,
    learnAbove: 0,
    every: EVERY,
    through: 8,
    ...options,
  })
  const injection: Injection = { fault: undefined }
  const model =
    backend === 'simd' ? new Model(complete, faulty(simdBackend(), injection)) : new Model(complete, faulty(referenceBackend(), injection))
  return { model, injection }
}

function expectFinite(model: Model): void {
  for (const name of model.parameterNames) expect(model.read(name).every(Number.isFinite), name).toBe(true)
}

function learnWith(learner: Learner, injection: Injection, fault: Fault | undefined, text: string): Float64Array {
  injection.fault = fault
  const losses = learner.learn(text)
  injection.fault = undefined
  return losses
}

describe('what is not finite', () => {
  test.prop([backendName, optimizer, fc.array(fc.option(fault, { nil: undefined }), { minLength: 1, maxLength: 30 })], { numRuns: 60 })(
    'never reaches a parameter: the window is dropped, and the next good one is learned from',
    (backend, optimizer, faults) => {
      const { model, injection } = subjectOf(backend, { optimizer })
      const learner = new Learner(model)
      learner.learn(`a${WINDOW}`)
      let badInARow = 0
      let rollbacks = 0
      for (const one of faults) {
        const before = digest(model)
        const losses = learnWith(learner, injection, one, WINDOW)
        expectFinite(model)
        badInARow = one === undefined ? 0 : badInARow + 1
        if (one === undefined) {
          expect(losses.every(Number.isFinite)).toBe(true)
          expect(digest(model)).not.toBe(before)
        } else if (badInARow % 3 === 0) rollbacks += 1
        else expect(digest(model)).toBe(before)
      }
      expect(model.optimizer).toMatchObject({ dropped: faults.filter((one) => one !== undefined).length, rollbacks })
      expect(model.version).toBe(1 + faults.length)
      learner.dispose()
      model.dispose()
    },
  )

  test.prop([backendName, fault], { numRuns: 16 })('leaves no trace in what is read but not learned', (backend, one) => {
    const { model, injection } = subjectOf(backend)
    const learner = new Learner(model)
    learner.learn(`a${WINDOW}`)
    injection.fault = one
    learner.observe(WINDOW)
    injection.fault = undefined
    expect(learner.observe(WINDOW).every(Number.isFinite)).toBe(true)
    expect(model.optimizer.dropped).toBe(0)
  })

  test.prop([backendName, fault], { numRuns: 16 })('leaves no trace in a prediction after the next window', (backend, one) => {
    const { model, injection } = subjectOf(backend)
    const learner = new Learner(model)
    learner.learn(`a${WINDOW}`)
    injection.fault = one
    for (const character of WINDOW) {
      learner.learn(character)
      learner.predict()
    }
    injection.fault = undefined
    learner.learn('a')
    expect(learner.predict().probabilities.every(Number.isFinite)).toBe(true)
  })
})

describe('three bad windows in a row', () => {
  test.each(['reference', 'simd'])('take the learner back to where it last was good, at half the rate (%s)', (backend) => {
    const options = { every: 1, through: 1, ngram: 0, decay: 0 }
    const { model, injection } = subjectOf(backend, options)
    const learner = new Learner(model)
    learner.learn('a')
    learner.learn('bca'.repeat(342).slice(0, 1024))
    const good = digest(model)
    learner.learn('cab'.repeat(100))
    expect(digest(model)).not.toBe(good)
    learnWith(learner, injection, nan, 'bca')
    expect(digest(model)).toBe(good)
    expect(model.optimizer).toMatchObject({ dropped: 3, rollbacks: 1, learningRate: model.options.learningRate / 2 })
  })

  test('also halve rates that are given', () => {
    const { model, injection } = subjectOf('reference')
    learnWith(new Learner(model), injection, nan, `a${WINDOW.repeat(3)}`)
    expect(model.optimizer.apply({ learningRate: 0.2 }).learningRate).toBe(0.1)
  })

  test('halve the rate of the direct connections', () => {
    const options = { learningRate: 0, conductorBits: 0 }
    const [{ model, injection }, { model: healthy }] = [subjectOf('reference', options), subjectOf('reference', options)]
    const [learner, other] = [new Learner(model), new Learner(healthy)]
    const apply = healthy.optimizer.apply.bind(healthy.optimizer)
    healthy.optimizer.apply = () => apply({ ngramLearningRate: (updates) => (updates < 3 ? 0 : healthy.options.ngramLearningRate / 2) })
    learnWith(learner, injection, nan, `a${WINDOW.repeat(3)}`)
    learner.learn(WINDOW)
    other.learn(`a${WINDOW.repeat(4)}`)
    expect(learner.predict()).toEqual(other.predict())
  })

  test.each(['reference', 'simd'])('let a symbol that came since the last good state begin anew (%s)', (backend) => {
    const [{ model, injection }, still] = [subjectOf(backend), subjectOf(backend, { learningRate: 0 })]
    const text = 'abcabdaecabfabcag'
    const learner = new Learner(model)
    learner.learn(text)
    new Learner(still.model).learn(`${text}${WINDOW.repeat(3)}`)
    learnWith(learner, injection, nan, WINDOW.repeat(3))
    expect(model.optimizer.rollbacks).toBe(1)
    for (const name of model.parameterNames) expect(model.read(name)).toEqual(still.model.read(name))
  })

  test.each(['reference', 'simd'])('do not end its learning, and slow it down for a while only (%s)', (backend) => {
    const { model, injection } = subjectOf(backend, { decay: 0 })
    const learner = new Learner(model)
    learner.learn('abcadbac'.repeat(125))
    for (const place of ['losses', 'gradient'] as const) learnWith(learner, injection, { place, value: NaN }, WINDOW.repeat(3))
    expect(model.optimizer).toMatchObject({ rollbacks: 2, learningRate: model.options.learningRate / 4 })
    const losses = learner.learn('abcadbac'.repeat(1600))
    expect(model.optimizer.learningRate).toBe(model.options.learningRate)
    expect(Math.max(...losses.slice(-100))).toBeLessThan(0.1)
  })

  test('undo weights that were set too large for float32', () => {
    const { model } = subjectOf('simd')
    const learner = new Learner(model)
    learner.learn(`a${WINDOW.repeat(200)}`)
    model.write('weight_hh_l0', new Float64Array(16).fill(3e38))
    model.write('Why', new Float64Array(16).fill(-3e38))
    learner.learn(WINDOW.repeat(3))
    expect(model.optimizer).toMatchObject({ dropped: 3, rollbacks: 1 })
    const losses = learner.learn(WINDOW.repeat(20))
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(model.optimizer.dropped).toBe(3)
    expectFinite(model)
  })

  test('return to weights that were set, once a window was learned with them', () => {
    const { model, injection } = subjectOf('reference', { ngram: 0 })
    const learner = new Learner(model)
    learner.learn(`a${WINDOW.repeat(3)}`)
    model.write('bh', [0.1, 0.2, 0.3, 0.4])
    learner.learn(WINDOW.repeat(2))
    learnWith(learner, injection, nan, WINDOW.repeat(3))
    expect([...model.read('bh')]).toEqual([0.1, 0.2, 0.3, 0.4])
  })
})

describe('parameters', () => {
  test.each([referenceBackend, simdBackend])('go back with their accumulators, also after the vocabulary grew (%o)', (backendOf) => {
    const returns = <Tensor>(backend: Backend<Tensor>) => {
      const parameters = new Parameters(backend, new Random(1), networkLayout(modelOptions({ cell: 'rnn', hidden: 3, conductorBits: 0 })), 3, 2, 1, 2)
      const [Wxh, by] = [parameters.get('Wxh'), parameters.get('by')]
      const fill = (value: number) => {
        for (const { accumulators, rows, columns } of [Wxh, by])
          for (const [i, m] of accumulators.entries()) backend.write(m, 0, columns, new Float64Array(rows * columns).fill(value + i))
      }
      fill(7)
      parameters.keep()
      fill(9)
      parameters.grow(4)
      parameters.restore()
      expect(Wxh.accumulators.map((m) => [...backend.read(m, 0, 4, 3)])).toEqual([
        [...Array(6).fill(7), ...Array(6).fill(0)],
        [...Array(6).fill(8), ...Array(6).fill(0)],
      ])
      expect(by.accumulators.map((m) => [...backend.read(m, 0, 1, 4)])).toEqual([
        [7, 7, 0, 0],
        [8, 8, 0, 0],
      ])
    }
    const backend = backendOf()
    if (backend.name === 'simd') returns(simdBackend())
    else returns(referenceBackend())
  })

  test.each([1e39, -1e300, NaN, Infinity])('refuse %d, which is not finite in float32', (value) => {
    const { model } = subjectOf('simd')
    expect(() => model.write('by', [value])).toThrow('by must hold finite numbers only')
  })
})

describe('dropped windows and rollbacks', () => {
  test('are counted in the stats, which keep the norm of the last good gradient', () => {
    const { model, injection } = subjectOf('reference')
    const all: Stats[] = []
    const text = [`a${WINDOW}`, WINDOW, WINDOW, WINDOW]
    of(...text)
      .pipe(learn(model), stats(model))
      .subscribe((one) => {
        all.push(one)
        if (one.updates === 1) injection.fault = nan
      })
    expect(all.at(-1)).toMatchObject({ dropped: 3, rollbacks: 1, learningRate: model.options.learningRate / 2 })
    expect(all.at(-1)?.gradientNorm).toBeGreaterThan(0)
  })

  test('are told in the summary when there are any', () => {
    const tally = new Tally()
    tally.characters = 1
    expect(tally.summary({ dropped: 0, rollbacks: 0 })).toMatch(/0 alerts$/)
    expect(tally.summary({ dropped: 1, rollbacks: 0 })).toMatch(/; 1 window dropped, as not finite$/)
    expect(tally.summary({ dropped: 6, rollbacks: 2 })).toMatch(/; 6 windows dropped, as not finite, 2 returns to the last good state$/)
  })
})
