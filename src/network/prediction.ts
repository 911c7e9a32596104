import { characterName } from '../text/characters.ts'
import { showAs } from '../text/inspect.ts'
import type { Vocabulary } from '../text/vocabulary.ts'

/** The distribution over the character that comes next. It is the consumer's own copy. */
export class Prediction {
  /** One probability a symbol; symbol 0 of an open vocabulary stands for all characters never seen */
  readonly probabilities: Float64Array
  readonly #vocabulary: Vocabulary

  static {
    showAs(this.prototype, (prediction) =>
      prediction
        .next(5)
        .map(([character, probability]) => `${JSON.stringify(character)} ${Math.round(100 * probability)}%`)
        .join(', '),
    )
  }

  constructor(probabilities: Float64Array, vocabulary: Vocabulary) {
    this.probabilities = probabilities
    this.#vocabulary = vocabulary
  }

  /** The `count` likeliest characters as strings, with their probabilities, likeliest first. A byte beyond ASCII is given as \\xNN. */
  next(count: number): readonly (readonly [character: string, probability: number])[] {
    return this.top(count).map(([character, probability]) => [characterName(character, this.#vocabulary.alphabet), probability])
  }

  /** The same with numbers, as [character, probability]. A character is a code point, or a byte with the alphabet `bytes`. */
  top(count: number): readonly (readonly [character: number, probability: number])[] {
    // to sort all symbols for a handful would take longer than to learn the character
    const best: number[] = []
    for (let symbol = 0; symbol < this.probabilities.length; symbol++) {
      if (this.#vocabulary.characterOf(symbol) === undefined) continue
      if (best.length < count) best.push(symbol)
      else if (!this.#isLikelier(symbol, best[count - 1]!)) continue
      let place = best.length - 1
      // Stryker disable next-line ConditionalExpression,EqualityOperator: before the first there is nothing that is less likely
      for (; place > 0 && this.#isLikelier(symbol, best[place - 1]!); place--) best[place] = best[place - 1]!
      best[place] = symbol
    }
    return best.map((symbol) => [this.#vocabulary.characterOf(symbol)!, this.probabilities[symbol]!])
  }

  /** The five likeliest */
  toJSON(): readonly (readonly [character: string, probability: number])[] {
    return this.next(5)
  }

  #isLikelier(symbol: number, other: number): boolean {
    return this.probabilities[symbol]! > this.probabilities[other]!
  }
}
