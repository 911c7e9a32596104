import type { Backend } from '../kernels/backend.ts'
import { Scope } from '../kernels/scope.ts'
import type { Random } from './random.ts'

/** The notebook's names */
export type ParameterName = 'Wxh' | 'Whh' | 'Why' | 'bh' | 'by'

export const PARAMETER_NAMES: readonly ParameterName[] = ['Wxh', 'Whh', 'Why', 'bh', 'by']

/** One tensor of the network with its gradient, as many accumulators as the optimizer needs, and a copy of the tensor and each accumulator */
export interface Parameter<Tensor> {
  w: Tensor
  dw: Tensor
  readonly accumulators: Tensor[]
  readonly kept: Tensor[]
  rows: number
  columns: number
}

/**
 * The parameters of a network of H hidden units and a vocabulary that grows. Wxh and Why are stored (V, H), one row a symbol, so that growing
 * appends; readers see the notebook's shapes: Wxh (H, V), Whh (H, H), Why (V, H), bh (H), by (V).
 */
export class Parameters<Tensor> {
  readonly #backend: Backend<Tensor>
  readonly #scope: Scope<Tensor>
  readonly #random: Random
  readonly #deviation: number
  readonly #H: number
  readonly #accumulators: number
  readonly tensors: Record<ParameterName, Parameter<Tensor>>
  #V: number

  constructor(backend: Backend<Tensor>, random: Random, H: number, V: number, deviation: number, accumulators: number) {
    this.#backend = backend
    this.#scope = new Scope(backend, this)
    this.#random = random
    this.#deviation = deviation
    this.#H = H
    this.#accumulators = accumulators
    this.#V = V
    this.tensors = {
      Wxh: this.#zeros(V, H),
      Whh: this.#zeros(H, H),
      Why: this.#zeros(V, H),
      bh: this.#zeros(1, H),
      by: this.#zeros(1, V),
    }
    this.#draw('Whh', 0, H)
    this.#drawSymbols(0, V)
  }

  /** Symbols */
  get V(): number {
    return this.#V
  }

  all(): readonly Parameter<Tensor>[] {
    return PARAMETER_NAMES.map((name) => this.tensors[name])
  }

  /** Makes room for V symbols. A new symbol's weights are drawn from the model's own generator, in the order of the symbols. */
  grow(V: number): void {
    if (V <= this.#V) return
    const old = this.#V
    this.#V = V
    this.#resize('Wxh', V, this.#H)
    this.#resize('Why', V, this.#H)
    this.#resize('by', 1, V)
    this.#drawSymbols(old, V)
  }

  /** A copy of a tensor in the notebook's shape, row by row */
  read(name: ParameterName): Float64Array {
    const { w, rows, columns } = this.tensors[name]
    const values = this.#backend.read(w, 0, rows, columns)
    return name === 'Wxh' ? transpose(values, rows, columns) : values
  }

  /** Sets a tensor, given in the notebook's shape. Throws RangeError when the length or a value does not fit. */
  write(name: ParameterName, values: ArrayLike<number>): void {
    const { w, rows, columns } = this.tensors[name]
    if (values.length !== rows * columns) {
      throw new RangeError(`${name} has ${rows * columns} values with ${this.#H} hidden units and ${this.#V} symbols, not ${values.length}`)
    }
    // what overflows float32 would become an infinity there
    if (!Array.from(values).every((value) => Number.isFinite(Math.fround(value)))) throw new RangeError(`${name} must hold finite numbers only`)
    this.#backend.write(w, 0, columns, name === 'Wxh' ? transpose(values, columns, rows) : values)
  }

  /** Copies all parameters and accumulators, for `restore` to return to */
  keep(): void {
    for (const { w, accumulators, kept, rows, columns } of this.all())
      for (const [i, tensor] of [w, ...accumulators].entries()) this.#backend.copy(kept[i]!, 0, tensor, 0, rows, columns)
  }

  /** All parameters and accumulators as they were at the last `keep`; a symbol that came since starts anew, as every parameter does without a `keep` */
  restore(): void {
    for (const { w, accumulators, kept, rows, columns } of this.all())
      for (const [i, tensor] of [w, ...accumulators].entries()) this.#backend.copy(tensor, 0, kept[i]!, 0, rows, columns)
  }

  assertAlive(): void {
    if (this.#scope.freed) throw new Error('this model was disposed of; create a new one, or dispose later')
  }

  free(): void {
    this.#scope.free()
  }

  #zeros(rows: number, columns: number): Parameter<Tensor> {
    const zeros = () => this.#scope.zeros(rows, columns)
    const several = (count: number) => Array.from({ length: count }, zeros)
    return { w: zeros(), dw: zeros(), accumulators: several(this.#accumulators), kept: several(1 + this.#accumulators), rows, columns }
  }

  #resize(name: ParameterName, rows: number, columns: number): void {
    const tensor = this.tensors[name]
    const grown = (old: Tensor) => this.#scope.grow(old, rows, columns, tensor.columns)
    tensor.w = grown(tensor.w)
    tensor.dw = grown(tensor.dw)
    for (const tensors of [tensor.accumulators, tensor.kept]) tensors.splice(0, tensors.length, ...tensors.map(grown))
    tensor.rows = rows
    tensor.columns = columns
  }

  #drawSymbols(from: number, to: number): void {
    for (let symbol = from; symbol < to; symbol++) {
      this.#draw('Wxh', symbol, symbol + 1)
      this.#draw('Why', symbol, symbol + 1)
    }
  }

  #draw(name: ParameterName, from: number, to: number): void {
    const { w, kept, columns } = this.tensors[name]
    const values = Float64Array.from({ length: (to - from) * columns }, () => this.#random.normal() * this.#deviation)
    for (const tensor of [w, kept[0]!]) this.#backend.write(tensor, from, columns, values)
  }
}

function transpose(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const transposed = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) transposed[j * rows + i] = values[i * columns + j]!
  return transposed
}
