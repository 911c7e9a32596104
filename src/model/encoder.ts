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
}

/** What becomes of a character never seen before: it gets a symbol of its own, or stays NOVEL */
export type Growth = 'grow' | 'fixed'

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

  *#encode(characters: Int32Array, growth: Growth): Iterable<Run> {
    for (let from = 0; from < characters.length; ) {
      const run = this.#take(characters.subarray(from), growth)
      from += run.characters.length
      yield run
    }
  }

  /** Everything up to the first character that makes the vocabulary grow, that one included */
  #take(rest: Int32Array, growth: Growth): Run {
    const vocabularySize = this.#vocabulary.size
    const targets = new Int32Array(rest.length)
    let count = 0
    let next = 0
    while (count < rest.length && this.#vocabulary.size === vocabularySize) {
      const character = rest[count]!
      const symbol = this.#vocabulary.symbolOf(character)
      targets[count++] = symbol
      next = symbol === NOVEL && growth === 'grow' ? this.#vocabulary.add(character) : symbol
    }
    return { characters: rest.slice(0, count), targets: targets.slice(0, count), next, vocabularySize }
  }
}
