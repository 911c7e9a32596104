import { referenceBackend } from '../kernels/reference/index.ts'
import { simdBackend } from '../kernels/simd/index.ts'
import { type GivenOptions, modelOptions } from './options.ts'
import { Model } from './model.ts'

/**
 * A new model. Options that are not given come from the preset. Throws OptionError, and an Error that says what to do where WebAssembly has no SIMD.
 *
 *     createModel({ hidden: 200, seed: 7 })
 */
export function createModel(options: GivenOptions = {}): Model {
  const complete = modelOptions(options)
  return complete.backend === 'simd' ? new Model(complete, simdBackend()) : new Model(complete, referenceBackend())
}
