import { exp, log } from './kernels/reference/math.ts'
import { Learner } from './learner.ts'
import type { Chunk } from './text/decoder.ts'
import { OptionError } from './text/option-error.ts'
import { Random } from './network/random.ts'
import type { Model } from './network/model.ts'
import type { StreamState } from './network/stream.ts'

export interface SampleOptions {
  /** Characters to write */
  readonly length?: number
  /** Below 1 the likely becomes likelier, above 1 the unlikely; 1 draws what the model believes */
  readonly temperature?: number
  /** Draws from the likeliest so many only */
  readonly topK?: number
  /** Draws from the likeliest only, as few as have this much probability together */
  readonly topP?: number
  /** Continues where this stream stands, or stood when it was saved; from the zero state unless given */
  readonly from?: Learner | StreamState | undefined
  /** Same seed, same model: same sample */
  readonly seed?: number
  /** Text that is read first, without learning from it */
  readonly prime?: Chunk
}

/**
 * Writes as the model expects text to continue, one character a value (a byte with the alphabet `bytes`). It has a hidden state and a generator of its
 * own and changes nothing of the model: a stream that is being learned does not notice. Throws OptionError.
 *
 *     for (const character of sample(model, { length: 200, temperature: 0.8 })) process.stdout.write(character)
 */
export function* sample(model: Model, options: SampleOptions = {}): Generator<Chunk> {
  const { length = 200, temperature = 1, topK = Infinity, topP = 1, seed = 1, prime = '', from } = options
  if (!(Number.isInteger(length) && length >= 0)) throw new OptionError('length', `length is ${length}, but it must be a whole number from 0`)
  if (!(temperature >= 0.01 && temperature <= 100)) {
    throw new OptionError('temperature', `temperature is ${temperature}, but it must be a number from 0.01 to 100`)
  }
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new OptionError('seed', `seed is ${seed}, but it must be a whole number from 0 to ${2 ** 32 - 1}`)
  }
  if (!(topK === Infinity || (Number.isInteger(topK) && topK >= 1))) {
    throw new OptionError('topK', `topK is ${topK}, but it must be a whole number from 1`)
  }
  if (!(topP > 0 && topP <= 1)) throw new OptionError('topP', `topP is ${topP}, but it must be a number above 0 and not above 1`)
  const random = new Random(seed)
  const reader = from instanceof Learner ? from.fork() : new Learner(model, from)
  try {
    reader.observe(prime)
    for (let i = 0; i < length; i++) {
      const candidates = nucleus(reader.predict().top(Math.min(topK, model.vocabulary.size)), topP)
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

/** The likeliest, as few as have that much probability together (https://arxiv.org/abs/1904.09751), and one at the least */
function nucleus<Candidate extends readonly [character: number, probability: number]>(
  candidates: readonly Candidate[],
  topP: number,
): readonly Candidate[] {
  let sum = 0
  const last = candidates.findIndex(([, probability]) => (sum += probability) >= topP)
  return last === -1 ? candidates : candidates.slice(0, last + 1)
}

function draw(candidates: readonly (readonly [character: number, probability: number])[], temperature: number, random: Random): number {
  const likeliest = log(candidates[0]![1])
  const weights = candidates.map(([, probability]) => exp((log(probability) - likeliest) / temperature))
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
  const chosen = weights.findIndex((weight) => (left -= weight) < 0)
  return candidates[Math.max(chosen, 0)]![0]
}
