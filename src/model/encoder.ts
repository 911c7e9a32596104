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

/** Numbers [from, to) in an array of their own, or the array itself when that is all of them, as it is on a trickle */
export function cut(numbers: Int32Array, from: number, to: number): Int32Array {
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

  *#encode(characters: Int32Array, growth: Growth): Iterable<Run> {
    const targets = new Int32Array(characters.length)
    for (let from = 0; from < characters.length; ) {
      const run = this.#take(characters, targets, from, growth)
      from += run.characters.length
      yield run
    }
  }

  /** Everything up to the first character that makes the vocabulary grow, that one included */
  #take(characters: Int32Array, targets: Int32Array, from: number, growth: Growth): Run {
    const vocabularySize = this.#vocabulary.size
    let to = from
    let next = 0
    while (to < characters.length && this.#vocabulary.size === vocabularySize) {
      const character = characters[to]!
      const symbol = this.#vocabulary.symbolOf(character)
      targets[to++] = symbol
      next = symbol === NOVEL && growth === 'grow' ? this.#vocabulary.add(character) : symbol
    }
    return { characters: cut(characters, from, to), targets: cut(targets, from, to), next, vocabularySize }
  }
}
