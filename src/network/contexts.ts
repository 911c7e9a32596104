import type { Archive } from '../archive.ts'
import { type FeatureRows, LEVELS } from './features.ts'
import { finish, mix } from './hash.ts'
import type { Vocabulary } from '../text/vocabulary.ts'

/** How many contexts beside those of the last 1, 2, ... symbols there are: the word so far, alone, after the last word and after the one before that */
const WORD_CONTEXTS = 3

/** How many contexts there are; where a network conducts, what stands above in the line before is one of them */
export function contextsOf(orders: number, conducting: boolean): number {
  return orders + WORD_CONTEXTS + (conducting ? 1 : 0)
}

const LINE_FEED = 10
/** Where in a word counts up to this */
const LAST_PLACE = 15

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
  /** Letters of the word so far, symbols of the line so far, spaces in it, where it began, where the one before it began, and the length of that */
  place = 0
  column = 0
  field = 0
  line = 0
  lineBefore = 0
  lengthBefore = 0
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
 * symbol that followed the last time that the text continued like this; and for a network that conducts, which rows of weights belong to what is known of the
 * place. Integers only, so that all engines agree.
 */
export class Contexts {
  readonly orders: number
  /** Numbers in a row: one hash per context, then the symbol that a repetition leads to expect (-1: none), then how long it has been one (a level up to 23) */
  readonly width: number
  /** For a network that conducts */
  readonly features: FeatureRows | undefined
  readonly #vocabulary: Vocabulary
  readonly #memory: Memory
  /** One less than how many symbols are remembered, a power of two */
  readonly #mask: number
  /** Of the last 1, 2, ... symbols */
  readonly #hashes = new Int32Array(SHORTEST_MATCH)
  #state: State
  /** What becomes of it after a symbol; kept, so that a symbol costs no new object */
  #next = new State()

  /** Remembers `memory` symbols, a power of two */
  constructor(vocabulary: Vocabulary, orders: number, memory: number | Memory, features?: FeatureRows, state: State = new State()) {
    this.orders = orders
    this.width = contextsOf(orders, features !== undefined) + 2
    this.features = features
    this.#vocabulary = vocabulary
    this.#memory = typeof memory === 'number' ? { symbols: new Uint16Array(memory), places: new Uint32Array(memory >> 2) } : memory
    this.#mask = this.#memory.symbols.length - 1
    this.#state = state
  }

  /** Writes the row that holds after `symbol`, and that of its features, as if it had been read */
  peek(symbol: number, rows: Int32Array, features: Int32Array, row: number): void {
    this.#advance(symbol)
    this.#write(this.#next, rows, features, row)
  }

  /** Reads a symbol and writes the rows that hold after it */
  push(symbol: number, rows: Int32Array, features: Int32Array, row: number): void {
    this.#advance(symbol)
    const { symbols, places } = this.#memory
    const state = this.#next
    symbols[(state.read - 1) & this.#mask] = symbol
    if (state.read >= SHORTEST_MATCH) places[this.#place] = state.read
    this.#next = this.#state
    this.#state = state
    this.#write(state, rows, features, row)
  }

  /** A twin that stands where this one stands. Unless both share the memory of what was read before, it may read on. */
  copy(sharesMemory: boolean): Contexts {
    const { symbols, places } = this.#memory
    const memory = sharesMemory ? this.#memory : { symbols: symbols.slice(), places: places.slice() }
    return new Contexts(this.#vocabulary, this.orders, memory, this.features, Object.assign(new State(), this.#state))
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
    if (this.features !== undefined) this.#transferPlace(archive)
    archive.integers('contexts.symbols', symbols, 0, V - 1)
    archive.integers('contexts.places', places)
  }

  #transferPlace(archive: Archive): void {
    const state = this.#state
    state.place = archive.integer('contexts.place', state.place, 0, LAST_PLACE)
    for (const name of ['column', 'field', 'line', 'lineBefore', 'lengthBefore'] as const)
      state[name] = archive.integer(`contexts.${name}`, state[name], 0, Number.MAX_SAFE_INTEGER)
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
    const character = this.#vocabulary.characterOf(symbol)
    const inWord = isLetter(character)
    const wordEnds = !inWord && word !== 0
    next.read = read + 1
    next.last = symbol
    next.word = inWord ? mix(word, symbol) : 0
    next.lastWord = wordEnds ? word : lastWord
    next.wordBefore = wordEnds ? lastWord : wordBefore
    if (this.features !== undefined) this.#stand(character, inWord)
    this.#hash(next)
    this.#follow(symbol)
  }

  /** Where in its word and in its line the text stands after a character */
  #stand(character: number | undefined, inWord: boolean): void {
    const { place, column, field, line, lineBefore, lengthBefore } = this.#state
    const next = this.#next
    const lineEnds = character === LINE_FEED
    next.place = inWord ? Math.min(place + 1, LAST_PLACE) : 0
    next.column = lineEnds ? 0 : column + 1
    next.field = lineEnds ? 0 : field + (isBlank(character) ? 1 : 0)
    next.line = lineEnds ? next.read : line
    next.lineBefore = lineEnds ? line : lineBefore
    next.lengthBefore = lineEnds ? column + 1 : lengthBefore
  }

  /** Whether the text repeats after `symbol`, as it did before or from the place where its last symbols were seen last */
  #follow(symbol: number): void {
    const { symbols } = this.#memory
    const { match, matched } = this.#state
    const next = this.#next
    if (matched > 0 && symbols[match & this.#mask] === symbol) {
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
    const place = this.#memory.places[this.#place]!
    return (state.read - 1 - place) >>> 0 < this.#memory.symbols.length - 2 * LONGEST_MATCH ? place : 0
  }

  /** How many symbols before `place` are those that were read last */
  #lengthOfMatch(place: number, state: State): number {
    const { symbols } = this.#memory
    const longest = Math.min(place, LONGEST_MATCH)
    let length = 0
    while (length < longest && symbols[(place - 1 - length) & this.#mask] === this.#recent(state, length)) length++
    return length
  }

  #hash({ read, last }: State): void {
    const { symbols } = this.#memory
    const hashes = this.#hashes
    let hash = mix(0, last)
    hashes[0] = hash
    for (let ago = 1; ago < SHORTEST_MATCH; ago++) {
      hash = mix(hash, ago < read ? symbols[(read - 1 - ago) & this.#mask]! : -1)
      hashes[ago] = hash
    }
  }

  /** Where the place of the last SHORTEST_MATCH symbols is kept */
  get #place(): number {
    return finish(this.#hashes[SHORTEST_MATCH - 1]!, 0) & (this.#memory.places.length - 1)
  }

  /** The symbol that was read `ago` symbols before the last one; -1 before the stream */
  #recent({ read, last }: State, ago: number): number {
    if (ago === 0) return last
    return ago < read ? this.#memory.symbols[(read - 1 - ago) & this.#mask]! : -1
  }

  /** The symbol at a place before the end. The last one may only be looked at: then it is not in the memory yet. */
  #symbolAt(place: number, { read, last }: State): number {
    return place === read - 1 ? last : this.#memory.symbols[place & this.#mask]!
  }

  /** The symbol that stands `right` of the place above, in the line before; -1 where that is shorter */
  #above(state: State, right: number): number {
    const { column, lineBefore, lengthBefore } = state
    return column + right >= lengthBefore ? -1 : this.#symbolAt(lineBefore + column + right, state)
  }

  #write(state: State, rows: Int32Array, features: Int32Array, row: number): void {
    const { last, word, lastWord, wordBefore, match, matched } = state
    let at = row * this.width
    for (let order = 1; order <= this.orders; order++) rows[at++] = finish(this.#hashes[order - 1]!, order)
    rows[at++] = finish(mix(word, lastWord), this.orders + 1)
    rows[at++] = finish(word, this.orders + 2)
    rows[at++] = finish(mix(word, wordBefore), this.orders + 3)
    const expected = matched === 0 ? -1 : this.#symbolAt(match, state)
    const level = levelOf(matched)
    if (this.features !== undefined) {
      const above = this.#above(state, 0)
      rows[at++] = finish(mix(mix(mix(0, above), last), this.#above(state, 1)), this.orders + 4)
      this.features.write(features, row, state, above, expected, level)
    }
    rows[at++] = expected
    rows[at] = level
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

function isBlank(character: number | undefined): boolean {
  return character === 32 || character === 9
}
