import type { ModelOptions, ParameterName, Segment } from '../../src/index.ts'
import { describe, expect, test } from 'vitest'
import type { Backend } from '../../src/kernels/backend.ts'
import { referenceBackend } from '../../src/kernels/reference/index.ts'
import { modelOptions } from '../../src/network/options.ts'
import { Model } from '../../src/network/model.ts'
import { Random } from '../../src/network/random.ts'
import { NOVEL } from '../../src/text/vocabulary.ts'
import { distance, segmentOf } from './parts.ts'

/*
 * Every parameter's gradient against central differences. What is differentiated is what truncated backpropagation promises: the sum of the losses of
 * the last window (`every` pairs), as a function of the parameters during the last `through` steps, with the hidden state before those held fixed.
 */

type Values = ReadonlyMap<ParameterName, Float64Array>

interface Case {
  readonly cell?: ModelOptions['cell']
  readonly layers?: number
  /** Whether it conducts the direct connections; what these have learned is given and stays the same */
  readonly conducts?: true
  /** After so many symbols the stream repeats itself */
  readonly period?: number
  readonly every: number
  readonly through: number
  /** How many pairs there are; the last window may be shorter than the others */
  readonly pairs: number
  /** By how much the loss of a step is learned */
  readonly weight?: (step: number) => number
  /** Steps at which a novel character arrives and gets a symbol */
  readonly growsAt?: readonly number[]
  /** Whether each segment is followed by a look ahead, as `predict` does */
  readonly looksAhead?: true
}

interface Piece {
  readonly segment: Segment
  readonly from: number
  readonly weight: number
}

const H = 3
const V = 4

// The error of a central difference is about h ** 2 times the third derivative, plus the rounding of the losses (about 1e-15) over h. Both are under 1e-9
// here, so a gradient smaller than the floor is compared by its absolute difference: its relative one would measure that rounding.
const DIFFERENCE = 5e-6
const FLOOR = 1e-2
const LIMIT = 1e-6

const NETWORKS: readonly Pick<Case, 'cell' | 'layers' | 'conducts'>[] = [
  { cell: 'rnn', layers: 2 },
  { cell: 'gru', layers: 1 },
  { cell: 'gru', layers: 2 },
  { cell: 'lstm', layers: 1 },
  { cell: 'lstm', layers: 2 },
  { cell: 'mi', layers: 1 },
  { cell: 'mi', layers: 2 },
  { cell: 'mi', layers: 1, conducts: true },
]

const CELL_CASES: readonly Case[] = [
  { every: 5, through: 5, pairs: 10, weight: (step) => [0, 1, 0.3][step % 3]! },
  { every: 5, through: 12, pairs: 18 },
  { every: 5, through: 15, pairs: 20, growsAt: [3, 9, 14, 17], looksAhead: true },
]

const CASES: readonly Case[] = [
  ...[1, 2, 5, 25].flatMap((every) => [every, 2 * every, 3 * every].map((through) => ({ every, through, pairs: 4 * every }))),
  { every: 2, through: 5, pairs: 8 },
  { every: 5, through: 7, pairs: 20 },
  // fewer steps than `through` are stored
  { every: 5, through: 15, pairs: 5 },
  { every: 5, through: 15, pairs: 10 },
  // the end of the stream closes the window
  { every: 5, through: 5, pairs: 18 },
  { every: 5, through: 12, pairs: 18 },
  { every: 25, through: 75, pairs: 78 },
  { every: 5, through: 5, pairs: 10, weight: (step) => Number(step % 3 !== 0) },
  { every: 5, through: 15, pairs: 20, weight: (step) => [0, 2, 0.3][step % 3]! },
  { every: 5, through: 15, pairs: 20, weight: (step) => Number(step >= 15) },
  { every: 5, through: 5, pairs: 15, growsAt: [11, 12] },
  { every: 5, through: 15, pairs: 20, growsAt: [3, 9, 14, 17] },
  { every: 25, through: 50, pairs: 75, growsAt: [20, 49, 50, 60, 73], weight: (step) => Number(step % 4 !== 1) },
  { every: 5, through: 5, pairs: 15, looksAhead: true },
  { every: 5, through: 15, pairs: 20, growsAt: [3, 9, 14, 17], looksAhead: true },
  { every: 1, through: 3, pairs: 6, growsAt: [3, 4], looksAhead: true },
  ...CELL_CASES.flatMap((one) => NETWORKS.map((network) => ({ ...one, ...network }))),
  { cell: 'gru', layers: 4, every: 3, through: 7, pairs: 12, growsAt: [4, 10] },
  { cell: 'mi', conducts: true, every: 4, through: 6, pairs: 32, period: 11 },
  { cell: 'rnn', conducts: true, every: 3, through: 5, pairs: 12 },
  { cell: 'gru', layers: 2, conducts: true, every: 2, through: 3, pairs: 8 },
  { cell: 'lstm', conducts: true, every: 2, through: 3, pairs: 8 },
]

describe('the gradient of a window', () => {
  test.each(CASES.map((one) => [describeCase(one), one] as const))('agrees with finite differences: %s', (_, one) => {
    const pieces = piecesOf(one)
    const base = drawParameters(one)
    const learned = learn(one, pieces, base)
    const worst = Math.max(
      ...[...learned.gradient].flatMap(([parameter, gradients]) => {
        // of many rows a window reads few: the others are moved together
        const [read, unread] = partition([...gradients.keys()], (i) => parameter !== 'embeddings.weight' || gradients[i] !== 0)
        return [...read.map((i) => relative(gradients[i]!, slope([i], parameter))), relative(0, slope(unread, parameter))]
      }),
    )
    function slope(places: readonly number[], parameter: ParameterName): number {
      const up = lastLosses(one, pieces, base, moved(base, parameter, places, DIFFERENCE))
      const down = lastLosses(one, pieces, base, moved(base, parameter, places, -DIFFERENCE))
      // summed pair by pair: the difference of two sums would be rounded as the sums are
      return up.reduce((sum, loss, step) => sum + (loss - down[step]!), 0) / (2 * DIFFERENCE)
    }
    expect(worst).toBeLessThan(LIMIT)
    expect(learned.injected).toBe(lastLosses(one, pieces, base, base).length)
  })

  test('is zero when every loss of the window is muted', () => {
    const one: Case = { every: 5, through: 10, pairs: 15, weight: (step) => Number(step < 10) }
    const { gradient, injected, gradientNorm } = learn(one, piecesOf(one), drawParameters(one))
    expect({ injected, gradientNorm }).toEqual({ injected: 0, gradientNorm: 0 })
    for (const values of gradient.values()) expect(distance(values, new Float64Array(values.length))).toBe(0)
  })

  test('is not the same when the error flows back further', () => {
    const short: Case = { every: 5, through: 5, pairs: 20 }
    const long: Case = { every: 5, through: 15, pairs: 20 }
    const base = drawParameters(short)
    const gradientOf = (one: Case) => learn(one, piecesOf(one), base).gradient.get('Whh')!
    expect(distance(gradientOf(short), gradientOf(long))).toBeGreaterThan(1e-3)
  })

  test('has the norm that the update reports', () => {
    const one: Case = { every: 5, through: 5, pairs: 5 }
    const { gradient, gradientNorm } = learn(one, piecesOf(one), drawParameters(one))
    expect(gradientNorm).toBeCloseTo(Math.hypot(...[...gradient.values()].flatMap((values) => [...values])), 12)
  })
})

/** Runs the whole stream with one set of parameters and reads the last window's gradient off a step of gradient descent of length 1 */
function learn(one: Case, pieces: readonly Piece[], base: Values): { gradient: Values; gradientNorm: number; injected: number } {
  const model = modelOf(one)
  const tape = model.tape()
  for (const { segment, weight } of pieces) {
    write(model, base, segment.vocabularySize)
    const { first, to } = model.forward(tape, segment)
    tape.weights.fill(weight, first, to)
    if (segment === pieces.at(-1)!.segment) break
    if (segment.closes) {
      model.backward(tape)
      model.optimizer.apply()
    }
    if (one.looksAhead === true) {
      write(model, base, Math.max(segment.vocabularySize, segment.next + 1))
      model.lookAhead(tape, segment.next)
    }
  }
  const injected = model.backward(tape)
  const before = readAll(model)
  const { gradientNorm } = model.optimizer.apply()
  const after = readAll(model)
  const gradient = new Map(Array.from(before, ([name, values]) => [name, values.map((value, i) => value - after.get(name)![i]!)]))
  return { gradient, gradientNorm, injected }
}

/** The weighted losses of the last window that are learned from, with `base` up to `through` steps before the end and `parameters` from there */
function lastLosses(one: Case, pieces: readonly Piece[], base: Values, parameters: Values): readonly number[] {
  const model = modelOf(one)
  const tape = model.tape()
  const windowStart = lastWindowOf(one)
  return pieces.flatMap(({ segment, from, weight }) => {
    write(model, from < heldUntil(one) ? base : parameters, segment.vocabularySize)
    const { first, to } = model.forward(tape, segment)
    return from >= windowStart && weight > 0 ? Array.from(model.losses(tape, first, to), (loss) => weight * loss) : []
  })
}

/** The first step of the last window */
function lastWindowOf({ every, pairs }: Case): number {
  return pairs - 1 - ((pairs - 1) % every)
}

/** The first step that the error reaches; the state before it is held fixed */
function heldUntil(one: Case): number {
  return Math.max(0, lastWindowOf(one) - (one.through - one.every))
}

/** A random stream, cut where a window ends, where the vocabulary grows, where muting changes and where the state is held */
function piecesOf(one: Case): readonly Piece[] {
  const { every, through, pairs, growsAt = [], weight = () => 1, period = Infinity } = one
  const random = new Random(every * 1000 + through)
  const pieces: Piece[] = []
  const all: number[] = []
  let inputs: number[] = []
  let targets: number[] = []
  let size = V
  let next = 1
  for (let step = 0; step < pairs; step++) {
    const grows = growsAt.includes(step)
    const target = grows ? NOVEL : (all[step - period] ?? 1 + Math.floor(random.uniform() * (size - 1)))
    inputs.push(next)
    targets.push(target)
    all.push(target)
    next = grows ? size : target
    const closes = (step + 1) % every === 0 || step + 1 === pairs
    if (closes || grows || step + 1 === heldUntil(one) || weight(step) !== weight(step + 1)) {
      const segment = { ...segmentOf(inputs, targets, size, closes, one), next }
      pieces.push({ segment, from: step + 1 - inputs.length, weight: weight(step) })
      inputs = []
      targets = []
    }
    if (grows) size += 1
  }
  return pieces
}

function modelOf(one: Case): Model {
  return new Model(optionsOf(one), one.conducts === true ? withTable(tableOf(one)) : referenceBackend())
}

function optionsOf({ cell = 'rnn', layers = 1, conducts, every, through }: Case): ModelOptions {
  const learning = { optimizer: 'sgd', learningRate: 1, clip: 1e6, learnAbove: 0, ngramLearningRate: 0 } as const
  const direct = conducts === true ? { ngram: 2, tableBits: 6, conductorBits: 3 } : { ngram: 0 }
  return modelOptions({ cell, layers, hidden: H, every, through, ...learning, ...direct, backend: 'reference' })
}

const LINES = 64
const LINE = 8

/** A backend whose models begin with what the direct connections of another have learned */
function withTable(table: Float64Array): Backend<Float64Array> {
  const backend = referenceBackend()
  return { ...backend, zeros: (rows, columns) => (rows === LINES && columns === LINE ? table : backend.zeros(rows, columns)) }
}

const tables = new Map<Case, Float64Array>()

/** What the direct connections make of a text of newlines, spaces and letters as the stream has them; a context that the stream comes to may be unknown */
function tableOf(one: Case): Float64Array {
  const known = tables.get(one)
  if (known !== undefined) return known
  const table = new Float64Array(LINES * LINE)
  tables.set(one, table)
  const model = new Model({ ...optionsOf({ ...one, growsAt: [] }), ngramLearningRate: 0.8, learningRate: 0.01 }, withTable(table))
  addSymbols(model, V + (one.growsAt?.length ?? 0))
  const tape = model.tape()
  for (let round = 0; round < 2; round++) {
    for (const { segment } of piecesOf({ ...one, weight: () => 1 })) {
      model.forward(tape, segment)
      if (segment.closes && model.backward(tape) > 0) model.optimizer.apply()
    }
  }
  return table
}

const CHARACTERS = 'a\n bcdefgh'

/** Makes a model know as many symbols, of letters and of what lines and words end with */
function addSymbols(model: Model, size: number): void {
  for (let symbol = model.vocabulary.size; symbol < size; symbol++) model.vocabulary.add(CHARACTERS.charCodeAt(symbol - 1))
}

/** Large enough that tanh bends and the error still lives after many steps */
function drawParameters(one: Case): Values {
  const random = new Random(7)
  const model = modelOf(one)
  addSymbols(model, V + (one.growsAt?.length ?? 0))
  // writing is what gives a character its weights
  model.write('by', new Float64Array(model.vocabulary.size))
  return new Map(Array.from(readAll(model), ([name, values]) => [name, values.map(() => 0.5 * random.normal())]))
}

function readAll(model: Model): Values {
  return new Map(model.parameterNames.map((name) => [name, model.read(name)]))
}

function moved(values: Values, name: ParameterName, places: readonly number[], distance: number): Values {
  const some = values.get(name)!.slice()
  for (const i of places) some[i]! += distance
  return new Map(values).set(name, some)
}

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))]
}

/** Makes the model know `size` symbols, and gives it the parameters of those */
function write(model: Model, values: Values, size: number): void {
  addSymbols(model, size)
  const all = values.get('by')!.length
  const [bottom] = model.parameterNames
  for (const [name, value] of values) {
    if (name === bottom)
      model.write(
        name,
        value.filter((_, i) => i % all < size),
      )
    else if (name === 'Why') model.write(name, value.subarray(0, size * H))
    else model.write(name, name === 'by' ? value.subarray(0, size) : value)
  }
}

function relative(a: number, b: number): number {
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), FLOOR)
}

function describeCase({ cell = 'rnn', layers = 1, conducts, every, through, pairs, period, weight, growsAt, looksAhead }: Case): string {
  const extras = [
    conducts && 'conducting',
    period && `a repetition`,
    weight && 'weighted steps',
    growsAt && `${growsAt.length} novel characters`,
    looksAhead && 'looking ahead',
  ].filter(Boolean)
  return [`${cell} of ${layers}, k1 ${every}, k2 ${through}, ${pairs} pairs`, ...extras].join(', ')
}
