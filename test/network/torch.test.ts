import { readFileSync } from 'node:fs'
import { createModel, type Model, type ModelOptions, type ParameterName } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import { addCharacters, distance, segmentOf } from './parts.ts'

interface Run {
  readonly cell: ModelOptions['cell']
  readonly layers: number
  readonly parameters: Readonly<Record<string, readonly number[]>>
  readonly probabilities: readonly (readonly number[])[]
  readonly losses: readonly number[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
}

interface Fixture {
  readonly hidden: number
  readonly symbols: number
  readonly inputs: readonly number[]
  readonly targets: readonly number[]
  readonly runs: readonly Run[]
}

/** What PyTorch computes in float64; torch-cells.py beside it makes it */
const fixture: Fixture = JSON.parse(readFileSync(new URL('../fixtures/torch-cells.json', import.meta.url), 'utf8'))
const { hidden, symbols, inputs, targets } = fixture

function modelOf({ cell, layers, parameters }: Run, backend: 'reference' | 'simd'): Model {
  const steps = inputs.length
  const options = { cell, layers, hidden, every: steps, through: steps, ngram: 0, optimizer: 'sgd', learningRate: 1, clip: 1e6 } as const
  const model = createModel({ ...options, backend })
  addCharacters(model, symbols - 1)
  for (const name of model.parameterNames) model.write(name, parameters[name]!)
  return model
}

/** The largest differences from PyTorch of the probabilities, the losses and the gradients, step by step and all at once */
function differences(run: Run, backend: 'reference' | 'simd'): Readonly<Record<string, number>> {
  const model = modelOf(run, backend)
  const tape = model.tape()
  const all = model.forward(tape, segmentOf(inputs, targets, symbols, true, model.options))
  const losses = distance(model.losses(tape, all.first, all.to), run.losses)
  model.backward(tape)
  model.optimizer.apply()
  const gradientOf = (name: ParameterName) => model.read(name).map((after, i) => run.parameters[name]![i]! - after)
  const gradients = Math.max(...model.parameterNames.map((name) => distance(gradientOf(name), run.gradients[name]!)))
  return { probabilities: Math.max(...probabilityDifferences(run, backend)), losses, gradients }
}

function probabilityDifferences(run: Run, backend: 'reference' | 'simd'): readonly number[] {
  const model = modelOf(run, backend)
  const tape = model.tape()
  return inputs.map((input, t) => {
    const { probabilities } = model.lookAhead(tape, input)
    model.forward(tape, segmentOf([input], [targets[t]!], symbols, false, model.options))
    return distance(probabilities, run.probabilities[t]!)
  })
}

describe('PyTorch', () => {
  test.each(fixture.runs.map((run) => [run.cell, run.layers, run] as const))(
    'has the outputs and the gradients of the reference, and the SIMD kernels follow: %s of %i layers',
    (cell, layers, run) => {
      const ours = differences(run, 'reference')
      console.log(`${cell}, ${layers} layers: within ${JSON.stringify(ours)}`)
      for (const difference of Object.values(ours)) expect(difference).toBeLessThan(1e-10)
      for (const difference of Object.values(differences(run, 'simd'))) expect(difference).toBeLessThan(1e-5)
    },
  )

  test.each(fixture.runs.map((run) => [run.cell, run.layers, run] as const))('has the same names: %s of %i layers', (_, __, run) => {
    expect(modelOf(run, 'reference').parameterNames.toSorted()).toEqual(Object.keys(run.parameters).toSorted())
  })

  test('was asked for every cell', () => {
    expect(fixture.runs.map(({ cell, layers }) => [cell, layers])).toEqual(['rnn', 'gru', 'lstm'].flatMap((cell) => [1, 2].map((n) => [cell, n])))
  })
})
