import type { Backend } from '../kernels/backend.ts'
import type { ModelOptions } from './options.ts'
import type { Parameter, Parameters } from './parameters.ts'
import type { Cell, LayerState, RecurrentWeights } from './cell.ts'
import { CELLS } from './cells.ts'
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
  readonly #H: number

  constructor(backend: Backend<Tensor>, parameters: Parameters<Tensor>, options: ModelOptions) {
    this.#backend = backend
    this.#cell = CELLS[options.cell]
    this.#layers = layerNames(options).map((names) => layerOf(parameters, names))
    this.#H = options.hidden
  }

  /** Steps [from, to) of every layer */
  forward({ layers, inputs }: Tape<Tensor>, from: number, to: number): void {
    for (let l = 0; l < layers.length; l++) this.#forwardLayer(this.#layers[l]!, layers[l]!, layers[l - 1]?.hs, inputs, from, to)
  }

  /** Adds the gradients of steps [0, steps); on entry the top layer's dhs hold what the output sends back */
  backward({ layers, inputs, steps }: Tape<Tensor>): void {
    for (let l = layers.length - 1; l >= 0; l--) this.#backwardLayer(this.#layers[l]!, layers[l]!, layers[l - 1], inputs, steps)
  }

  /** `below`: the hidden states that the layer reads; the bottom layer reads symbols */
  #forwardLayer(layer: Layer<Tensor>, state: LayerState<Tensor>, below: Tensor | undefined, inputs: Int32Array, from: number, to: number): void {
    const backend = this.#backend
    const { Wih, bih, Whh, bhh } = layer
    if (bih === undefined) return backend.rnnForward(state.hs, inputs, Wih.w, Whh.w, bhh.w, from, to, this.#H)
    if (below === undefined) backend.symbolForward(state.xs, inputs, Wih.w, bih.w, from, to, bih.columns)
    else backend.outputForward(state.xs, below, Wih.w, bih.w, from, to, bih.columns, this.#H)
    this.#cell.forwardStep(backend, layer, state, from, to, this.#H)
  }

  #backwardLayer(layer: Layer<Tensor>, state: LayerState<Tensor>, below: LayerState<Tensor> | undefined, inputs: Int32Array, steps: number): void {
    const backend = this.#backend
    const { Wih, bih, Whh, bhh } = layer
    if (bih === undefined) return backend.rnnBackward(Wih.dw, Whh.dw, bhh.dw, state.dhs, state.hs, inputs, Whh.w, steps, this.#H)
    this.#cell.backwardThroughTime(backend, layer, state, steps, this.#H)
    if (below === undefined) backend.symbolBackward(Wih.dw, bih.dw, state.xs, inputs, steps, bih.columns)
    else backend.outputBackward(Wih.dw, bih.dw, below.dhs, state.xs, below.hs, Wih.w, 0, steps, bih.columns, this.#H)
  }
}

function layerOf<Tensor>(parameters: Parameters<Tensor>, { Wih, bih, Whh, bhh }: LayerNames): Layer<Tensor> {
  return {
    Wih: parameters.get(Wih),
    bih: bih === undefined ? undefined : parameters.get(bih),
    Whh: parameters.get(Whh),
    bhh: parameters.get(bhh),
  }
}
