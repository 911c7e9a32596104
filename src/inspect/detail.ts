import { type MonoTypeOperatorFunction, tap } from 'rxjs'
import type { BackpropagatedSegment, ObservedSegment, ScoredSegment } from '../learn.ts'
import type { Model } from '../network/model.ts'
import type { CellName, OptimizerName } from '../network/options.ts'
import type { ParameterName } from '../network/parameters.ts'
import { characterName } from '../text/characters.ts'

/** What a trace leaves out because it is large: for a page in whose worker the learner is */
export interface Detail {
  /** The hidden state after each of the trace's characters: `units` numbers each */
  readonly states: Float64Array
  readonly units: number
  readonly cell: CellName
  readonly optimizer: OptimizerName
  /** Whether direct connections add to the logits */
  readonly hasDirect: boolean
  /** The character of each symbol; that of the novel ones is empty */
  readonly symbols: readonly string[]
  /** The last step; undefined where it was the stream's first character, which no step leads to */
  readonly step: Step | undefined
}

/** The parameters of a learner, for a page that has it in its worker */
export interface ParametersEvent {
  readonly type: 'parameters'
  readonly units: number
  readonly symbols: readonly string[]
  readonly tensors: readonly Tensor[]
}

/** One step of the network, with the parameters that it took it with */
export interface Step {
  /** Symbols */
  readonly input: number
  readonly target: number
  readonly before: Float64Array
  readonly after: Float64Array
  /** What a vanilla cell adds up for each unit; undefined for other cells, and unless wanted */
  readonly terms: Terms | undefined
  readonly logits: Float64Array
  readonly logZ: number
}

interface Terms {
  readonly input: Float64Array
  readonly recurrent: Float64Array
  readonly bias: Float64Array
}

/** A parameter, row by row, and what the last update did to it */
export interface Tensor {
  readonly name: ParameterName
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array
  /** Undefined where no update was seen */
  readonly update: { readonly gradient: Float64Array; readonly change: Float64Array } | undefined
}

interface Gradient {
  readonly before: Float64Array
  readonly gradient: Float64Array
}

/** Cells of the largest tensor that is copied */
const LARGEST = 2 ** 17

/** Looks into the model between its stages; changes nothing */
export class DetailTracer {
  /** Whether the parameters of the next update are to be copied */
  wantsTensors = false
  /** Whether the terms of steps are wanted, which cost as much as learning */
  wantsTerms = false
  /** Copies the gradients before they are applied */
  readonly backpropagated: MonoTypeOperatorFunction<BackpropagatedSegment> = tap(({ injected }) => this.#copyGradients(injected))
  readonly #model: Model
  #states: Float64Array[] = []
  #step: Step | undefined
  #gradients: ReadonlyMap<ParameterName, Gradient> | undefined
  #tensors: readonly Tensor[] | undefined

  constructor(model: Model) {
    this.#model = model
  }

  /** A segment that was scored and not learned yet */
  scored({ activations: { tape, to }, inputs, vocabularySize }: ScoredSegment): void {
    if (inputs.length === 0) return
    const step = to - 1
    const { units } = this
    const states = this.#model.states(tape, step, step + 2)
    const before = states.subarray(0, units)
    const { ys, logZ } = this.#model.logits(tape, step)
    // a novel character has got its symbol by now
    const logits = ys.subarray(0, vocabularySize)
    const input = tape.inputs[step]!
    this.#step = { input, target: tape.targets[step]!, before, after: states.subarray(units), terms: this.#terms(input, before), logits, logZ }
  }

  /** A segment that was learned, and how many of its characters are part of the trace */
  learned({ activations: { tape }, targets }: ObservedSegment, traced: number): void {
    // the last character's state is that of the step ahead
    const from = tape.steps + 2 - targets.length
    if (traced > 0) this.#states.push(this.#model.states(tape, from, from + traced))
    if (this.#gradients === undefined) return
    this.#tensors = this.#tensorsWith(this.#gradients)
    this.#gradients = undefined
  }

  take(): Detail {
    const { options } = this.#model
    const detail = {
      cell: options.cell,
      optimizer: options.optimizer,
      hasDirect: options.ngram > 0,
      states: joined(this.#states),
      units: this.units,
      symbols: this.#symbols,
      step: this.#step,
    }
    this.#states = []
    this.#step = undefined
    return detail
  }

  /** The parameters as the first update since the last time left them; undefined where there was none */
  takeParameters(): ParametersEvent | undefined {
    const tensors = this.#tensors
    this.#tensors = undefined
    return tensors && this.#parametersOf(tensors)
  }

  /** The parameters of now */
  parameters(): ParametersEvent {
    return this.#parametersOf(this.#tensorsWith(new Map()))
  }

  get units(): number {
    return this.#model.options.hidden
  }

  get #symbols(): readonly string[] {
    const { vocabulary, symbols, options } = this.#model
    return Array.from({ length: symbols }, (_, symbol) => {
      const character = vocabulary.characterOf(symbol)
      return character === undefined ? '' : characterName(character, options.alphabet)
    })
  }

  /** Of the parameters that are not too large to be seen. Of the table of embeddings, which has thousands of rows, an update touches a few. */
  get #names(): readonly ParameterName[] {
    const sizeOf = (name: ParameterName) => this.#model.shapeOf(name).reduce((size, side) => size * side, 1)
    return this.#model.parameterNames.filter((name) => name !== 'embeddings.weight' && sizeOf(name) <= LARGEST)
  }

  #copyGradients(injected: number): void {
    if (!this.wantsTensors || injected === 0 || this.#tensors !== undefined) return
    this.#gradients = new Map(this.#names.map((name) => [name, { before: this.#model.read(name), gradient: this.#model.gradient(name) }]))
  }

  #parametersOf(tensors: readonly Tensor[]): ParametersEvent {
    return { type: 'parameters', units: this.units, symbols: this.#symbols, tensors }
  }

  #tensorsWith(gradients: ReadonlyMap<ParameterName, Gradient>): readonly Tensor[] {
    return this.#names.map((name) => {
      const values = this.#model.read(name)
      const [rows = 1, columns] = this.#model.shapeOf(name)
      const shape = columns === undefined ? { rows: 1, columns: rows } : { rows, columns }
      const found = gradients.get(name)
      const update = found && { gradient: found.gradient, change: values.map((value, i) => value - found.before[i]!) }
      return { name, ...shape, values, update }
    })
  }

  #terms(symbol: number, before: Float64Array): Terms | undefined {
    if (!this.wantsTerms || !this.#model.parameterNames.includes('Wxh') || this.#model.options.layers > 1) return undefined
    const Wxh = this.#model.read('Wxh')
    const Whh = this.#model.read('Whh')
    const units = Array.from(before.keys())
    return {
      input: Float64Array.from(units, (unit) => Wxh[unit * this.#model.symbols + symbol]!),
      recurrent: Float64Array.from(units, (unit) => before.reduce((sum, h, j) => sum + h * Whh[unit * before.length + j]!, 0)),
      bias: this.#model.read('bh'),
    }
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
