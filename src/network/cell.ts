import type { Backend } from '../kernels/backend.ts'
import type { Parameter } from './parameters.ts'

/** What one layer keeps on a tape: tensors of one row per step. What a cell does without is a single zero. */
export interface LayerState<Tensor> {
  /** Hidden states (H): step t reads row t and writes row t + 1 */
  readonly hs: Tensor
  /** What the losses send back to them */
  readonly dhs: Tensor
  /** An LSTM's cells (H), numbered as the hidden states */
  readonly cs: Tensor
  /** What the input sends to the gates; in the backward pass, its gradient */
  readonly xs: Tensor
  /** What the way back has to know */
  readonly gates: Tensor
  /** 0, 1, 2, ...: for a kernel that takes symbols, the row of xs of each step */
  readonly ordinals: Int32Array
}

/** The weights from a layer's last hidden state to its gates */
export interface RecurrentWeights<Tensor> {
  readonly Whh: Parameter<Tensor>
  readonly bhh: Parameter<Tensor>
  /** Alpha, beta1 and beta2 of multiplicative integration */
  readonly factors: Parameter<Tensor> | undefined
}

/** A recurrent cell: how a hidden state follows from the last one and from what the input sends. H: hidden units. */
export interface Cell {
  /** Rows of a weight matrix for each hidden unit */
  readonly gates: number
  /** Columns of `gates` for each hidden unit */
  readonly kept: number
  /** Whether there are cells beside the hidden state */
  readonly hasCells: boolean

  /** Steps [from, to): their states from xs */
  forwardStep<Tensor>(
    backend: Backend<Tensor>,
    weights: RecurrentWeights<Tensor>,
    state: LayerState<Tensor>,
    from: number,
    to: number,
    H: number,
  ): void

  /** Steps [0, steps), last to first: adds the gradients of the weights, and turns xs into its gradient */
  backwardThroughTime<Tensor>(backend: Backend<Tensor>, weights: RecurrentWeights<Tensor>, state: LayerState<Tensor>, steps: number, H: number): void
}
