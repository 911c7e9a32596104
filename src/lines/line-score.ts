import type { Archive } from '../archive.ts'
import { FadingCounts } from './fading-counts.ts'
import { severeWordsOf } from './severe-words.ts'
import { HashTable, mix } from './table.ts'
import { templateOf } from './template.ts'
import { type Hashed, wordPairsOf } from './word-pairs.ts'

/** The parts of a score, in bits */
export interface ScoreParts {
  /** Of each word, what its most surprising character cost beyond 4 bits */
  readonly characters: number
  /** How rare each two neighbouring words are, as a mean */
  readonly words: number
  /** How rare the rarest severe word is; 0 for a line without */
  readonly severe: number
}

/** A part of a line, in characters, and what it cost */
export interface Span {
  readonly start: number
  readonly length: number
  readonly bits: number
}

/** What a line is judged by, and what it was */
export interface LineGrade {
  /** The sum of the parts, in bits. 0 is a line that was expected. */
  readonly score: number
  readonly parts: ScoreParts
  /** The part that exceeds its own mean by the most */
  readonly cause: keyof ScoreParts
  /** The word with the most surprising character */
  readonly word: Span
  /** The two neighbouring words that are rarest together */
  readonly pair: Span
  /** The rarest severe word, in lower case */
  readonly severe: string | undefined
  /** Its kind, as a hash; how many lines of that kind came before, up to 4,095; and how many lines ago the last one */
  readonly kind: { readonly hash: number; readonly seen: number; readonly ago: number | undefined }
  /** How many lines came before */
  readonly lines: number
}

export interface LineScoreOptions {
  /** Whether severe words (`error`, `failed`, `denied`, ...) count. Default true. */
  readonly severeWords?: boolean
}

/** What a character may cost before it counts: a digit that may be any costs 3.3 bits */
export const EXPECTED = 4
/** How much words and severe words count against characters, and how many lines are remembered. Measured on labelled streams, flat around their values. */
const WORDS = 9
const SEVERE = 6
const MEMORY = 5000
/** Two neighbouring words that are remembered at most, as a power of two */
const PAIRS = 14
const KINDS = 10
const SEVERES = 8
/** Of a longer line only the start counts for its words */
const LONGEST = 4096
/** The mean of each part */
const RATE = 1 / 256

const SEEN_BITS = 4096

/**
 * Scores lines in bits. Of each word counts what its most surprising character cost beyond 4 bits, so that a random identifier counts once and not with each
 * of its characters. To that come the mean rarity of each two neighbouring words, and the rarity of the rarest severe word. All of it is
 * as of before the line; after it was judged, `learn` teaches the counts, and a flagged line teaches them nothing, so that the same fault stands out again.
 */
export class LineScore {
  readonly #severeWords: boolean
  readonly #pairs = new FadingCounts(MEMORY, PAIRS)
  readonly #severe = new FadingCounts(MEMORY, SEVERES)
  /** Of each kind of line, when one came last, and how many */
  readonly #kinds = new HashTable(KINDS)
  readonly #means = new Float64Array(3)
  #lines = 0
  #graded: { readonly grade: LineGrade; readonly pairs: readonly Hashed[]; readonly severe: readonly number[] } | undefined

  constructor({ severeWords = true }: LineScoreOptions = {}) {
    this.#severeWords = severeWords
  }

  transfer(archive: Archive, name: string = 'score'): void {
    this.#pairs.transfer(archive, `${name}.pairs`)
    this.#severe.transfer(archive, `${name}.severe`)
    this.#kinds.transfer(archive, `${name}.kinds`)
    this.#means.set(archive.values(`${name}.means`, 'F64', [3], this.#means))
    this.#lines = archive.integer(`${name}.lines`, this.#lines, 0, 2 ** 40)
  }

  /** How many lines were learned */
  get lines(): number {
    return this.#lines
  }

  /** Scores a line by its characters and the bits of each; `learn` is to follow */
  grade(characters: Int32Array, surprise: Float64Array): LineGrade {
    this.#pairs.tick()
    this.#severe.tick()
    const start = characters.subarray(0, LONGEST)
    const pairs = wordPairsOf(start)
    const { sum, word } = peaksOf(characters, surprise)
    const rarity = this.#rarityOf(pairs)
    const severe = this.#severeWords ? severeWordsIn(start) : []
    const rarest = this.#rarest(severe)
    const parts = { characters: sum, words: WORDS * rarity.mean, severe: SEVERE * rarest.bits }
    const grade = {
      score: parts.characters + parts.words + parts.severe,
      parts,
      cause: this.#cause(parts),
      word,
      pair: rarity.pair,
      severe: rarest.word,
      kind: this.#seen(templateOf(start)),
      lines: this.#lines,
    }
    this.#graded = { grade, pairs, severe: severe.map(([, hash]) => hash) }
    return grade
  }

  /** Learns the line that was graded last; of one that was flagged, only that it came */
  learn(flagged: boolean): void {
    if (this.#graded === undefined) return
    const { grade, pairs, severe } = this.#graded
    this.#graded = undefined
    this.#lines += 1
    this.#kinds.set(grade.kind.hash, this.#lines * SEEN_BITS + Math.min(grade.kind.seen + 1, SEEN_BITS - 1))
    if (flagged) return
    for (const hash of new Set(pairs.map(({ hash }) => hash))) this.#pairs.add(hash)
    for (const hash of severe) this.#severe.add(hash)
    PARTS.forEach((part, i) => {
      this.#means[i]! += Math.max(RATE, 1 / this.#lines) * (grade.parts[part] - this.#means[i]!)
    })
  }

  #rarityOf(pairs: readonly Hashed[]): { readonly mean: number; readonly pair: Span } {
    let sum = 0
    let pair = { start: 0, length: 0, bits: -Infinity }
    for (const { hash, start, end } of pairs) {
      const bits = Math.max(this.#pairs.rarity(hash), 0)
      sum += bits
      if (bits > pair.bits) pair = { start, length: end - start, bits }
    }
    return { mean: sum / pairs.length, pair }
  }

  #rarest(severe: readonly (readonly [word: string, hash: number])[]): { readonly word: string | undefined; readonly bits: number } {
    let rarest: { word: string | undefined; bits: number } = { word: undefined, bits: 0 }
    for (const [word, hash] of severe) {
      const bits = this.#severe.rarity(hash)
      if (bits > rarest.bits) rarest = { word, bits }
    }
    return rarest
  }

  #cause(parts: ScoreParts): keyof ScoreParts {
    const excess = PARTS.map((part, i) => parts[part] - this.#means[i]!)
    return PARTS[excess.indexOf(Math.max(...excess))]!
  }

  #seen(kind: number): LineGrade['kind'] {
    const known = this.#kinds.get(kind)
    if (known === undefined) return { hash: kind, seen: 0, ago: undefined }
    const last = Math.floor(known / SEEN_BITS)
    return { hash: kind, seen: known - last * SEEN_BITS, ago: this.#lines + 1 - last }
  }
}

const PARTS: readonly (keyof ScoreParts)[] = ['characters', 'words', 'severe']

function severeWordsIn(characters: Int32Array): readonly (readonly [word: string, hash: number])[] {
  return severeWordsOf(characters).map((word) => [word, hashOf(word)])
}

function hashOf(word: string): number {
  let hash = 0
  for (let i = 0; i < word.length; i++) hash = mix(hash, word.charCodeAt(i))
  return hash
}

/** What the most surprising character of each word cost beyond what is expected of any */
function peaksOf(characters: Int32Array, surprise: Float64Array): { readonly sum: number; readonly word: Span } {
  let sum = 0
  let word = { start: 0, length: 0, bits: 0 }
  for (const peak of wordPeaks(characters, surprise)) {
    sum += Math.max(peak.bits - EXPECTED, 0)
    if (peak.bits > word.bits) word = peak
  }
  return { sum, word }
}

/** Each word of a line, which is letters and digits with what ends it, and what its most surprising character cost */
export function* wordPeaks(characters: Int32Array, surprise: Float64Array): Iterable<Span> {
  for (let start = 0, end = 0; start < surprise.length; start = end) {
    let bits = 0
    for (end = start; end < surprise.length; ) {
      bits = Math.max(bits, surprise[end]!)
      if (!isInWord(characters[end++]!)) break
    }
    yield { start, length: end - start, bits }
  }
}

/** A letter or a digit; beyond ASCII everything is */
export function isInWord(character: number): boolean {
  return character > 127 || isDigit(character) || (character >= 65 && character <= 90) || (character >= 97 && character <= 122)
}

export function isDigit(character: number): boolean {
  return character >= 48 && character <= 57
}
