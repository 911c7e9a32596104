import { hexDigest, sha256 } from '../sha256.ts'
import type { Model } from './model.ts'

/**
 * SHA-256 over the vocabulary and all parameters of a model as little-endian float64, as 64 hexadecimal digits: equal exactly when they are equal to the
 * bit. Characters that were encoded but not read yet are no part of it. Throws Error for a model that was disposed of.
 */
export function digest(model: Model): string {
  const hash = sha256()
  const characters = Array.from({ length: model.symbols }, (_, symbol) => model.vocabulary.characterOf(symbol) ?? -1)
  hash.update(new TextEncoder().encode(JSON.stringify([model.options.hidden, characters])))
  for (const name of model.parameterNames) hash.update(new Uint8Array(model.read(name).buffer))
  model.eachDirectBytes((bytes) => hash.update(bytes))
  return hexDigest(hash)
}
