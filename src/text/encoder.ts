import { type Chunk, Decoder } from './decoder.ts'
import { NOVEL, type Vocabulary } from './vocabulary.ts'

/** Characters that arrived together, with the vocabulary as it stood before them */
export interface Run {
  /** Code points, or bytes with the alphabet `bytes` */
  readonly characters: Int32Array
  /** The symbol that each is predicted as: NOVEL for one never seen before */
  readonly targets: Int32Array
  /** The symbol of the last character as an input to what follows; a novel character has its own by now */
  readonly next: number
  /** How many symbols the targets were drawn from */
  readonly vocabularySize: number
  /**
   * What the symbols are of
   * @internal
   */
  readonly vocabulary?: Vocabulary
  /**
   * Whether nothing is to be learned of it
   * @internal
   */
  readonly muted?: boolean
}

/**
 * What becomes of a character never seen before: it gets a symbol of its own, or stays NOVEL. A function is called for each chunk. When it returns how
 * many symbols are known, nothing is to be learned of the chunk: the vocabulary stays as it is, and the characters of other symbols stay NOVEL.
 */
export type Growth = 'grow' | 'fixed' | (() => number | undefined)

/** Numbers [from, to) in an array of their own, or the array itself when that is all of them, as it is on a trickle */
function cut(numbers: Int32Array, from: number, to: number): Int32Array {
  // Stryker disable next-line ConditionalExpression: only saves a copy
  return to - from === numbers.length ? numbers : numbers.slice(from, to)
}

/** Chunks to runs. A run ends where the vocabulary grows, so that its size is one within a run. */
export class Encoder {
  readonly #vocabulary: Vocabulary
  readonly #decoder: Decoder

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary
    this.#decoder = new Decoder(vocabulary.alphabet)
  }

  push(chunk: Chunk, growth: Growth = 'grow'): Iterable<Run> {
    return this.#encode(this.#decoder.push(chunk), growth)
  }

  flush(growth: Growth = 'grow'): Iterable<Run> {
    return this.#encode(this.#decoder.flush(), growth)
  }

  /** Each run goes up to the first character that makes the vocabulary grow, that one included */
  *#encode(characters: Int32Array, growth: Growth): Iterable<Run> {
    // one buffer for all runs: one a run would take time quadratic in the chunk where much is novel
    const targets = new Int32Array(characters.length)
    const limit = typeof growth === 'function' ? growth() : undefined
    const muted = limit !== undefined
    const known = limit ?? Infinity
    const grows = growth !== 'fixed' && !muted
    for (let from = 0, to = 0; from < characters.length; from = to) {
      const { size } = this.#vocabulary
      let next = NOVEL
      while (to < characters.length && this.#vocabulary.size === size) {
        const character = characters[to]!
        const symbol = this.#symbolOf(character, known)
        targets[to++] = symbol
        // Stryker disable next-line ConditionalExpression: a known character is added as what it is
        next = symbol === NOVEL && grows ? this.#vocabulary.add(character) : symbol
      }
      const vocabularySize = Math.min(size, known)
      yield { characters: cut(characters, from, to), targets: cut(targets, from, to), next, vocabularySize, vocabulary: this.#vocabulary, muted }
    }
  }

  #symbolOf(character: number, known: number): number {
    const symbol = this.#vocabulary.symbolOf(character)
    return symbol < known ? symbol : NOVEL
  }
}
