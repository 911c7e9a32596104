import type { Backend } from '../kernels/backend.ts'
import { exp, log } from '../kernels/reference/math.ts'
import type { ModelOptions } from './options.ts'
import type { Parameter } from './parameters.ts'

/** What a parameter shows to an optimizer */
type Descending<Tensor> = Pick<Parameter<Tensor>, 'w' | 'dw' | 'accumulators' | 'rows' | 'columns'>

/** How gradients become updates of the parameters */
export interface Descent<Tensor> {
  /** Numbers that are kept for each parameter */
  readonly accumulators: number
  /** Moves parameters down their gradients and clears these; `step` counts the updates, this one included */
  descend(parameters: readonly Descending<Tensor>[], learningRate: number, step: number): void
  /** The same for rows with one accumulator each: as embeddingDescend takes it */
  rowwise(learningRate: number, step: number): RowwiseDescent
}

interface RowwiseDescent {
  readonly rate: number
  readonly keep: number
  readonly add: number
  readonly epsilon: number
}

// Karpathy's constant: keeps the first division finite
const ADAGRAD_EPSILON = 1e-8
// the one of Kingma and Ba 2015
const EPSILON = 1e-8
/** Without an accumulator: the rate is divided by 1 */
const PLAIN = { keep: 0, add: 0, epsilon: 1 }

/**
 * SGD, with momentum when that is given (Polyak 1964); Adagrad (Duchi, Hazan and Singer 2011); Adagrad whose accumulator leaks, so that it can follow a
 * stream that changes; RMSProp (Tieleman and Hinton 2012); Adam (Kingma and Ba 2015), which without beta1 keeps no first moment and is RMSProp with its
 * bias corrected. Each element of the gradient is clipped first, as min-char-rnn does.
 */
export function descentOf<Tensor>(backend: Backend<Tensor>, options: ModelOptions): Descent<Tensor> {
  const { optimizer, momentum, beta1 } = options
  if (optimizer === 'sgd') return momentum === 0 ? sgd(backend, options) : sgdWithMomentum(backend, options)
  if (optimizer === 'adagrad') return adagrad(backend, options)
  if (optimizer === 'leaky-adagrad') return rmsprop(backend, options, 1)
  if (optimizer === 'rmsprop') return rmsprop(backend, options, 1 - options.beta2)
  return beta1 === 0 ? adamWithoutMean(backend, options) : adam(backend, options)
}

function sgd<Tensor>(backend: Backend<Tensor>, { clip }: ModelOptions): Descent<Tensor> {
  return {
    accumulators: 0,
    descend(parameters, learningRate) {
      for (const { w, dw, rows, columns } of parameters) backend.sgd(w, dw, rows, columns, learningRate, clip)
    },
    rowwise: (rate) => ({ rate, ...PLAIN }),
  }
}

function sgdWithMomentum<Tensor>(backend: Backend<Tensor>, { clip, momentum }: ModelOptions): Descent<Tensor> {
  return {
    accumulators: 1,
    descend(parameters, learningRate) {
      for (const { w, accumulators, dw, rows, columns } of parameters)
        backend.momentum(w, accumulators[0]!, dw, rows, columns, learningRate, clip, momentum)
    },
    // as far as it goes when the gradient stays the same
    rowwise: (rate) => ({ rate: rate / (1 - momentum), ...PLAIN }),
  }
}

function adagrad<Tensor>(backend: Backend<Tensor>, { clip }: ModelOptions): Descent<Tensor> {
  return {
    accumulators: 1,
    descend(parameters, learningRate) {
      for (const { w, accumulators, dw, rows, columns } of parameters)
        backend.adagrad(w, accumulators[0]!, dw, rows, columns, learningRate, clip, ADAGRAD_EPSILON)
    },
    rowwise: (rate) => ({ rate, keep: 1, add: 1, epsilon: EPSILON }),
  }
}

/** The accumulator gains `add` times the square of the gradient */
function rmsprop<Tensor>(backend: Backend<Tensor>, { clip, beta2 }: ModelOptions, add: number): Descent<Tensor> {
  return {
    accumulators: 1,
    descend(parameters, learningRate) {
      for (const { w, accumulators, dw, rows, columns } of parameters)
        backend.rmsprop(w, accumulators[0]!, dw, rows, columns, learningRate, clip, beta2, add, EPSILON)
    },
    rowwise: (rate) => ({ rate, keep: beta2, add, epsilon: EPSILON }),
  }
}

function adamWithoutMean<Tensor>(backend: Backend<Tensor>, { clip, beta2 }: ModelOptions): Descent<Tensor> {
  return {
    accumulators: 1,
    descend(parameters, learningRate, step) {
      const correction = Math.sqrt(1 - power(beta2, step))
      for (const { w, accumulators, dw, rows, columns } of parameters)
        backend.rmsprop(w, accumulators[0]!, dw, rows, columns, learningRate * correction, clip, beta2, 1 - beta2, EPSILON * correction)
    },
    rowwise: (rate, step) => corrected(rate, step, beta2),
  }
}

function adam<Tensor>(backend: Backend<Tensor>, { clip, beta1, beta2 }: ModelOptions): Descent<Tensor> {
  return {
    accumulators: 2,
    descend(parameters, learningRate, step) {
      const correction = Math.sqrt(1 - power(beta2, step))
      const rate = (learningRate * correction) / (1 - power(beta1, step))
      for (const { w, accumulators, dw, rows, columns } of parameters)
        backend.adam(w, accumulators[0]!, accumulators[1]!, dw, rows, columns, rate, clip, beta1, beta2, EPSILON * correction)
    },
    rowwise: (rate, step) => corrected(rate, step, beta2),
  }
}

function corrected(rate: number, step: number, beta2: number): RowwiseDescent {
  const correction = Math.sqrt(1 - power(beta2, step))
  return { rate: rate * correction, keep: beta2, add: 1 - beta2, epsilon: EPSILON * correction }
}

/** By our own exp and log: engines differ in the last bits of theirs */
function power(base: number, exponent: number): number {
  return exp(exponent * log(base))
}
