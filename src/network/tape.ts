import type { Backend } from '../kernels/backend.ts'
import { Scope } from '../kernels/scope.ts'
import type { Archive } from '../archive.ts'
import type { Contexts } from './contexts.ts'
import { FEATURES } from './features.ts'
import type { LayerState } from './cell.ts'
import { CELLS } from './cells.ts'
import { conductedGates, isNotebook, type Shape } from './layout.ts'
import type { Segment, Truncation } from './segment.ts'

/** Which steps of a tape a segment became: pairs are steps [first, to), of which [stepped, to) still have to be computed */
export interface Stretch {
  readonly first: number
  readonly stepped: number
  readonly to: number
}

/** A tensor that the way back needs: row t + `lag` belongs to step t */
interface Kept<Tensor> {
  readonly tensor: Tensor
  readonly columns: number
  readonly lag: 0 | 1
}

/**
 * What one stream remembers: its hidden states and the activations of its last steps. Step t reads state row t and writes state row t + 1, logits
 * row t and probabilities row t. Its memory is bounded by the truncation, not by the length of the stream.
 */
export class Tape<Tensor = unknown> {
  readonly truncation: Truncation
  readonly inputs: Int32Array
  readonly targets: Int32Array
  /** What the direct connections go by: one row per step, of no numbers when there are none */
  readonly contexts: Int32Array
  /** Which rows of weights a network that conducts reads: one row per step; of no numbers when it does not conduct */
  readonly features: Int32Array
  /** Space for the steps that a window teaches, and for what its steps cost */
  readonly lessons: Int32Array
  readonly costs: Float64Array
  /** From the bottom up */
  readonly layers: readonly LayerState<Tensor>[]
  /** How it moves the gates of the direct connections; after the backward pass, the gradients of the lessons */
  readonly us: Tensor
  ys: Tensor
  ps: Tensor
  logZs: Tensor
  /** Stored steps whose target is known */
  steps = 0
  /** Of them, the first whose loss was not injected into a gradient yet */
  windowStart = 0
  /** Whether one more step is stored, whose target has not arrived */
  // Stryker disable next-line BooleanLiteral: the first segment has no input to compare with
  ahead = false
  /** What is known of the losses since the last window was dropped. Copies of the tape share it: each of them may score another segment of the window. */
  scores: Scores
  /** How many segments were stored so far: says whether a frame still stands where the tape does */
  clock = 0
  /** What it was when the gradients of a segment were taken last */
  backpropagated = 0
  readonly #backend: Backend<Tensor>
  readonly #scope: Scope<Tensor>
  readonly #shape: Shape
  readonly #kept: readonly Kept<Tensor>[]
  readonly #reader: Contexts | undefined
  #V: number
  // Stryker disable next-line BooleanLiteral: at the start there is nothing to forget
  #windowClosed = false

  constructor(backend: Backend<Tensor>, shape: Shape, V: number, truncation: Truncation, reader?: Contexts) {
    const rows = truncation.through + 1
    const scope = new Scope(backend, this)
    this.#backend = backend
    this.#scope = scope
    this.#shape = shape
    this.#V = V
    this.#reader = reader
    this.truncation = truncation
    this.contexts = new Int32Array(rows * (reader?.width ?? 0))
    this.features = new Int32Array(reader?.features === undefined ? 0 : rows * FEATURES)
    this.us = scope.zeros(rows, this.#gates)
    this.inputs = new Int32Array(rows)
    this.targets = new Int32Array(rows)
    this.lessons = new Int32Array(rows)
    this.costs = new Float64Array(rows)
    this.scores = newScores(rows)
    this.layers = Array.from({ length: shape.layers }, (_, l) => layerState(scope, shape, l, rows))
    this.#kept = this.layers.flatMap((layer) => keptOf(layer, shape))
    this.ys = scope.zeros(rows, V)
    this.ps = scope.zeros(rows, V)
    this.logZs = scope.zeros(rows, 1)
  }

  /** Numbers in a row of us */
  get #gates(): number {
    return this.#reader?.features === undefined ? 1 : conductedGates(this.#reader.orders)
  }

  /** The states that the output reads, and what it sends back to them */
  get top(): LayerState<Tensor> {
    return this.layers[this.layers.length - 1]!
  }

  get freed(): boolean {
    return this.#scope.freed
  }

  /** By how much the loss of each step is to be learned; 0: not at all */
  get weights(): Float64Array {
    return this.scores.weights
  }

  /** Pairs in the window that is open */
  get pending(): number {
    return this.#windowClosed ? 0 : this.steps - this.windowStart
  }

  /**
   * Makes room for V symbols. A step taken before a symbol existed gave it the probability 0; a step ahead, whose target may be that symbol, is to be
   * taken again.
   */
  fit(V: number): void {
    if (this.#scope.freed) throw new Error('this tape was freed when its stream ended; subscribe again for a new one')
    // Stryker disable next-line ConditionalExpression: only saves work
    if (V === this.#V) return
    const rows = this.truncation.through + 1
    this.ys = this.#scope.grow(this.ys, rows, V, this.#V)
    this.ps = this.#scope.grow(this.ps, rows, V, this.#V)
    this.ahead = false
    this.#V = V
  }

  /** Stores a segment's symbols after what is there */
  append(segment: Segment): Stretch {
    this.#dropClosedWindow()
    const first = this.steps
    const stepped = first + (this.ahead && segment.inputs[0] === this.inputs[first] ? 1 : 0)
    this.inputs.set(segment.inputs, first)
    this.targets.set(segment.targets, first)
    if (this.#reader !== undefined)
      for (let i = 0; i < segment.inputs.length; i++) this.#reader.push(segment.inputs[i]!, this.contexts, this.features, first + i)
    this.weights.fill(segment.muted === true ? 0 : 1, first, first + segment.targets.length)
    this.steps += segment.inputs.length
    this.ahead = false
    this.clock += 1
    this.#windowClosed = segment.closes
    return { first, stepped, to: first + segment.targets.length }
  }

  /** Stores the symbol that arrived last as the input of one more step, whose target has not arrived */
  lookAhead(symbol: number): void {
    this.inputs[this.steps] = symbol
    this.#reader?.peek(symbol, this.contexts, this.features, this.steps)
    this.ahead = true
  }

  /** After a window was closed, all but the last through - every steps are forgotten; the hidden state and a step ahead stay */
  #dropClosedWindow(): void {
    if (!this.#windowClosed) return
    const { every, through } = this.truncation
    const kept = Math.min(this.steps, through - every)
    const dropped = this.steps - kept
    const end = this.steps + (this.ahead ? 1 : 0)
    for (const { tensor, columns, lag } of this.#kept) this.#backend.move(tensor, 0, dropped, end + lag, columns)
    this.inputs.copyWithin(0, dropped, end)
    const width = this.#reader?.width ?? 0
    this.contexts.copyWithin(0, dropped * width, end * width)
    this.features.copyWithin(0, dropped * FEATURES, end * FEATURES)
    this.#backend.move(this.us, kept, this.steps, end, this.#gates)
    this.#backend.move(this.ys, kept, this.steps, end, this.#V)
    this.#backend.move(this.ps, kept, this.steps, end, this.#V)
    this.#backend.move(this.logZs, kept, this.steps, end, 1)
    this.steps = kept
    this.windowStart = kept
    this.scores = newScores(this.truncation.through + 1)
    if (!this.#isFinite(end - dropped)) this.#restart()
  }

  #isFinite(steps: number): boolean {
    return this.#kept.every(({ tensor, columns, lag }) => Number.isFinite(this.#backend.squaredNorm(tensor, steps + lag, columns)))
  }

  /** A NaN in the hidden state would stay forever */
  #restart(): void {
    for (const { tensor } of this.#kept) this.#backend.clear(tensor)
    this.steps = 0
    this.windowStart = 0
    this.ahead = false
  }

  /** Saves or loads everything that the stream continues with; symbols are below V */
  transfer(archive: Archive, V: number): void {
    this.fit(V)
    const { through } = this.truncation
    const flag = (name: string, value: boolean) => archive.integer(`tape.${name}`, Number(value), 0, 1) === 1
    this.steps = archive.integer('tape.steps', this.steps, 0, through)
    this.windowStart = archive.integer('tape.windowStart', this.windowStart, 0, this.steps)
    this.ahead = flag('ahead', this.ahead)
    this.#windowClosed = flag('windowClosed', this.#windowClosed)
    archive.integers('tape.inputs', this.inputs, 0, V - 1)
    archive.integers('tape.targets', this.targets, 0, V - 1)
    this.#transferWeights(archive)
    archive.integers('tape.contexts', this.contexts)
    this.#reader?.check(this.contexts, V)
    this.#reader?.transfer(archive, V)
    if (this.#reader?.features !== undefined) archive.integers('tape.features', this.features, -1, this.#reader.features.count - 1)
    const stored = this.steps + Number(this.ahead)
    for (const [i, { tensor, columns, lag }] of this.#kept.entries()) archive.tensor(`tape.states.${i}`, this.#backend, tensor, stored + lag, columns)
    if (this.features.length > 0) archive.tensor('tape.us', this.#backend, this.us, stored, this.#gates)
    archive.tensor('tape.ys', this.#backend, this.ys, stored, V)
    archive.tensor('tape.ps', this.#backend, this.ps, stored, V)
    archive.tensor('tape.logZs', this.#backend, this.logZs, stored, 1)
  }

  #transferWeights(archive: Archive): void {
    if (archive.has('tape.weights')) {
      this.weights.set(archive.values('tape.weights', 'F64', [this.weights.length], this.weights))
    } else {
      // saved by 0.1.0
      const muted = new Uint8Array(this.weights.length)
      archive.integers('tape.muted', muted, 0, 1)
      muted.forEach((isMuted, t) => (this.weights[t] = 1 - isMuted))
    }
  }

  /** A tape of its own that holds the same; free it when it is done with. Only one that does not share the memory of what was read may read on. */
  copy(sharesMemory: boolean): Tape<Tensor> {
    const rows = this.truncation.through + 1
    const twin = new Tape(this.#backend, this.#shape, this.#V, this.truncation, this.#reader?.copy(sharesMemory))
    twin.contexts.set(this.contexts)
    twin.features.set(this.features)
    twin.inputs.set(this.inputs)
    twin.targets.set(this.targets)
    const copyRows = (to: Tensor, from: Tensor, count: number, columns: number) =>
      this.#backend.write(to, 0, columns, this.#backend.read(from, 0, count, columns))
    this.#kept.forEach(({ tensor, columns, lag }, i) => copyRows(twin.#kept[i]!.tensor, tensor, rows + lag, columns))
    copyRows(twin.us, this.us, rows, this.#gates)
    copyRows(twin.ys, this.ys, rows, this.#V)
    copyRows(twin.ps, this.ps, rows, this.#V)
    copyRows(twin.logZs, this.logZs, rows, 1)
    twin.steps = this.steps
    twin.windowStart = this.windowStart
    twin.ahead = this.ahead
    // the window that is open is learned once
    if (sharesMemory) twin.scores = this.scores
    twin.clock = this.clock
    twin.#windowClosed = this.#windowClosed
    return twin
  }

  free(): void {
    // a frame that still stands on it is too late
    this.clock += 1
    this.#scope.free()
  }
}

interface Scores {
  finite: boolean
  readonly weights: Float64Array
}

function newScores(rows: number): Scores {
  return { finite: true, weights: new Float64Array(rows) }
}

/** The bottom layer of the notebook's network reads its symbols' weights where they are, so that it needs no xs */
function layerState<Tensor>(scope: Scope<Tensor>, shape: Shape, layer: number, rows: number): LayerState<Tensor> {
  const { cell, hidden } = shape
  const { gates, kept, hasCells } = CELLS[cell]
  const zerosWhere = (needed: boolean, rows: number, columns: number) => (needed ? scope.zeros(rows, columns) : scope.zeros(1, 1))
  return {
    hs: scope.zeros(rows + 1, hidden),
    dhs: scope.zeros(rows + 1, hidden),
    cs: zerosWhere(hasCells, rows + 1, hidden),
    // Stryker disable next-line ConditionalExpression: only saves memory
    xs: zerosWhere(!isNotebook(shape) || layer > 0, rows, gates * hidden),
    gates: zerosWhere(kept > 0, rows, kept * hidden),
    ordinals: Int32Array.from({ length: rows }, (_, t) => t),
  }
}

function keptOf<Tensor>({ hs, cs, gates }: LayerState<Tensor>, { cell, hidden }: Shape): readonly Kept<Tensor>[] {
  const { kept, hasCells } = CELLS[cell]
  const states: readonly Tensor[] = hasCells ? [hs, cs] : [hs]
  const all: Kept<Tensor>[] = states.map((tensor) => ({ tensor, columns: hidden, lag: 1 }))
  return kept === 0 ? all : [...all, { tensor: gates, columns: kept * hidden, lag: 0 }]
}
