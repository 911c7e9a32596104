import type { Backend } from '../kernels/backend.ts'
import type { ModelOptions } from '../model/options.ts'
import type { Parameter, Parameters } from '../model/parameters.ts'
import type { DirectConnections } from './direct.ts'

/** What one update did */
export interface Update {
  /** Updates so far, this one included */
  readonly updates: number
  /** The Euclidean norm of the gradient over all parameters, before clipping */
  readonly gradientNorm: number
  readonly learningRate: number
  /** False when the gradient held a NaN or an infinity: then it was thrown away and no parameter changed */
  readonly applied: boolean
}

/** Turns the gradients that were accumulated into an update, and clears them */
export interface Optimizer {
  apply(): Update
}

// Karpathy's constant: keeps the first division finite
const ADAGRAD_EPSILON = 1e-8

/** Stochastic gradient descent or Adagrad (Duchi, Hazan and Singer 2011), with each element of the gradient clipped first as min-char-rnn does */
export class ClippedDescent<Tensor> implements Optimizer {
  readonly #backend: Backend<Tensor>
  readonly #parameters: Parameters<Tensor>
  readonly #options: ModelOptions
  readonly #direct: DirectConnections<Tensor> | undefined
  #updates = 0

  constructor(backend: Backend<Tensor>, parameters: Parameters<Tensor>, options: ModelOptions, direct?: DirectConnections<Tensor>) {
    this.#backend = backend
    this.#parameters = parameters
    this.#options = options
    this.#direct = direct
  }

  get updates(): number {
    return this.#updates
  }

  apply(): Update {
    this.#parameters.assertAlive()
    const all = this.#parameters.all()
    const squares = all.map(({ dw, rows, columns }) => this.#backend.squaredNorm(dw, rows, columns))
    const gradientNorm = Math.sqrt(squares.reduce((sum, square) => sum + square, this.#direct?.squaredNorm() ?? 0))
    const applied = Number.isFinite(gradientNorm)
    for (const parameter of all) {
      if (applied) this.#descend(parameter)
      else this.#backend.clear(parameter.dw)
    }
    if (applied) this.#direct?.descend()
    else this.#direct?.discard()
    this.#updates += 1
    return { updates: this.#updates, gradientNorm, learningRate: this.#options.learningRate, applied }
  }

  #descend({ w, m, dw, rows, columns }: Parameter<Tensor>): void {
    const { optimizer, learningRate, clip } = this.#options
    if (optimizer === 'sgd') this.#backend.sgd(w, dw, rows, columns, learningRate, clip)
    else this.#backend.adagrad(w, m, dw, rows, columns, learningRate, clip, ADAGRAD_EPSILON)
  }
}
