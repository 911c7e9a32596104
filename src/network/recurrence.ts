import type { Backend } from '../kernels/backend.ts'
import type { ModelOptions } from './options.ts'
import type { Parameter, Parameters } from './parameters.ts'
import type { Cell, RecurrentWeights } from './cell.ts'
import { CELLS } from './cells.ts'
import type { Embeddings } from './embeddings.ts'
import { type LayerNames, layerNames } from './layout.ts'
import type { Tape } from './tape.ts'

interface Layer<Tensor> extends RecurrentWeights<Tensor> {
  readonly Wih: Parameter<Tensor>
  readonly bih: Parameter<Tensor> | undefined
}

/** The recurrent layers of a network, from the symbols up to the hidden states that the output reads */
export class Recurrence<Tensor> {
  readonly #backend: Backend<Tensor>
  readonly #cell: Cell
  readonly #layers: readonly Layer<Tensor>[]
  readonly #embeddings: Embeddings<Tensor> | undefined
  readonly #H: number

  constructor(backend: Backend<Tensor>, parameters: Parameters<Tensor>, options: ModelOptions, embeddings?: Embeddings<Tensor>) {
    this.#backend = backend
    this.#cell = CELLS[options.cell]
    this.#layers = layerNames(options).map((names) => layerOf(parameters, names))
    this.#embeddings = embeddings
    this.#H = options.hidden
  }

  /** Steps [from, to) of every layer */
  forward(tape: Tape<Tensor>, from: number, to: number): void {
    for (let l = 0; l < this.#layers.length; l++) this.#forwardLayer(l, tape, from, to)
  }

  /** Adds the gradients of steps [0, steps); on entry the top layer's dhs hold what the output sends back, and those below zeros */
  backward(tape: Tape<Tensor>, steps: number): void {
    for (let l = this.#layers.length - 1; l >= 0; l--) this.#backwardLayer(l, tape, steps)
  }

  /** The bottom layer reads symbols and what else is known, an upper one the hidden states below it */
  #forwardLayer(l: number, { layers, inputs, features }: Tape<Tensor>, from: number, to: number): void {
    const backend = this.#backend
    const [layer, state, below] = [this.#layers[l]!, layers[l]!, layers[l - 1]?.hs]
    const { Wih, bih, Whh, bhh } = layer
    if (bih === undefined) return backend.rnnForward(state.hs, inputs, Wih.w, Whh.w, bhh.w, from, to, this.#H)
    if (below === undefined) {
      backend.symbolForward(state.xs, inputs, Wih.w, bih.w, from, to, bih.columns)
      this.#embeddings?.forward(state.xs, features, from, to)
    } else backend.outputForward(state.xs, below, Wih.w, bih.w, from, to, bih.columns, this.#H)
    this.#cell.forwardStep(backend, layer, state, from, to, this.#H)
  }

  #backwardLayer(l: number, { layers, inputs, features }: Tape<Tensor>, steps: number): void {
    const backend = this.#backend
    const [layer, state, below] = [this.#layers[l]!, layers[l]!, layers[l - 1]]
    const { Wih, bih, Whh, bhh } = layer
    if (bih === undefined) return backend.rnnBackward(Wih.dw, Whh.dw, bhh.dw, state.dhs, state.hs, inputs, Whh.w, steps, this.#H)
    this.#cell.backwardThroughTime(backend, layer, state, steps, this.#H)
    if (below === undefined) {
      backend.symbolBackward(Wih.dw, bih.dw, state.xs, inputs, steps, bih.columns)
      this.#embeddings?.backward(state.xs, features, steps)
    } else backend.outputBackward(Wih.dw, bih.dw, below.dhs, state.xs, below.hs, Wih.w, state.ordinals.subarray(0, steps), bih.columns, this.#H)
  }
}

function layerOf<Tensor>(parameters: Parameters<Tensor>, { Wih, bih, Whh, bhh, factors }: LayerNames): Layer<Tensor> {
  return {
    Wih: parameters.get(Wih),
    bih: bih === undefined ? undefined : parameters.get(bih),
    Whh: parameters.get(Whh),
    bhh: parameters.get(bhh),
    factors: factors === undefined ? undefined : parameters.get(factors),
  }
}
