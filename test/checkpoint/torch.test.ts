import { readFileSync } from 'node:fs'
import { CheckpointError, importWeights, Learner, type ModelOptions, readSafetensors, save, type StoredTensor } from 'rxrnn'
import { describe, expect, test } from 'vitest'

interface Run {
  readonly cell: ModelOptions['cell']
  readonly layers: number
  readonly parameters: Readonly<Record<string, readonly number[]>>
  readonly losses: readonly number[]
}

/** What PyTorch computes in float64; torch-cells.py makes it */
const { hidden, symbols, inputs, targets, runs }: { hidden: number; symbols: number; inputs: number[]; targets: number[]; runs: Run[] } = JSON.parse(
  readFileSync(new URL('../fixtures/torch-cells.json', import.meta.url), 'utf8'),
)
const NAMES: Readonly<Record<string, string>> = {
  Wxh: 'weight_ih_l0',
  Whh: 'weight_hh_l0',
  bh: 'bias_ih_l0',
  Why: 'output.weight',
  by: 'output.bias',
}
const ALPHABET = 'abcdef'

function tensorOf(name: string, values: readonly number[]): StoredTensor {
  const columns = name === 'Why' ? hidden : name === 'Wxh' || name === 'weight_ih_l0' ? symbols : hidden
  const shape = name.startsWith('b') ? [values.length] : [values.length / columns, columns]
  return { dtype: 'F64', shape, data: new Uint8Array(Float64Array.from(values).buffer) }
}

/** The state_dict of the fixture's network; a vanilla layer's bias is split in two, as PyTorch has it */
function stateDict({ cell, parameters }: Run): Map<string, StoredTensor> {
  const tensors = new Map(Object.entries(parameters).map(([name, values]) => [NAMES[name] ?? name, tensorOf(name, values)]))
  if (cell !== 'rnn') return tensors
  const bias = parameters['bh']!
  tensors.set(
    'bias_ih_l0',
    tensorOf(
      'bh',
      bias.map((value) => value / 4),
    ),
  )
  return tensors.set(
    'bias_hh_l0',
    tensorOf(
      'bh',
      bias.map((value) => (3 * value) / 4),
    ),
  )
}

describe.each(runs)('weights that PyTorch made ($cell, $layers layers)', (run) => {
  const { cell, layers } = run
  const options = { cell, layers, hidden, backend: 'reference', learningRate: 0 } as const

  test('give its losses', () => {
    const model = importWeights({ tensors: stateDict(run), metadata: new Map() }, ALPHABET, options)
    const text = [inputs[0]!, ...targets].map((symbol) => ALPHABET[symbol - 1]).join('')
    const losses = new Learner(model).observe(text).slice(1)
    expect(Math.max(...losses.map((loss, i) => Math.abs(loss - run.losses[i]!)))).toBeLessThan(1e-12)
  })

  test('are saved under its names, in its shapes, with the same values', async () => {
    const given = stateDict(run)
    const { tensors } = readSafetensors(await save(importWeights({ tensors: given, metadata: new Map() }, ALPHABET, options)))
    for (const [name, { shape, data }] of given) {
      expect(tensors.get(name)?.shape).toEqual(shape)
      if (!name.startsWith('bias') || cell !== 'rnn') expect(Buffer.compare(tensors.get(name)!.data, data)).toBe(0)
    }
  })

  test('are refused when they do not fit', () => {
    const without = stateDict(run)
    without.delete('output.weight')
    expect(() => importWeights({ tensors: without, metadata: new Map() }, ALPHABET, options)).toThrow(CheckpointError)
    expect(() => importWeights({ tensors: stateDict(run), metadata: new Map() }, 'abc', options)).toThrow(/weight_ih_l0 is F64/)
  })
})
