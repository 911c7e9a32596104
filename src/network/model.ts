// who uses the package need not have chosen the library that has Symbol.dispose
/// <reference lib="esnext.disposable" preserve="true" />
import type { Backend } from '../kernels/backend.ts'
import type { Archive } from '../archive.ts'
import { Contexts } from './contexts.ts'
import { FeatureRows } from './features.ts'
import { assertTruncation, conducts, type ModelOptions } from './options.ts'
import { type Parameter, type ParameterName, Parameters } from './parameters.ts'
import { Random } from './random.ts'
import { NOVEL, Vocabulary } from '../text/vocabulary.ts'
import { Conductor } from './conductor.ts'
import { descentOf } from './update-rule.ts'
import { DirectConnections } from './direct.ts'
import { Embeddings } from './embeddings.ts'
import { isOfConductor, networkLayout } from './layout.ts'
import { ClippedDescent, type Optimizer } from './optimizer.ts'
import { Prediction } from './prediction.ts'
import { Recurrence } from './recurrence.ts'
import { showAs } from '../text/inspect.ts'
import type { Segment, Truncation } from './segment.ts'
import type { StreamState } from './stream.ts'
import { Tape } from './tape.ts'
import { SECOND_BIAS, torchName } from './torch-names.ts'

/** A stream remembers at most 2 ** 20 symbols, to notice when it repeats itself */
const MEMORY_BITS = 20

/** Where the activations of a segment are: opaque to consumers, who hand it on to the next stage */
export class Activations<Tensor = unknown> {
  readonly model: Model<Tensor>
  /** @internal */
  readonly tape: Tape<Tensor>
  /**
   * The segment's targets were scored at steps [first, to)
   * @internal
   */
  readonly first: number
  /** @internal */
  readonly to: number
  /**
   * Whether the segment closed a window when they were computed
   * @internal
   */
  readonly closes: boolean
  /**
   * Whether the tape is the segment's own copy, which nothing else moves on
   * @internal
   */
  readonly detached: boolean
  /**
   * The model's version and the tape's clock when they were computed
   * @internal
   */
  readonly version: number
  /** @internal */
  readonly clock: number
  /**
   * What they lost, once that is known
   * @internal
   */
  losses: Float64Array | undefined = undefined

  static {
    showAs(this.prototype, ({ first, to }) => `[activations of steps ${first} to ${to}]`)
  }

  /** @internal */
  constructor(model: Model<Tensor>, tape: Tape<Tensor>, first: number, to: number, closes: boolean, detached = false) {
    this.model = model
    this.tape = tape
    this.first = first
    this.to = to
    this.closes = closes
    this.detached = detached
    this.version = model.version
    this.clock = tape.clock
  }

  /** The same on a copy of the tape */
  detach(): Activations<Tensor> {
    return new Activations(this.model, this.tape.copy(true), this.first, this.to, this.closes, true)
  }

  toJSON(): undefined {
    return undefined
  }
}

/**
 * A recurrent network over a growing vocabulary, with everything that learning changes: parameters, accumulators, vocabulary, generator.
 * What belongs to one stream (its hidden state and activations) is on a tape; streams that are given the same model share what it learns.
 */
export class Model<Tensor = unknown> {
  readonly options: ModelOptions
  readonly vocabulary: Vocabulary
  readonly optimizer: Optimizer
  readonly #descent: ClippedDescent<Tensor>
  readonly #backend: Backend<Tensor>
  readonly #parameters: Parameters<Tensor>
  readonly #recurrence: Recurrence<Tensor>
  readonly #Why: Parameter<Tensor>
  readonly #by: Parameter<Tensor>
  readonly #direct: DirectConnections<Tensor> | undefined
  readonly #conductor: Conductor<Tensor> | undefined
  readonly #features: FeatureRows | undefined

  static {
    showAs(this.prototype, ({ options: { cell, hidden, layers }, symbols, version }) => ({ cell, hidden, layers, symbols, updates: version }))
  }

  /** @internal */
  constructor(options: ModelOptions, backend: Backend<Tensor>) {
    this.options = options
    this.vocabulary = new Vocabulary(options.alphabet, options.vocabularyLimit)
    this.#backend = backend
    const { hidden, deviation, ngram, tableBits, conductorBits } = options
    const descent = descentOf(backend, options)
    const layout = networkLayout(options)
    const conducting = conducts(options)
    this.#parameters = new Parameters(backend, new Random(options.seed), layout, hidden, this.vocabulary.size, deviation, descent.accumulators)
    const embeddings = conducting ? new Embeddings(backend, this.#parameters.get('embeddings.weight'), descent, options) : undefined
    this.#recurrence = new Recurrence(backend, this.#parameters, options, embeddings)
    this.#Why = this.#parameters.get('Why')
    this.#by = this.#parameters.get('by')
    this.#direct = ngram === 0 ? undefined : new DirectConnections(backend, ngram, 2 ** tableBits, conducting)
    this.#conductor = conducting ? new Conductor(backend, this.#parameters, options) : undefined
    this.#features = conducting ? new FeatureRows(conductorBits) : undefined
    this.#descent = new ClippedDescent(backend, this.#parameters, descent, options, this.#direct, embeddings)
    this.optimizer = this.#descent
  }

  /** What `read` and `write` know, in the order of the digest */
  get parameterNames(): readonly ParameterName[] {
    return this.#parameters.names
  }

  /** Updates so far: a stage that finds another version than the forward pass did is too late */
  get version(): number {
    return this.#descent.updates
  }

  /** How many symbols have weights: those read so far. The vocabulary may be ahead of it, by a character that was encoded but not read. */
  get symbols(): number {
    return this.#parameters.V
  }

  /**
   * A new stream's state, or one that resumes where a stream was saved. Free it when the stream ends. Throws RangeError when what was saved does not fit.
   * @internal
   */
  tape(truncation: Truncation = this.options, from?: StreamState): Tape<Tensor> {
    this.#parameters.assertAlive()
    assertTruncation(truncation)
    const { ngram, tableBits } = this.options
    const { every, through } = truncation
    const reader = ngram === 0 ? undefined : new Contexts(this.vocabulary, ngram, 2 ** Math.min(tableBits, MEMORY_BITS), this.#features)
    // another stream may have made the model grow since
    const tape = new Tape(this.#backend, this.options, from?.vocabularySize ?? this.#parameters.V, { every, through }, reader)
    from?.restore(tape)
    return tape
  }

  /**
   * Steps through a segment's inputs and computes the distribution before each of its targets
   * @internal
   */
  forward(tape: Tape<Tensor>, segment: Segment): Activations<Tensor> {
    this.#fit(tape, segment.vocabularySize)
    const { first, stepped, to } = tape.append(segment)
    // the first character of a stream is scored by the zero state, which no step leads to
    if (segment.inputs.length > 0) this.#step(tape, stepped, to)
    this.#distribute(tape, stepped, to, segment.inputs.length > 0)
    // a novel character's symbol exists from here on, whatever is called next
    this.#fit(tape, segment.next + 1)
    return new Activations(this, tape, first, to, segment.closes)
  }

  /**
   * The loss of steps [first, to) in nats, a novel character's own cost included. Notes on the tape when one is not finite.
   * @internal
   */
  losses(tape: Tape<Tensor>, first: number, to: number): Float64Array {
    this.#fit(tape)
    const losses = new Float64Array(to - first)
    this.#backend.crossEntropyForward(losses, tape.logZs, tape.ys, tape.targets, first, to, this.#parameters.V)
    let finite = true
    for (let i = 0; i < losses.length; i++) {
      if (tape.targets[first + i] === NOVEL) losses[i]! += this.vocabulary.novelCost
      finite &&= Number.isFinite(losses[i])
    }
    tape.scores.finite &&= finite
    return losses
  }

  /**
   * The distribution that the target of a step was scored by. `backward` makes gradients of it, so ask before.
   * @internal
   */
  expectation(tape: Tape<Tensor>, step: number): Prediction {
    this.#fit(tape)
    return new Prediction(this.#backend.read(tape.ps, step, step + 1, this.#parameters.V), this.vocabulary)
  }

  /** A copy of the top layer's hidden state after the last step that was computed: `model.hidden(segment.activations)` */
  hidden(activations: Activations<Tensor>): Float64Array {
    const { tape } = activations
    this.#fit(tape)
    const row = tape.steps + (tape.ahead ? 1 : 0)
    return this.#backend.read(tape.top.hs, row, row + 1, this.options.hidden)
  }

  /**
   * Copies of the top layer's hidden states in rows [from, to): row t + 1 is the state after the input of step t
   * @internal
   */
  states({ top }: Tape<Tensor>, from: number, to: number): Float64Array {
    return this.#backend.read(top.hs, from, to, this.options.hidden)
  }

  /**
   * The logits of a step and the logarithm of their partition function, in nats
   * @internal
   */
  logits(tape: Tape<Tensor>, step: number): { readonly ys: Float64Array; readonly logZ: number } {
    const { V } = this.#parameters
    return { ys: this.#backend.read(tape.ys, step, step + 1, V), logZ: this.#backend.read(tape.logZs, step, step + 1, 1)[0]! }
  }

  /**
   * The losses of the window that was just learned, in nats: as they were, and as they would be with the parameters of now
   * @internal
   */
  rescore(tape: Tape<Tensor>): { readonly before: Float64Array; readonly after: Float64Array } {
    this.#fit(tape)
    const { windowStart, steps } = tape
    const twin = tape.copy(true)
    this.#step(twin, windowStart, steps)
    this.#distribute(twin, windowStart, steps, true)
    const losses = { before: this.losses(tape, windowStart, steps), after: this.losses(twin, windowStart, steps) }
    twin.free()
    return losses
  }

  /**
   * Adds the gradients of the losses since the last update, but for muted ones and those not worth learning (`learnAbove`), through every step on the
   * tape; returns how many those were. When there are none, nothing is computed.
   * @internal
   */
  backward(tape: Tape<Tensor>): number {
    this.#fit(tape)
    const backend = this.#backend
    const { hs, dhs } = tape.top
    const { V } = this.#parameters
    const [Why, by] = [this.#Why, this.#by]
    const lessons = this.#lessons(tape)
    // no update follows a window without a loss to learn from: what it left behind would grow
    if (lessons.length === 0) return 0
    this.#descent.guard.watch(tape.scores.finite)
    const dys = tape.ps
    backend.crossEntropyBackward(dys, tape.targets, lessons, V)
    this.#weigh(tape, lessons)
    for (const layer of tape.layers) backend.clear(layer.dhs)
    backend.outputBackward(Why.dw, by.dw, dhs, dys, hs, Why.w, lessons, V, this.options.hidden)
    this.#direct?.backward(tape, dys, lessons, V)
    this.#conductor?.backward(tape, lessons)
    this.#recurrence.backward(tape, lessons[lessons.length - 1]! + 1)
    this.#descent.pending = tape
    return lessons.length
  }

  /**
   * The distribution over what follows. Steps the symbol that arrived last, and leaves that step on the tape for the next forward pass;
   * without a symbol, the distribution over the first character of a stream.
   * @internal
   */
  lookAhead(tape: Tape<Tensor>, symbol?: number): Prediction {
    this.#fit(tape, (symbol ?? 0) + 1)
    const at = tape.steps
    if (!tape.ahead || tape.inputs[at] !== symbol) {
      if (symbol !== undefined) {
        tape.lookAhead(symbol)
        this.#step(tape, at, at + 1)
      }
      this.#distribute(tape, at, at + 1, symbol !== undefined)
    }
    return new Prediction(this.#backend.read(tape.ps, at, at + 1, this.#parameters.V), this.vocabulary)
  }

  /**
   * A copy of a parameter, row by row: Wxh (H, V), Whh (H, H), Why (V, H), bh (H), by (V); those of other layers as in a state_dict of PyTorch, where
   * the input of the bottom layer is a one-hot vector (V). V counts the symbols read so far: the vocabulary may be ahead of it, by a character that was
   * encoded but not read. Throws RangeError for a name that is not one of `parameterNames`.
   */
  read(name: ParameterName): Float64Array {
    this.#parameters.assertAlive()
    return this.#parameters.read(name)
  }

  /** The gradient of a parameter in the same shape: what `backward` added up since the last update. Zeros once an update has cleared it. */
  gradient(name: ParameterName): Float64Array {
    this.#parameters.assertAlive()
    return this.#parameters.readGradient(name)
  }

  /**
   * Whether gradients of that tape wait for an update
   * @internal
   */
  hasGradientOf(tape: Tape<Tensor>): boolean {
    return this.#descent.pending === tape
  }

  /**
   * Clears the gradients, and counts that as an update
   * @internal
   */
  discardGradient(): void {
    this.#descent.discard()
  }

  /**
   * The shape of `read`: one number for a bias
   * @internal
   */
  shapeOf(name: ParameterName): readonly number[] {
    return this.#parameters.shapeOf(name)
  }

  /** Sets a parameter, in the shapes of `read`, for every symbol of the vocabulary. Throws RangeError when the length does not fit or a value is not finite in float32. */
  write(name: ParameterName, values: ArrayLike<number>): void {
    this.#parameters.assertAlive()
    this.#parameters.grow(this.vocabulary.size)
    this.#parameters.write(name, values)
    this.#descent.guard.renew()
  }

  /**
   * The bytes of what the direct connections learned, in a fixed order
   * @internal
   */
  eachDirectBytes(take: (bytes: Uint8Array) => void): void {
    this.#direct?.eachBytes(take)
  }

  /**
   * Saves everything that learning changed, or gives a new model of the same options what was saved
   * @internal
   */
  transfer(archive: Archive): void {
    this.#transferWeights(archive, this.parameterNames)
    this.#descent.transfer(archive)
  }

  /**
   * Saves or loads the vocabulary and the weights alone, under PyTorch's names and in its shapes. A network of PyTorch conducts nothing: what does begins
   * with zeros.
   * @internal
   */
  transferWeights(archive: Archive): void {
    this.#transferWeights(
      archive,
      this.parameterNames.filter((name) => !isOfConductor(name) || archive.has(name)),
    )
  }

  #transferWeights(archive: Archive, names: readonly ParameterName[]): void {
    this.#parameters.assertAlive()
    this.#parameters.grow(this.vocabulary.transfer(archive, this.#parameters.V))
    for (const name of names) {
      const values = archive.values(torchName(name), this.#backend.dtype, this.#parameters.shapeOf(name), this.read(name))
      this.#parameters.write(name, name === 'bh' ? this.#bothBiases(archive, values) : values)
    }
  }

  #bothBiases(archive: Archive, first: Float64Array): Float64Array {
    const second = archive.values(SECOND_BIAS, this.#backend.dtype, [first.length], new Float64Array(first.length))
    return second.every((bias) => bias === 0) ? first : first.map((bias, i) => bias + second[i]!)
  }

  /** Gives the memory back; a later use throws */
  dispose(): void {
    this.#parameters.free()
    this.#direct?.free()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** Checks that both are alive, and makes room for V symbols in both */
  #fit(tape: Tape<Tensor>, V = 0): void {
    this.#parameters.assertAlive()
    this.#parameters.grow(V)
    tape.fit(this.#parameters.V)
  }

  /** The steps of a window that are learned, ascending: not those of no weight, nor those that cost too little */
  #lessons({ logZs, ys, targets, weights, windowStart, steps, costs, lessons }: Tape<Tensor>): Int32Array {
    const { learnAbove } = this.options
    if (learnAbove > 0) this.#backend.crossEntropyForward(costs, logZs, ys, targets, windowStart, steps, this.#parameters.V)
    let count = 0
    for (let t = windowStart; t < steps; t++) {
      // a novel character costs more than its symbol; what is not a number is for the guard
      const isKnown = learnAbove > 0 && costs[t - windowStart]! <= learnAbove && targets[t] !== NOVEL
      if (!isKnown && weights[t] !== 0) lessons[count++] = t
    }
    return lessons.subarray(0, count)
  }

  /** Multiplies the gradient of the loss of each lesson by its weight */
  #weigh({ ps: dys, weights }: Tape<Tensor>, lessons: Int32Array): void {
    const { V } = this.#parameters
    for (const [k, t] of lessons.entries()) {
      const weight = weights[t]!
      if (weight !== 1)
        this.#backend.write(
          dys,
          k,
          V,
          this.#backend.read(dys, k, k + 1, V).map((d) => weight * d),
        )
    }
  }

  /** Hidden states; what the table knows of a place is among what the network reads */
  #step(tape: Tape<Tensor>, from: number, to: number): void {
    if (this.#features !== undefined) this.#direct!.look(tape, this.#features, from, to)
    this.#recurrence.forward(tape, from, to)
  }

  /** Logits and probabilities; before the first character there is no context */
  #distribute(tape: Tape<Tensor>, from: number, to: number, hasContext: boolean): void {
    this.#backend.outputForward(tape.ys, tape.top.hs, this.#Why.w, this.#by.w, from, to, this.#parameters.V, this.options.hidden)
    if (hasContext) this.#conductor?.forward(tape, from, to)
    if (hasContext) this.#direct?.forward(tape, from, to, this.#parameters.V)
    this.#backend.softmaxForward(tape.ps, tape.logZs, tape.ys, from, to, this.#parameters.V)
  }
}
