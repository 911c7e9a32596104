import type { Backend } from '../kernels/backend.ts'
import { Scope } from '../kernels/scope.ts'
import type { Archive } from '../archive.ts'
import type { Random } from './random.ts'

/**
 * The notebook's names for a vanilla bottom layer and the output; PyTorch's (nn.RNN, nn.GRU, nn.LSTM) for every other layer; alpha, beta1 and beta2 of a layer
 * with multiplicative integration; and what a network that conducts has besides, as PyTorch would call an nn.EmbeddingBag and an nn.Linear
 */
export type ParameterName =
  | 'Wxh'
  | 'Whh'
  | 'Why'
  | 'bh'
  | 'by'
  | `${'weight' | 'bias'}_${'ih' | 'hh'}_l${0 | 1 | 2 | 3}`
  | `factors_l${0 | 1 | 2 | 3}`
  | 'embeddings.weight'
  | 'conductor.weight'
  | 'conductor.bias'

/** How a tensor is stored. The dimension that is 'symbols' grows with the vocabulary. */
export interface TensorLayout {
  readonly name: ParameterName
  readonly rows: number | 'symbols'
  readonly columns: number | 'symbols'
  /** Which share of the deviation the random numbers have that it starts from; 0: it does not start from any */
  readonly drawn: number
  /** What each row starts from otherwise; none: zeros */
  readonly start: readonly number[]
  /** Whether readers see no rows */
  readonly vector: boolean
  /** Whether a window touches few rows: then a row has one accumulator, and only those that were touched descend */
  readonly sparse: boolean
  /** Whether readers see (columns, rows) */
  readonly transposed: boolean
}

/** One tensor of the network with its gradient, as many accumulators as the optimizer needs, and a copy of the tensor and each accumulator */
export interface Parameter<Tensor> {
  readonly layout: TensorLayout
  w: Tensor
  dw: Tensor
  readonly accumulators: Tensor[]
  readonly kept: Tensor[]
  rows: number
  columns: number
}

/**
 * The parameters of a network with a vocabulary that grows. What has a row a symbol is stored so that growing appends; readers see the shapes of the
 * notebook and of PyTorch: Wxh (H, V), for one.
 */
export class Parameters<Tensor> {
  readonly names: readonly ParameterName[]
  readonly #backend: Backend<Tensor>
  readonly #scope: Scope<Tensor>
  readonly #random: Random
  readonly #deviation: number
  readonly #H: number
  readonly #accumulators: number
  readonly #all: readonly Parameter<Tensor>[]
  readonly #dense: readonly Parameter<Tensor>[]
  #V: number

  /** H, the hidden units of a layer, is for messages; `accumulators` is how many the optimizer keeps for each parameter */
  constructor(
    backend: Backend<Tensor>,
    random: Random,
    layout: readonly TensorLayout[],
    H: number,
    V: number,
    deviation: number,
    accumulators: number,
  ) {
    this.names = layout.map(({ name }) => name)
    this.#backend = backend
    this.#scope = new Scope(backend, this)
    this.#random = random
    this.#deviation = deviation
    this.#H = H
    this.#accumulators = accumulators
    this.#V = V
    this.#all = layout.map((tensor) => this.#zeros(tensor))
    this.#dense = this.#all.filter(({ layout }) => !layout.sparse)
    for (const parameter of this.#all) this.#begin(parameter)
    this.#drawSymbols(0, V)
  }

  /** Symbols */
  get V(): number {
    return this.#V
  }

  /** All but those of which a window touches few rows */
  get dense(): readonly Parameter<Tensor>[] {
    return this.#dense
  }

  /** The tensor of that name, which stays the same object as it grows. Throws RangeError when there is none. */
  get(name: ParameterName): Parameter<Tensor> {
    const parameter = this.#all.find(({ layout }) => layout.name === name)
    if (parameter === undefined) throw new RangeError(`there is no parameter ${name} in this model, which has ${this.names.join(', ')}`)
    return parameter
  }

  /** Makes room for V symbols. A new symbol's weights are drawn from the model's own generator, in the order of the symbols. */
  grow(V: number): void {
    if (V <= this.#V) return
    const old = this.#V
    this.#V = V
    for (const parameter of this.#all) this.#fit(parameter)
    this.#drawSymbols(old, V)
  }

  /** The shape that readers see: one number for a bias */
  shapeOf(name: ParameterName): readonly number[] {
    const { layout, rows, columns } = this.get(name)
    if (layout.vector) return [columns]
    return layout.transposed ? [columns, rows] : [rows, columns]
  }

  /** A copy of a tensor in the shape that readers see, row by row */
  read(name: ParameterName): Float64Array {
    const parameter = this.get(name)
    return this.#read(parameter, parameter.w)
  }

  /** The same of a tensor's gradient */
  readGradient(name: ParameterName): Float64Array {
    const parameter = this.get(name)
    return this.#read(parameter, parameter.dw)
  }

  #read({ layout, rows, columns }: Parameter<Tensor>, tensor: Tensor): Float64Array {
    const values = this.#backend.read(tensor, 0, rows, columns)
    return layout.transposed ? transpose(values, rows, columns) : values
  }

  /** Sets a tensor, given in the shape that readers see. Throws RangeError when the length or a value does not fit. */
  write(name: ParameterName, values: ArrayLike<number>): void {
    const { layout, w, rows, columns } = this.get(name)
    if (values.length !== rows * columns) {
      throw new RangeError(`${name} has ${rows * columns} values with ${this.#H} hidden units and ${this.#V} symbols, not ${values.length}`)
    }
    // what overflows float32 would become an infinity there
    if (!Array.from(values).every((value) => Number.isFinite(Math.fround(value)))) throw new RangeError(`${name} must hold finite numbers only`)
    this.#backend.write(w, 0, columns, layout.transposed ? transpose(values, columns, rows) : values)
  }

  /** Copies all parameters and accumulators, for `restore` to return to */
  keep(): void {
    for (const parameter of this.#all)
      for (const { tensor, copy, columns } of copiesOf(parameter)) this.#backend.copy(copy, 0, tensor, 0, parameter.rows, columns)
  }

  /** All parameters and accumulators as they were at the last `keep`; a symbol that came since starts anew, as every parameter does without a `keep` */
  restore(): void {
    for (const parameter of this.#all)
      for (const { tensor, copy, columns } of copiesOf(parameter)) this.#backend.copy(tensor, 0, copy, 0, parameter.rows, columns)
  }

  /** Saves or loads what belongs to the weights: the optimizer's accumulators, the copies to return to, and the generator of new weights */
  transferCompanions(archive: Archive): void {
    for (const parameter of this.#all) {
      const { layout, rows } = parameter
      const [weights, ...accumulators] = copiesOf(parameter)
      for (const [i, { tensor, columns }] of accumulators.entries())
        archive.tensor(`accumulators.${i}.${layout.name}`, this.#backend, tensor, rows, columns)
      for (const [i, { copy, columns }] of [weights!, ...accumulators].entries())
        archive.tensor(`kept.${i}.${layout.name}`, this.#backend, copy, rows, columns)
    }
    this.#random.transfer(archive)
  }

  assertAlive(): void {
    if (this.#scope.freed) throw new Error('this model was disposed of; create a new one, or dispose later')
  }

  free(): void {
    this.#scope.free()
  }

  #zeros(layout: TensorLayout): Parameter<Tensor> {
    const [rows, columns] = [this.#sizeOf(layout.rows), this.#sizeOf(layout.columns)]
    const zeros = () => this.#scope.zeros(rows, columns)
    const accumulators = () =>
      layout.sparse ? [this.#scope.zeros(rows, 1)] : Array.from({ length: this.#accumulators }, () => this.#scope.zeros(rows, columns))
    return { layout, w: zeros(), dw: zeros(), accumulators: accumulators(), kept: [zeros(), ...accumulators()], rows, columns }
  }

  #begin(parameter: Parameter<Tensor>): void {
    const { layout, w, kept, rows, columns } = parameter
    if (layout.rows === 'symbols') return
    if (layout.drawn > 0) return this.#draw(parameter, 0, rows)
    for (const [row, value] of layout.start.entries())
      for (const tensor of [w, kept[0]!]) this.#backend.write(tensor, row, columns, new Float64Array(columns).fill(value))
  }

  #fit(parameter: Parameter<Tensor>): void {
    const [rows, columns] = [this.#sizeOf(parameter.layout.rows), this.#sizeOf(parameter.layout.columns)]
    if (rows === parameter.rows && columns === parameter.columns) return
    const grown = (old: Tensor) => this.#scope.grow(old, rows, columns, parameter.columns)
    parameter.w = grown(parameter.w)
    parameter.dw = grown(parameter.dw)
    for (const tensors of [parameter.accumulators, parameter.kept]) tensors.splice(0, tensors.length, ...tensors.map(grown))
    parameter.rows = rows
    parameter.columns = columns
  }

  #sizeOf(size: number | 'symbols'): number {
    return size === 'symbols' ? this.#V : size
  }

  #drawSymbols(from: number, to: number): void {
    const grown = this.#all.filter(({ layout }) => layout.drawn > 0 && layout.rows === 'symbols')
    for (let symbol = from; symbol < to; symbol++) for (const parameter of grown) this.#draw(parameter, symbol, symbol + 1)
  }

  #draw({ layout, w, kept, columns }: Parameter<Tensor>, from: number, to: number): void {
    const values = Float64Array.from({ length: (to - from) * columns }, () => this.#random.normal() * this.#deviation * layout.drawn)
    for (const tensor of [w, kept[0]!]) this.#backend.write(tensor, from, columns, values)
  }
}

/** The weights and each accumulator with their copies */
function copiesOf<Tensor>({
  layout,
  w,
  accumulators,
  kept,
  columns,
}: Parameter<Tensor>): readonly { readonly tensor: Tensor; readonly copy: Tensor; readonly columns: number }[] {
  return [w, ...accumulators].map((tensor, i) => ({ tensor, copy: kept[i]!, columns: layout.sparse && i > 0 ? 1 : columns }))
}

function transpose(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const transposed = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) transposed[j * rows + i] = values[i * columns + j]!
  return transposed
}
