import { contextsOf } from './contexts.ts'
import { FeatureRows } from './features.ts'
import { conducts, type ModelOptions } from './options.ts'
import type { ParameterName, TensorLayout } from './parameters.ts'
import { CELLS } from './cells.ts'

/** The tensors that a layer has: from its input and from its last hidden state to its gates */
export interface LayerNames {
  readonly Wih: ParameterName
  /** Undefined where one bias does for both, as in the notebook's cell */
  readonly bih: ParameterName | undefined
  readonly Whh: ParameterName
  readonly bhh: ParameterName
  /** Alpha, beta1 and beta2 of multiplicative integration */
  readonly factors: ParameterName | undefined
}

/** The network that parameters and tapes are for */
export type Shape = Pick<ModelOptions, 'cell' | 'layers' | 'hidden' | 'ngram' | 'conductorBits'>

/** Whether the bottom layer is that of the notebook, which reads the weights of its symbol where they are */
export function isNotebook(shape: Shape): boolean {
  return shape.cell === 'rnn' && !conducts(shape)
}

/** From the bottom up. A vanilla bottom layer that reads symbols alone is the notebook's, all others are PyTorch's. */
export function layerNames(shape: Shape): readonly LayerNames[] {
  return ([0, 1, 2, 3] as const).slice(0, shape.layers).map((l) =>
    isNotebook(shape) && l === 0
      ? { Wih: 'Wxh', bih: undefined, Whh: 'Whh', bhh: 'bh', factors: undefined }
      : {
          Wih: `weight_ih_l${l}`,
          bih: `bias_ih_l${l}`,
          Whh: `weight_hh_l${l}`,
          bhh: `bias_hh_l${l}`,
          factors: shape.cell === 'mi' ? `factors_l${l}` : undefined,
        },
  )
}

/** How many gates of the direct connections a network sets at each step */
export function conductedGates(orders: number): number {
  return 3 * contextsOf(orders, true) + 1
}

/** All tensors of a network, in the order of its digest: first all that the notebook has */
export function networkLayout(options: Shape): readonly TensorLayout[] {
  const { cell, hidden: H } = options
  const [bottom, ...upper] = layerNames(options)
  const G = CELLS[cell].gates * H
  // a product with the input wants to start small (Wu et al. start from [-0.02, 0.02])
  const recurrent = cell === 'mi' ? 0.2 : 1
  const output = [matrix('Why', 'symbols', H), vector('by', 'symbols')]
  return [
    { ...matrix(bottom!.Wih, 'symbols', G), transposed: true },
    matrix(bottom!.Whh, G, H, recurrent),
    output[0]!,
    ...vectors(bottom!, G),
    output[1]!,
    ...upper.flatMap((layer) => [matrix(layer.Wih, G, H), matrix(layer.Whh, G, H, recurrent), ...vectors(layer, G)]),
    ...conductorLayout(options, G),
  ]
}

function conductorLayout(options: Shape, G: number): readonly TensorLayout[] {
  if (!conducts(options)) return []
  const { ngram, conductorBits, hidden } = options
  return [
    { ...matrix('embeddings.weight', new FeatureRows(conductorBits).count, G, 0), sparse: true },
    matrix('conductor.weight', conductedGates(ngram), hidden, 0),
    vector('conductor.bias', conductedGates(ngram)),
  ]
}

/** Whether a tensor is one that only a network that conducts has */
export function isOfConductor(name: ParameterName): boolean {
  return name === 'embeddings.weight' || name === 'conductor.weight' || name === 'conductor.bias'
}

function vectors({ bih, bhh, factors }: LayerNames, G: number): readonly TensorLayout[] {
  return [
    ...[bih, bhh].flatMap((name) => (name === undefined ? [] : [vector(name, G)])),
    ...(factors === undefined ? [] : [{ ...matrix(factors, 3, G, 0), start: FACTORS }]),
  ]
}

/** Alpha, beta1 and beta2, where Wu et al. start from for a character-level RNN but for the betas' 1 */
const FACTORS = [1, 0.5, 0.5]

function matrix(name: ParameterName, rows: number | 'symbols', columns: number, drawn = 1): TensorLayout {
  return { name, rows, columns, drawn, start: [], vector: false, sparse: false, transposed: false }
}

function vector(name: ParameterName, columns: number | 'symbols'): TensorLayout {
  return { ...matrix(name, 1, 1, 0), columns, vector: true }
}
