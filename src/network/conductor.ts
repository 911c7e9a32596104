import type { Backend } from '../kernels/backend.ts'
import type { ModelOptions } from './options.ts'
import type { Parameters } from './parameters.ts'
import { conductedGates } from './layout.ts'
import type { Tape } from './tape.ts'

/** From the hidden state to the gates of the direct connections: u = W h + b moves them, and what the loss says of u flows back into h */
export class Conductor<Tensor> {
  readonly #backend: Backend<Tensor>
  readonly #weight: ReturnType<Parameters<Tensor>['get']>
  readonly #bias: ReturnType<Parameters<Tensor>['get']>
  readonly #U: number
  readonly #H: number

  constructor(backend: Backend<Tensor>, parameters: Parameters<Tensor>, { ngram, hidden }: ModelOptions) {
    this.#backend = backend
    this.#weight = parameters.get('conductor.weight')
    this.#bias = parameters.get('conductor.bias')
    this.#U = conductedGates(ngram)
    this.#H = hidden
  }

  forward({ us, top }: Tape<Tensor>, from: number, to: number): void {
    this.#backend.outputForward(us, top.hs, this.#weight.w, this.#bias.w, from, to, this.#U, this.#H)
  }

  /** On entry the first rows of us hold the gradients at those of the lessons */
  backward({ us, top }: Tape<Tensor>, lessons: Int32Array): void {
    const { dw, w } = this.#weight
    this.#backend.outputBackward(dw, this.#bias.dw, top.dhs, us, top.hs, w, lessons, this.#U, this.#H)
  }
}
