import type { Vocabulary } from '../text/vocabulary.ts'

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
    // to sort all symbols for a handful would take longer than to learn the character
    const best: number[] = []
    for (let symbol = 0; symbol < this.probabilities.length; symbol++) {
      if (this.#vocabulary.characterOf(symbol) === undefined) continue
      if (best.length < count) best.push(symbol)
      else if (count === 0 || !this.#isLikelier(symbol, best[count - 1]!)) continue
      let place = best.length - 1
      for (; place > 0 && this.#isLikelier(symbol, best[place - 1]!); place--) best[place] = best[place - 1]!
      best[place] = symbol
    }
    return best.map((symbol) => [this.#vocabulary.characterOf(symbol)!, this.probabilities[symbol]!])
  }

  #isLikelier(symbol: number, other: number): boolean {
    return this.probabilities[symbol]! > this.probabilities[other]!
  }
}
