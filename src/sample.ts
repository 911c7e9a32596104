import { exp, log } from './kernels/reference/math.ts'
import { Learner } from './learner.ts'
import type { Chunk } from './model/decoder.ts'
import { OptionError } from './model/options.ts'
import { Random } from './model/random.ts'
import type { Model } from './network/model.ts'

export interface SampleOptions {
  /** Characters to write */
  readonly length?: number
  /** Below 1 the likely becomes likelier, above 1 the unlikely; 1 draws what the model believes */
  readonly temperature?: number
  /** Same seed, same model: same sample */
  readonly seed?: number
  /** Text that is read first, without learning from it */
  readonly prime?: Chunk
}

/**
 * Writes as the model expects text to go on, one character a value (a byte with the alphabet `bytes`). It has a hidden state and a generator of its
 * own and changes nothing of the model: a stream that is being learned does not notice. Throws OptionError.
 *
 *     for (const character of sample(model, { length: 200, temperature: 0.8 })) process.stdout.write(character)
 */
export function* sample(model: Model, { length = 200, temperature = 1, seed = 1, prime = '' }: SampleOptions = {}): Generator<Chunk> {
  if (!(Number.isInteger(length) && length >= 0)) throw new OptionError('length', `length is ${length}, but it must be a whole number from 0`)
  if (!(temperature >= 0.01 && temperature <= 100)) {
    throw new OptionError('temperature', `temperature is ${temperature}, but it must be a number from 0.01 to 100`)
  }
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new OptionError('seed', `seed is ${seed}, but it must be a whole number from 0 to ${2 ** 32 - 1}`)
  }
  const random = new Random(seed)
  const reader = new Learner(model)
  try {
    reader.observe(prime)
    for (let i = 0; i < length; i++) {
      const candidates = reader.predict().top(model.vocabulary.size)
      if (candidates.length === 0) return
      const character = draw(candidates, temperature, random)
      const chunk = model.vocabulary.alphabet === 'bytes' ? Uint8Array.of(character) : String.fromCodePoint(character)
      yield chunk
      reader.observe(chunk)
    }
  } finally {
    reader.dispose()
  }
}

function draw(candidates: readonly (readonly [character: number, probability: number])[], temperature: number, random: Random): number {
  const likeliest = log(candidates[0]![1])
  const weights = candidates.map(([, probability]) => exp((log(probability) - likeliest) / temperature))
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
  const chosen = weights.findIndex((weight) => (left -= weight) < 0)
  return candidates[Math.max(chosen, 0)]![0]
}
