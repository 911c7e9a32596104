import { readFileSync } from 'node:fs'
import { createModel } from '../../src/index.ts'
import {
  backwardStep,
  crossEntropyStepBackward,
  forwardStep,
  outputBackwardStep,
  outputStep,
  softmax,
  tanhBackward,
} from '../../src/kernels/index.ts'
import { describe, expect, test } from 'vitest'
import { addCharacters, distance, type NotebookName, segmentOf, writeAll } from './parts.ts'

type Numbers = number | readonly number[] | readonly (readonly number[])[]
type Figure = Numbers | Accumulated
type Section = Readonly<Record<string, Figure>>

interface Accumulated {
  readonly accumulatedTimes: number
  readonly value: Numbers
}

interface Notebook {
  readonly hyperparameters: {
    readonly hiddenSize: number
    readonly vocabularySize: number
    readonly inputs: readonly [number]
    readonly targets: readonly [number]
  }
  readonly parameters: Readonly<Record<NotebookName, Numbers>>
  readonly forward: Section
  readonly loss: Section
  readonly backward: Section & { readonly dbh: Accumulated; readonly dWxh: Accumulated }
}

/** What the notebook prints, as NumPy printed it */
const notebook: Notebook = JSON.parse(readFileSync(new URL('../fixtures/notebook.json', import.meta.url), 'utf8'))

const H = notebook.hyperparameters.hiddenSize
const V = notebook.hyperparameters.vocabularySize
const [input] = notebook.hyperparameters.inputs
const [target] = notebook.hyperparameters.targets

const WxhOfNotebook = flat(notebook.parameters.Wxh)
const Wxh = transposed(WxhOfNotebook, H, V)
const Whh = flat(notebook.parameters.Whh)
const Why = flat(notebook.parameters.Why)
const bh = flat(notebook.parameters.bh)
const by = flat(notebook.parameters.by)

// the notebook's cells, in its order
const hprev = new Float64Array(H)
const h = new Float64Array(H)
forwardStep(h, hprev, input, Wxh, Whh, bh, H)
const y = new Float64Array(V)
outputStep(y, h, Why, by, V, H)
const p = new Float64Array(V)
const logZ = softmax(p, y, V)
const dy = new Float64Array(V)
crossEntropyStepBackward(dy, p, target)
const dWhy = new Float64Array(V * H)
const dby = new Float64Array(V)
const dh = new Float64Array(H)
outputBackwardStep(dWhy, dby, dh, dy, h, Why, V, H)
const dhraw = new Float64Array(H)
tanhBackward(dhraw, dh, h, H)

/** The gradients after `times` runs of the cells that add to them */
function backward(times: number): {
  readonly dbh: Float64Array
  readonly dWxh: Float64Array
  readonly dWhh: Float64Array
  readonly dhnext: Float64Array
} {
  const sums = { dWxh: new Float64Array(V * H), dWhh: new Float64Array(H * H), dbh: new Float64Array(H), dhnext: new Float64Array(H) }
  for (let run = 0; run < times; run++) backwardStep(sums.dWxh, sums.dWhh, sums.dbh, sums.dhnext, dh.slice(), h, hprev, input, Whh, H)
  return { ...sums, dWxh: transposed(sums.dWxh, V, H) }
}

/** x has no array of its own here: it is the row of Wxh that a step reads and the gradient touches. An error of 1 at one linear unit adds x itself. */
function oneHot(): Float64Array {
  const x = new Float64Array(V)
  const [dWhh, dbh, dhprev, atRest, noWeight] = Array.from({ length: 5 }, () => new Float64Array(1))
  backwardStep(x, dWhh!, dbh!, dhprev!, Float64Array.of(1), atRest!, atRest!, input, noWeight!, 1)
  return x
}

/** 1 - h * h is what tanhBackward makes of an error of 1 */
function oneMinusHSquared(): Float64Array {
  const slopes = new Float64Array(H)
  tanhBackward(slopes, new Float64Array(H).fill(1), h, H)
  return slopes
}

const OURS: Readonly<Record<string, ArrayLike<number>>> = {
  'forward.x': oneHot(),
  'forward.h': h,
  'forward.y': y,
  'forward.p': p,
  'loss.probabilityOfTarget': [p[target]!],
  'loss.nats': [logZ - y[target]!],
  'backward.dy': dy,
  'backward.dWhy': dWhy,
  'backward.dby': dby,
  'backward.dh': dh,
  'backward.oneMinusHSquared': oneMinusHSquared(),
  'backward.dhraw': dhraw,
  'backward.dhnext': backward(1).dhnext,
  'backward.dbh': backward(notebook.backward.dbh.accumulatedTimes).dbh,
  'backward.dWxh': backward(notebook.backward.dWxh.accumulatedTimes).dWxh,
  'backward.dWhh': backward(notebook.backward.dWxh.accumulatedTimes).dWhh,
}

// the parameters were printed rounded, so what follows from them agrees to about 1e-8, but for these
const TOLERANCES = new Map([
  ['forward.x', 0],
  ['backward.dhnext', 1e-9],
  ['backward.dWxh', 2e-7],
  ['backward.dWhh', 0],
])

const THEIRS = new Map(
  (['forward', 'loss', 'backward'] as const).flatMap((section) =>
    Object.entries(notebook[section]).map(([name, figure]) => [`${section}.${name}`, flat(valueOf(figure))] as const),
  ),
)

describe('the notebook', () => {
  test.each([...THEIRS])('gives %s', (name, theirs) => expect(distance(OURS[name]!, theirs)).toBeLessThanOrEqual(TOLERANCES.get(name) ?? 1e-8))

  test('has no figure that is not compared', () => {
    expect(Object.keys(notebook)).toEqual(['about', 'hyperparameters', 'parameters', 'forward', 'loss', 'backward', 'tolerance'])
    expect([...THEIRS.keys()].toSorted()).toEqual(Object.keys(OURS).toSorted())
    expect([...THEIRS.values()].reduce((count, { length }) => count + length, 0)).toBe(4 + 3 + 4 + 4 + 2 + 4 + 12 + 4 + 5 * 3 + 12 + 9)
  })

  test('is what a model with its parameters computes', () => {
    const model = createModel({ preset: 'min-char-rnn', hidden: H, optimizer: 'sgd', learningRate: 1, every: 1, through: 1, backend: 'reference' })
    addCharacters(model, V - 1)
    const written = { Wxh: WxhOfNotebook, Whh, Why, bh, by }
    writeAll(model, written)
    const tape = model.tape()
    const { first, to } = model.forward(tape, segmentOf([input], [target], V, true, model.options))
    expect(distance(model.losses(tape, first, to), flat(valueOf(notebook.loss['nats']!)))).toBeLessThan(1e-8)
    model.backward(tape)
    model.optimizer.apply()
    const gradientOf = (name: NotebookName) => model.read(name).map((after, i) => written[name][i]! - after)
    expect(distance(gradientOf('Why'), THEIRS.get('backward.dWhy')!)).toBeLessThan(1e-8)
    expect(distance(gradientOf('by'), THEIRS.get('backward.dby')!)).toBeLessThan(1e-8)
    expect(distance(gradientOf('Wxh'), backward(1).dWxh)).toBeLessThan(1e-15)
    expect(distance(gradientOf('bh'), THEIRS.get('backward.dhraw')!)).toBeLessThan(1e-8)
    expect(distance(gradientOf('Whh'), THEIRS.get('backward.dWhh')!)).toBe(0)
  })
})

function valueOf(figure: Figure): Numbers {
  return typeof figure === 'object' && 'value' in figure ? figure.value : figure
}

function flat(numbers: Numbers): Float64Array {
  return Float64Array.from([numbers].flat(2))
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!)
}
