import { log } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'

/** `characters`: Unicode code points, learned as they come; `bytes`: the closed set of 256. */
export type Alphabet = 'characters' | 'bytes'

/** The symbol of every character that has none of its own */
export const NOVEL = 0

/** How many characters a novel one could be */
export const CODE_POINTS = 0x110000

/**
 * Which character is which symbol. An open vocabulary starts with the symbol NOVEL alone and gives each new character the next one, until it holds
 * `limit` symbols; from then on new characters stay NOVEL, so that memory is bounded. A symbol never changes its character.
 */
export class Vocabulary {
  readonly alphabet: Alphabet
  readonly limit: number
  /** What a novel character costs beyond the symbol NOVEL, in nats: ln of how many characters it could have been */
  readonly novelCost: number
  readonly #symbols = new Map<number, number>()
  /** The same for ASCII: a Map takes longer to ask */
  readonly #ascii = new Int32Array(128).fill(NOVEL)
  readonly #characters: number[]

  constructor(alphabet: Alphabet = 'characters', limit = 1024) {
    const closed = alphabet === 'bytes'
    this.alphabet = alphabet
    this.limit = closed ? 256 : limit
    this.novelCost = closed ? 0 : log(CODE_POINTS)
    this.#characters = closed ? Array.from({ length: 256 }, (_, byte) => byte) : [-1]
    // Stryker disable next-line ConditionalExpression: nobody asks for the symbol of -1
    if (closed) for (const byte of this.#characters) this.#assign(byte, byte)
  }

  get size(): number {
    return this.#characters.length
  }

  /** The symbol of a character (a code point or a byte); NOVEL when it has none */
  symbolOf(character: number): number {
    // Stryker disable next-line ConditionalExpression: the map knows ASCII too
    return (character < 128 ? this.#ascii[character] : this.#symbols.get(character)) ?? NOVEL
  }

  /** Gives a new character the next symbol and returns it; NOVEL when the vocabulary is full */
  add(character: number): number {
    const known = this.#symbols.get(character)
    if (known !== undefined) return known
    if (this.size >= this.limit) return NOVEL
    this.#assign(character, this.size)
    return this.#characters.push(character) - 1
  }

  #assign(character: number, symbol: number): void {
    this.#symbols.set(character, symbol)
    // Stryker disable next-line ConditionalExpression,EqualityOperator: an array of numbers ignores what is beyond its end
    if (character < 128) this.#ascii[character] = symbol
  }

  /** The character of a symbol; undefined for NOVEL and beyond the end */
  characterOf(symbol: number): number | undefined {
    const character = this.#characters[symbol]
    return character === -1 ? undefined : character
  }

  /**
   * Saves the first `size` symbols, or gives a new vocabulary those that were saved; returns how many they are
   * @internal
   */
  transfer(archive: Archive, size: number): number {
    if (this.alphabet === 'bytes') return size
    const saved = archive.list('vocabulary', Float64Array.from(this.#characters.slice(1, size)), this.limit - 1)
    for (const character of saved) {
      if (!(Number.isInteger(character) && character >= 0 && character < CODE_POINTS))
        throw new RangeError(`the vocabulary holds ${character}, which is no character`)
      this.add(character)
    }
    if (this.size < saved.length + 1) throw new RangeError('the vocabulary holds a character twice')
    return saved.length + 1
  }
}
