import type { Backend } from '../kernels/backend.ts'
import type { Archive } from '../archive.ts'
import { check, type ModelOptions } from './options.ts'
import type { Parameters } from './parameters.ts'
import type { Descent } from './update-rule.ts'
import type { DirectConnections } from './direct.ts'
import type { Embeddings } from './embeddings.ts'
import { Guard } from './guard.ts'

/** What one update did */
export interface Update {
  /** Updates so far, this one included */
  readonly updates: number
  /** The Euclidean norm of the gradient over all parameters, before clipping */
  readonly gradientNorm: number
  readonly learningRate: number
  /** False when a loss or the gradient held a NaN or an infinity: then the window was dropped and not learned from */
  readonly applied: boolean
}

/** Learning rates that are given anew for each update: a number, or a function of how many updates there were */
export interface Rates {
  /** That of the network, in the place of the model's `learningRate` with its `decay` */
  readonly learningRate?: Rate | undefined
  /** That of the direct connections, in the place of the model's `ngramLearningRate` */
  readonly ngramLearningRate?: Rate | undefined
}

export type Rate = number | ((updates: number) => number)

/** Turns the gradients that were accumulated into an update, and clears them */
export interface Optimizer {
  /** Of the next update */
  readonly learningRate: number
  /** Windows that were dropped because a loss or the gradient was not finite */
  readonly dropped: number
  /** How often the parameters went back to where they last were good, after three such windows in a row */
  readonly rollbacks: number
  /** Throws OptionError for a rate that is not a number from 0 to 10 */
  apply(rates?: Rates): Update
}

/** Clips, descends and keeps what is not finite away from the parameters */
export class ClippedDescent<Tensor> implements Optimizer {
  readonly guard: Guard<Tensor>
  /** The tape whose gradients were added last and wait for an update */
  pending: object | undefined = undefined
  readonly #backend: Backend<Tensor>
  readonly #parameters: Parameters<Tensor>
  readonly #descent: Descent<Tensor>
  readonly #options: ModelOptions
  readonly #direct: DirectConnections<Tensor> | undefined
  readonly #embeddings: Embeddings<Tensor> | undefined
  #updates = 0

  constructor(
    backend: Backend<Tensor>,
    parameters: Parameters<Tensor>,
    descent: Descent<Tensor>,
    options: ModelOptions,
    direct?: DirectConnections<Tensor>,
    embeddings?: Embeddings<Tensor>,
  ) {
    this.guard = new Guard(parameters)
    this.#backend = backend
    this.#parameters = parameters
    this.#descent = descent
    this.#options = options
    this.#direct = direct
    this.#embeddings = embeddings
  }

  get updates(): number {
    return this.#updates
  }

  get learningRate(): number {
    return scheduledRate(this.#options, this.guard.step) * this.guard.share
  }

  get dropped(): number {
    return this.guard.dropped
  }

  get rollbacks(): number {
    return this.guard.rollbacks
  }

  apply(rates: Rates = {}): Update {
    this.#parameters.assertAlive()
    const own = this.#rate('learningRate', rates)
    const learningRate = own === undefined ? this.learningRate : this.guard.share * own
    const direct = this.#rate('ngramLearningRate', rates) ?? this.#options.ngramLearningRate
    const gradientNorm = this.#gradientNorm()
    const applied = this.guard.admits(gradientNorm)
    if (!applied) this.#clear()
    else this.#descend(gradientNorm, learningRate, direct)
    this.#updates += 1
    this.pending = undefined
    return { updates: this.#updates, gradientNorm, learningRate, applied }
  }

  /** Clears the gradients, and counts that as an update: somebody else made it */
  discard(): void {
    this.#clear()
    this.#updates += 1
    this.pending = undefined
  }

  transfer(archive: Archive): void {
    this.#updates = archive.integer('updates', this.#updates, 0, Number.MAX_SAFE_INTEGER)
    this.guard.transfer(archive)
    this.#parameters.transferCompanions(archive)
    this.#direct?.transfer(archive, this.#parameters.V)
  }

  #gradientNorm(): number {
    let squares = (this.#direct?.squaredNorm() ?? 0) + (this.#embeddings?.squaredNorm() ?? 0)
    for (const { dw, rows, columns } of this.#parameters.dense) squares += this.#backend.squaredNorm(dw, rows, columns)
    return Math.sqrt(squares)
  }

  #rate(option: keyof Rates, { [option]: rate }: Rates): number | undefined {
    if (rate === undefined) return undefined
    const value = typeof rate === 'function' ? rate(this.#updates) : rate
    check(option, value)
    return value
  }

  #descend(gradientNorm: number, learningRate: number, direct: number): void {
    const { clipNorm } = this.#options
    const dense = this.#parameters.dense
    // Stryker disable next-line EqualityOperator: at the very norm the factor is 1
    if (clipNorm > 0 && gradientNorm > clipNorm) {
      for (const { dw, rows, columns } of dense) this.#backend.scale(dw, rows, columns, clipNorm / gradientNorm)
      this.#direct?.scale(clipNorm / gradientNorm)
      this.#embeddings?.scale(clipNorm / gradientNorm)
    }
    this.#descent.descend(dense, learningRate, this.guard.step)
    this.#embeddings?.descend(learningRate, this.guard.step)
    this.#direct?.descend(this.guard.share * direct)
  }

  #clear(): void {
    for (const { dw } of this.#parameters.dense) this.#backend.clear(dw)
    this.#embeddings?.discard()
    this.#direct?.discard()
  }
}

/** The learning rate after that many updates */
function scheduledRate({ learningRate, decay, rateFloor }: ModelOptions, updates: number): number {
  return decay === 0 ? learningRate : learningRate * Math.max(rateFloor, 1 / Math.sqrt(1 + updates / decay))
}
