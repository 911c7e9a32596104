import { finish } from './hash.ts'

/** Levels of how long a repetition has been one */
export const LEVELS = 24

/** Numbers in a row of features: how many rows of weights a step may choose */
export const FEATURES = 9

const COLUMNS = 64
const PLACES = 16
const ORDERS = 9
const MOST_SYMBOLS = 256

/** What is known of a place, beside its contexts */
export interface Place {
  readonly column: number
  readonly place: number
  readonly field: number
  readonly lastWord: number
}

/**
 * Which row of weights belongs to what a network knows of a place. The last word, the number of a field and what stands above share 2 ** bits rows by
 * their hashes; symbols have 256 at most for each purpose, and share them beyond.
 */
export class FeatureRows {
  /** All rows */
  readonly count: number
  readonly #shift: number
  /** A power of two */
  readonly #symbols: number
  /** Where the rows for symbols begin, and where those for other things do */
  readonly #ofSymbols: number
  readonly #ofOthers: number

  constructor(bits: number) {
    this.#shift = 32 - bits
    this.#symbols = Math.min(2 ** bits, MOST_SYMBOLS)
    this.#ofSymbols = 2 ** bits
    this.#ofOthers = this.#ofSymbols + 2 * this.#symbols
    this.count = this.#ofOthers + COLUMNS + PLACES + LEVELS + ORDERS
  }

  /** The row of features of a place; what the table knows of it comes later */
  write(features: Int32Array, row: number, place: Place, above: number, expected: number, level: number): void {
    const others = this.#ofOthers
    const at = row * FEATURES
    features[at] = this.#hashed(place.lastWord, 1)
    features[at + 1] = this.#hashed(above, 2)
    features[at + 2] = this.#hashed(place.field, 3)
    features[at + 3] = this.#symbol(expected, 0)
    features[at + 4] = others + Math.min(place.column, COLUMNS - 1)
    features[at + 5] = others + COLUMNS + place.place
    features[at + 6] = expected < 0 ? -1 : others + COLUMNS + PLACES + level
  }

  /** The likeliest symbol of the longest context that the table knows, -1 for none, and its length */
  writeTop(features: Int32Array, row: number, length: number, top: number): void {
    features[row * FEATURES + 7] = this.count - ORDERS + length
    features[row * FEATURES + 8] = this.#symbol(top, 1)
  }

  #hashed(value: number, kind: number): number {
    return finish(value, kind) >>> this.#shift
  }

  #symbol(symbol: number, purpose: number): number {
    return symbol < 0 ? -1 : this.#ofSymbols + purpose * this.#symbols + (symbol & (this.#symbols - 1))
  }
}
