import type { ParameterName } from './parameters.ts'

/** What PyTorch calls the notebook's tensors in the state of an nn.RNN, and of an nn.Linear named `output`; the others have its names already */
const NAMES: Readonly<Partial<Record<ParameterName, string>>> = {
  Wxh: 'weight_ih_l0',
  Whh: 'weight_hh_l0',
  bh: 'bias_ih_l0',
  Why: 'output.weight',
  by: 'output.bias',
}

export function torchName(name: ParameterName): string {
  return NAMES[name] ?? name
}

/** PyTorch has a second bias where the notebook's bh does for both: 0 in what we save, added to bh when PyTorch made it */
export const SECOND_BIAS = 'bias_hh_l0'
