import type { Vocabulary } from './vocabulary.ts'

/** How many contexts beside those of the last 1, 2, ... symbols there are: the word so far, alone, after the last word and after the one before that */
export const WORD_CONTEXTS = 3

// a repetition is looked for by the last so many symbols
const SHORTEST_MATCH = 8
const LONGEST_MATCH = 400

/** Where a stream stands; its symbols are in the memory, but for the last one that is only looked at */
interface State {
  /** Symbols read. Positions count modulo 2 ** 32, which the size of the memory divides. */
  readonly read: number
  readonly last: number
  readonly word: number
  readonly lastWord: number
  readonly wordBefore: number
  /** Where in the past the text repeats, and for how many symbols it did so far; 0: it does not */
  readonly match: number
  readonly matched: number
}

/** What was read before */
interface Memory {
  /** A ring of the last symbols */
  readonly symbols: Uint16Array
  /** Where a hash of the last SHORTEST_MATCH symbols was seen last, plus 1 */
  readonly places: Uint32Array
}

/**
 * The contexts at the end of one stream, as numbers for the direct connections: hashes of its last 1 .. `orders` symbols and of its last words, and the
 * symbol that followed the last time that the text went on like this. Integers only, so that all engines agree.
 */
export class Contexts {
  readonly orders: number
  /** Numbers in a row: a hash a context, then the symbol that a repetition leads to expect (-1: none), then how long it has been one (a level up to 23) */
  readonly width: number
  readonly #vocabulary: Vocabulary
  readonly #memory: Memory
  #state: State

  /** Remembers `memory` symbols, a power of two */
  constructor(vocabulary: Vocabulary, orders: number, memory: number | Memory, state: State = START) {
    this.orders = orders
    this.width = orders + WORD_CONTEXTS + 2
    this.#vocabulary = vocabulary
    this.#memory = typeof memory === 'number' ? { symbols: new Uint16Array(memory), places: new Uint32Array(memory) } : memory
    this.#state = state
  }

  /** Writes the row that holds after `symbol`, as if it had been read */
  peek(symbol: number, rows: Int32Array, row: number): void {
    this.#write(this.#after(symbol), rows, row * this.width)
  }

  /** Reads a symbol and writes the row that holds after it */
  push(symbol: number, rows: Int32Array, row: number): void {
    const state = this.#after(symbol)
    const { symbols, places } = this.#memory
    symbols[(state.read - 1) % symbols.length] = symbol
    if (state.read >= SHORTEST_MATCH) places[this.#placeOf(state)] = state.read
    this.#state = state
    this.#write(state, rows, row * this.width)
  }

  /** A twin that stands where this one stands; both share the memory of what was read before */
  copy(): Contexts {
    return new Contexts(this.#vocabulary, this.orders, this.#memory, this.#state)
  }

  #after(symbol: number): State {
    const { read, word, lastWord, wordBefore } = this.#state
    const here = { read: read + 1, last: symbol }
    const repetition = this.#repetition(symbol)
    if (isLetter(this.#vocabulary.characterOf(symbol))) return { ...here, ...repetition, word: mix(word, symbol), lastWord, wordBefore }
    if (word === 0) return { ...here, ...repetition, word, lastWord, wordBefore }
    return { ...here, ...repetition, word: 0, lastWord: word, wordBefore: lastWord }
  }

  /** How the text repeats after `symbol`: as it did before, or as it does at the place where its last symbols were seen last */
  #repetition(symbol: number): Pick<State, 'match' | 'matched'> {
    const { symbols, places } = this.#memory
    const { match, matched, read } = this.#state
    if (matched > 0 && symbols[match % symbols.length] === symbol) return { match: match + 1, matched: matched + 1 }
    const state = { read: read + 1, last: symbol }
    const place = state.read < SHORTEST_MATCH ? 0 : places[this.#placeOf(state)]!
    // what lies further back is about to be overwritten
    if (place === 0 || (read - place) >>> 0 >= symbols.length - 2 * LONGEST_MATCH) return NO_REPETITION
    const length = this.#lengthOfMatch(place, state)
    return length < SHORTEST_MATCH ? NO_REPETITION : { match: place, matched: length }
  }

  /** How many symbols before `place` are those that were read last */
  #lengthOfMatch(place: number, state: Pick<State, 'read' | 'last'>): number {
    const { symbols } = this.#memory
    const longest = Math.min(place, LONGEST_MATCH)
    let length = 0
    while (length < longest && symbols[(place - 1 - length) % symbols.length] === this.#recent(state, length)) length++
    return length
  }

  #placeOf(state: Pick<State, 'read' | 'last'>): number {
    let hash = 0
    for (let i = 0; i < SHORTEST_MATCH; i++) hash = mix(hash, this.#recent(state, i))
    return finish(hash, 0) % this.#memory.places.length
  }

  /** The symbol that was read `ago` symbols before the last one; -1 before the stream */
  #recent({ read, last }: Pick<State, 'read' | 'last'>, ago: number): number {
    if (ago === 0) return last
    return ago < read ? this.#memory.symbols[(read - 1 - ago) % this.#memory.symbols.length]! : -1
  }

  #write(state: State, rows: Int32Array, start: number): void {
    const { word, lastWord, wordBefore, match, matched } = state
    let at = start
    let hash = 0
    for (let order = 1; order <= this.orders; order++) {
      hash = mix(hash, this.#recent(state, order - 1))
      rows[at++] = finish(hash, order)
    }
    rows[at++] = finish(mix(word, lastWord), this.orders + 1)
    rows[at++] = finish(word, this.orders + 2)
    rows[at++] = finish(mix(word, wordBefore), this.orders + 3)
    rows[at++] = matched === 0 ? -1 : this.#memory.symbols[match % this.#memory.symbols.length]!
    rows[at] = levelOf(matched)
  }
}

const START: State = { read: 0, last: -1, word: 0, lastWord: 0, wordBefore: 0, match: 0, matched: 0 }
const NO_REPETITION = { match: 0, matched: 0 }

/** Each length up to 15, then ever larger steps */
function levelOf(matched: number): number {
  if (matched < 16) return matched
  if (matched < 32) return 12 + (matched >> 2)
  return 20 + (matched > 64 ? 1 : 0) + (matched > 128 ? 1 : 0) + (matched > LONGEST_MATCH ? 1 : 0)
}

/** Letters and digits; beyond ASCII everything, for most scripts have nothing else there */
function isLetter(character = 0): boolean {
  return (character >= 97 && character <= 122) || (character >= 65 && character <= 90) || (character >= 48 && character <= 57) || character >= 128
}

// multipliers of MurmurHash3 and of Knuth's multiplicative hashing
function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash + value + 1, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

function finish(hash: number, kind: number): number {
  const mixed = Math.imul(hash + Math.imul(kind, 0x85ebca6b), 0xc2b2ae35)
  const again = Math.imul(mixed ^ (mixed >>> 13), 0x85ebca6b)
  return (again ^ (again >>> 16)) >>> 0
}
