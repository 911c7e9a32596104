import type { Vocabulary } from '../model/vocabulary.ts'

/** The distribution over the character that comes next. It is the consumer's own copy. */
export class Prediction {
  /** One probability a symbol; symbol 0 of an open vocabulary stands for all characters never seen */
  readonly probabilities: Float64Array
  readonly #vocabulary: Vocabulary

  constructor(probabilities: Float64Array, vocabulary: Vocabulary) {
    this.probabilities = probabilities
    this.#vocabulary = vocabulary
  }

  /** The `count` likeliest characters, as [character, probability], likeliest first. A character is a code point, or a byte with the alphabet `bytes`. */
  top(count: number): readonly (readonly [character: number, probability: number])[] {
    return Array.from(this.probabilities, (probability, symbol) => [this.#vocabulary.characterOf(symbol), probability] as const)
      .filter((entry): entry is readonly [number, number] => entry[0] !== undefined)
      .sort((a, b) => b[1] - a[1])
      .slice(0, count)
  }
}
