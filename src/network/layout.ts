import type { ModelOptions } from './options.ts'
import type { ParameterName, TensorLayout } from './parameters.ts'
import { CELLS } from './cells.ts'

/** The tensors that a layer has: from its input and from its last hidden state to its gates */
export interface LayerNames {
  readonly Wih: ParameterName
  /** Undefined where one bias does for both, as in the notebook's cell */
  readonly bih: ParameterName | undefined
  readonly Whh: ParameterName
  readonly bhh: ParameterName
}

type Shape = Pick<ModelOptions, 'cell' | 'layers' | 'hidden'>

/** From the bottom up. A vanilla bottom layer is the notebook's, all others are PyTorch's. */
export function layerNames({ cell, layers }: Shape): readonly LayerNames[] {
  return ([0, 1, 2, 3] as const)
    .slice(0, layers)
    .map((l) =>
      cell === 'rnn' && l === 0
        ? { Wih: 'Wxh', bih: undefined, Whh: 'Whh', bhh: 'bh' }
        : { Wih: `weight_ih_l${l}`, bih: `bias_ih_l${l}`, Whh: `weight_hh_l${l}`, bhh: `bias_hh_l${l}` },
    )
}

/** All tensors of a network, in the order of its digest: first all that the notebook has */
export function networkLayout(options: Shape): readonly TensorLayout[] {
  const [bottom, ...upper] = layerNames(options)
  const H = options.hidden
  const G = CELLS[options.cell].gates * H
  const output = [matrix('Why', 'symbols', H), vector('by', 'symbols')]
  return [
    { ...matrix(bottom!.Wih, 'symbols', G), transposed: true },
    matrix(bottom!.Whh, G, H),
    output[0]!,
    ...biases(bottom!, G),
    output[1]!,
    ...upper.flatMap((layer) => [matrix(layer.Wih, G, H), matrix(layer.Whh, G, H), ...biases(layer, G)]),
  ]
}

function biases({ bih, bhh }: LayerNames, G: number): readonly TensorLayout[] {
  return [bih, bhh].flatMap((name) => (name === undefined ? [] : [vector(name, G)]))
}

function matrix(name: ParameterName, rows: number | 'symbols', columns: number): TensorLayout {
  return { name, rows, columns, drawn: true, transposed: false }
}

function vector(name: ParameterName, columns: number | 'symbols'): TensorLayout {
  return { name, rows: 1, columns, drawn: false, transposed: false }
}
