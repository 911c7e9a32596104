import type { Learner } from '../learner.ts'
import type { Chunk } from '../text/decoder.ts'
import { type Alphabet, CODE_POINTS, NOVEL } from '../text/vocabulary.ts'
import { DamagedError } from './errors.ts'
import type { RangeDecoder, RangeEncoder } from './range.ts'
import { isReadable } from './utf8.ts'

/*
 * One character to and from a range coder, by the learner's predictions. Both sides ask for the same prediction, then learn the same character.
 */

/** Fine enough that rounding costs less than V / 2 ** 26 of a bit a character, and coarse enough for the range coder */
const SCALE = 2 ** 26

/** More bytes than coding one character can read: 6 to begin with, and 5 for each of a novel character's two intervals */
export const CHARACTER_BYTES = 16

/** A probability as a whole number from 1, so that everything can be encoded */
function frequencyOf(probability: number): number {
  return probability > 0 ? 1 + Math.floor(probability * SCALE) : 1
}

function totalOf(probabilities: Float64Array): number {
  let total = 0
  for (const probability of probabilities) total += frequencyOf(probability)
  return total
}

/** Encodes a character, then learns it. Returns its loss in nats. */
export function encodeCharacter(encoder: RangeEncoder, learner: Learner, character: number): number {
  const { vocabulary } = learner.model
  const { probabilities } = learner.predict()
  const symbol = vocabulary.symbolOf(character)
  let start = 0
  for (let before = 0; before < symbol; before++) start += frequencyOf(probabilities[before]!)
  encoder.encode(start, frequencyOf(probabilities[symbol]!), totalOf(probabilities))
  if (vocabulary.characterOf(symbol) === undefined) encoder.encode(character, 1, CODE_POINTS)
  return learnCharacter(learner, character)
}

/** Decodes a character, then learns it. Returns it with its loss in nats. Throws DamagedError. */
export function decodeCharacter(decoder: RangeDecoder, learner: Learner): readonly [character: number, nats: number] {
  const { vocabulary } = learner.model
  const symbol = decodeSymbol(decoder, learner.predict().probabilities)
  const character = vocabulary.characterOf(symbol) ?? decodeCodePoint(decoder)
  if (symbol === NOVEL && vocabulary.symbolOf(character) !== NOVEL) throw new DamagedError()
  return [character, learnCharacter(learner, character)]
}

function decodeSymbol(decoder: RangeDecoder, probabilities: Float64Array): number {
  const total = totalOf(probabilities)
  const position = decoder.position(total)
  if (position >= total) throw new DamagedError()
  let symbol = 0
  let start = 0
  let frequency = frequencyOf(probabilities[0]!)
  while (start + frequency <= position) {
    start += frequency
    symbol += 1
    frequency = frequencyOf(probabilities[symbol]!)
  }
  decoder.narrow(start, frequency)
  return symbol
}

function decodeCodePoint(decoder: RangeDecoder): number {
  const character = decoder.position(CODE_POINTS)
  if (character >= CODE_POINTS || !isReadable(character)) throw new DamagedError()
  decoder.narrow(character, 1)
  return character
}

function learnCharacter(learner: Learner, character: number): number {
  return learner.learn(chunkOf([character], learner.model.options.alphabet))[0]!
}

/** Characters as what a learner reads */
export function chunkOf(characters: readonly number[], alphabet: Alphabet): Chunk {
  return alphabet === 'bytes' ? Uint8Array.from(characters) : characters.map((character) => String.fromCodePoint(character)).join('')
}
