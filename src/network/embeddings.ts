import type { Backend } from '../kernels/backend.ts'
import { FEATURES } from './features.ts'
import type { ModelOptions } from './options.ts'
import type { Parameter } from './parameters.ts'
import type { Descent } from './update-rule.ts'

/** What a network that conducts reads beside the last character: a row of weights for each thing that is known of a place. Only rows that a window touched descend. */
export class Embeddings<Tensor> {
  readonly #backend: Backend<Tensor>
  readonly #parameter: Parameter<Tensor>
  readonly #descent: Descent<Tensor>
  readonly #clip: number
  /** The rows with a gradient, each once, how many they are, and for each row whether it is one of them */
  readonly #touched: Int32Array
  #count = 0
  readonly #isTouched: Uint8Array

  constructor(backend: Backend<Tensor>, parameter: Parameter<Tensor>, descent: Descent<Tensor>, { clip }: ModelOptions) {
    this.#backend = backend
    this.#parameter = parameter
    this.#descent = descent
    this.#clip = clip
    this.#touched = new Int32Array(parameter.rows)
    this.#isTouched = new Uint8Array(parameter.rows)
  }

  /** Adds the rows of steps [from, to) to what the input sends */
  forward(xs: Tensor, features: Int32Array, from: number, to: number): void {
    this.#backend.embeddingForward(xs, features, this.#parameter.w, from, to, FEATURES, this.#parameter.columns)
  }

  /** Adds the gradients of steps [0, steps) */
  backward(dxs: Tensor, features: Int32Array, steps: number): void {
    this.#backend.embeddingBackward(this.#parameter.dw, dxs, features, steps, FEATURES, this.#parameter.columns)
    this.#touch(features, steps * FEATURES)
  }

  scale(factor: number): void {
    const { dw, rows, columns } = this.#parameter
    this.#backend.scale(dw, rows, columns, factor)
  }

  descend(learningRate: number, step: number): void {
    const { w, dw, accumulators, columns } = this.#parameter
    const { rate, keep, add, epsilon } = this.#descent.rowwise(learningRate, step)
    this.#backend.embeddingDescend(w, accumulators[0]!, dw, this.#touched.subarray(0, this.#count), columns, rate, this.#clip, keep, add, epsilon)
    this.#forget()
  }

  discard(): void {
    this.#backend.clear(this.#parameter.dw)
    this.#forget()
  }

  squaredNorm(): number {
    return this.#backend.embeddingSquaredNorm(this.#parameter.dw, this.#touched.subarray(0, this.#count), this.#parameter.columns)
  }

  #touch(features: Int32Array, length: number): void {
    for (let i = 0; i < length; i++) {
      const row = features[i]!
      if (row < 0 || this.#isTouched[row] === 1) continue
      this.#isTouched[row] = 1
      this.#touched[this.#count++] = row
    }
  }

  #forget(): void {
    for (let i = 0; i < this.#count; i++) this.#isTouched[this.#touched[i]!] = 0
    this.#count = 0
  }
}
