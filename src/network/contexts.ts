import type { Archive } from '../archive.ts'
import type { Vocabulary } from '../text/vocabulary.ts'

/** How many contexts beside those of the last 1, 2, ... symbols there are: the word so far, alone, after the last word and after the one before that */
export const WORD_CONTEXTS = 3

/** Levels of how long a repetition has been one */
export const LEVELS = 24

// a repetition is looked for by the last so many symbols
const SHORTEST_MATCH = 8
const LONGEST_MATCH = 400

/** Where a stream stands; its symbols are in the memory, but for the last one when that is only looked at */
class State {
  /** Symbols read. Positions count modulo 2 ** 32, which the size of the memory divides. */
  read = 0
  last = -1
  word = 0
  lastWord = 0
  wordBefore = 0
  /** Where in the past the text repeats, and for how many symbols it did so far; 0: it does not */
  match = 0
  matched = 0
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
 * symbol that followed the last time that the text continued like this. Integers only, so that all engines agree.
 */
export class Contexts {
  readonly orders: number
  /** Numbers in a row: a hash a context, then the symbol that a repetition leads to expect (-1: none), then how long it has been one (a level up to 23) */
  readonly width: number
  readonly #vocabulary: Vocabulary
  readonly #memory: Memory
  #state: State
  /** What becomes of it after a symbol; kept, so that a symbol costs no new object */
  #next = new State()

  /** Remembers `memory` symbols, a power of two */
  constructor(vocabulary: Vocabulary, orders: number, memory: number | Memory, state: State = new State()) {
    this.orders = orders
    this.width = orders + WORD_CONTEXTS + 2
    this.#vocabulary = vocabulary
    this.#memory = typeof memory === 'number' ? { symbols: new Uint16Array(memory), places: new Uint32Array(memory >> 2) } : memory
    this.#state = state
  }

  /** Writes the row that holds after `symbol`, as if it had been read */
  peek(symbol: number, rows: Int32Array, row: number): void {
    this.#advance(symbol)
    this.#write(this.#next, rows, row * this.width)
  }

  /** Reads a symbol and writes the row that holds after it */
  push(symbol: number, rows: Int32Array, row: number): void {
    this.#advance(symbol)
    const { symbols, places } = this.#memory
    const state = this.#next
    symbols[(state.read - 1) % symbols.length] = symbol
    if (state.read >= SHORTEST_MATCH) places[this.#placeOf(state)] = state.read
    this.#next = this.#state
    this.#state = state
    this.#write(state, rows, row * this.width)
  }

  /** A twin that stands where this one stands. Unless both share the memory of what was read before, it may read on. */
  copy(sharesMemory: boolean): Contexts {
    const { symbols, places } = this.#memory
    const memory = sharesMemory ? this.#memory : { symbols: symbols.slice(), places: places.slice() }
    return new Contexts(this.#vocabulary, this.orders, memory, Object.assign(new State(), this.#state))
  }

  /** Saves or loads where the stream stands and what it remembers, in symbols below V */
  transfer(archive: Archive, V: number): void {
    const { symbols, places } = this.#memory
    const state = this.#state
    state.read = archive.integer('contexts.read', state.read, 0, Number.MAX_SAFE_INTEGER)
    state.last = archive.integer('contexts.last', state.last, -1, V - 1)
    for (const name of ['word', 'lastWord', 'wordBefore'] as const)
      state[name] = archive.integer(`contexts.${name}`, state[name], -(2 ** 31), 2 ** 32)
    for (const name of ['match', 'matched'] as const) state[name] = archive.integer(`contexts.${name}`, state[name], 0, Number.MAX_SAFE_INTEGER)
    archive.integers('contexts.symbols', symbols, 0, V - 1)
    archive.integers('contexts.places', places)
  }

  /** Throws RangeError unless rows expect symbols below V, at levels that there are: kernels trust them */
  check(rows: Int32Array, V: number): void {
    for (let end = this.width; end <= rows.length; end += this.width) {
      const [expected, level] = [rows[end - 2]!, rows[end - 1]!]
      if (expected < -1 || expected >= V || level < 0 || level >= LEVELS) throw new RangeError(`contexts expect symbol ${expected} at level ${level}`)
    }
  }

  /** Sets #next to what follows #state when `symbol` is read */
  #advance(symbol: number): void {
    const { read, word, lastWord, wordBefore } = this.#state
    const next = this.#next
    const inWord = isLetter(this.#vocabulary.characterOf(symbol))
    const wordEnds = !inWord && word !== 0
    next.read = read + 1
    next.last = symbol
    next.word = inWord ? mix(word, symbol) : 0
    next.lastWord = wordEnds ? word : lastWord
    next.wordBefore = wordEnds ? lastWord : wordBefore
    this.#follow(symbol)
  }

  /** Whether the text repeats after `symbol`, as it did before or from the place where its last symbols were seen last */
  #follow(symbol: number): void {
    const { symbols } = this.#memory
    const { match, matched } = this.#state
    const next = this.#next
    if (matched > 0 && symbols[match % symbols.length] === symbol) {
      next.match = match + 1
      next.matched = matched + 1
      return
    }
    const place = this.#lastPlace(next)
    const length = place === 0 ? 0 : this.#lengthOfMatch(place, next)
    next.match = place
    next.matched = length < SHORTEST_MATCH ? 0 : length
  }

  /** Where the last symbols were seen last; 0 when they were not, or so far back that it is about to be overwritten */
  #lastPlace(state: State): number {
    if (state.read < SHORTEST_MATCH) return 0
    const place = this.#memory.places[this.#placeOf(state)]!
    return (state.read - 1 - place) >>> 0 < this.#memory.symbols.length - 2 * LONGEST_MATCH ? place : 0
  }

  /** How many symbols before `place` are those that were read last */
  #lengthOfMatch(place: number, state: State): number {
    const { symbols } = this.#memory
    const longest = Math.min(place, LONGEST_MATCH)
    let length = 0
    while (length < longest && symbols[(place - 1 - length) % symbols.length] === this.#recent(state, length)) length++
    return length
  }

  #placeOf(state: State): number {
    let hash = 0
    for (let i = 0; i < SHORTEST_MATCH; i++) hash = mix(hash, this.#recent(state, i))
    return finish(hash, 0) % this.#memory.places.length
  }

  /** The symbol that was read `ago` symbols before the last one; -1 before the stream */
  #recent({ read, last }: State, ago: number): number {
    if (ago === 0) return last
    return ago < read ? this.#memory.symbols[(read - 1 - ago) % this.#memory.symbols.length]! : -1
  }

  /** The symbol at a place before the end. The last one may only be looked at: then it is not in the memory yet. */
  #symbolAt(place: number, { read, last }: State): number {
    return place === read - 1 ? last : this.#memory.symbols[place % this.#memory.symbols.length]!
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
    rows[at++] = matched === 0 ? -1 : this.#symbolAt(match, state)
    rows[at] = levelOf(matched)
  }
}

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
