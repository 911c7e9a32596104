import { characterName, textOf } from '../text/characters.ts'
import type { Archive } from '../archive.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import { KnownWords } from './known-words.ts'
import type { Line, Peak } from './ledger.ts'
import { UsualLines } from './usual-lines.ts'

/** Why a line surprised */
export interface Explanation {
  /** The place of the character that surprised most, among those that were learned of the line */
  readonly at: number
  /** What was learned before it, at most 20 characters */
  readonly after: string
  readonly character: string
  readonly bits: number
  /** What was expected in its place, with its probability */
  readonly expected: readonly (readonly [character: string, probability: number])[]
  /** The character, or the word that it is in, was never read before; or both were, but not in this order */
  readonly reason: 'new character' | 'new word' | 'new order'
  /** The word that it is in */
  readonly word?: string
  /** The usual line that shares most words with it */
  readonly similar?: string
}

const CONTEXT = 20
const EXPECTED = 3

/** Remembers words and usual lines, in memory of a fixed size, to tell why a line surprised */
export class Explainer {
  readonly #words = new KnownWords()
  readonly #usual = new UsualLines()

  /** Saves or loads the words; the usual lines come again soon */
  transfer(archive: Archive): void {
    this.#words.transfer(archive)
  }

  /** Explains a line if it is an alert, and remembers it */
  next(line: Line, alert: boolean, alphabet: Alphabet): Explanation | undefined {
    const learned = textOf(line.characters, alphabet)
    const explanation = alert && line.peak !== undefined ? this.#explain(line, learned, line.peak, alphabet) : undefined
    this.#words.add(learned)
    if (!alert) this.#usual.add(learned, line.text)
    return explanation
  }

  #explain({ characters }: Line, text: string, peak: Peak, alphabet: Alphabet): Explanation {
    const word = wordAt(characters, peak.at, alphabet)
    const similar = this.#usual.nearest(text)
    return {
      at: peak.at,
      after: textOf(characters.subarray(Math.max(0, peak.at - CONTEXT), peak.at), alphabet),
      character: characterName(peak.character, alphabet),
      bits: peak.nats / Math.LN2,
      expected: peak.prediction.top(EXPECTED).map(([character, probability]) => [characterName(character, alphabet), probability] as const),
      reason: peak.isNovel ? 'new character' : word !== '' && !this.#words.has(word) ? 'new word' : 'new order',
      ...(word !== '' && { word }),
      ...(similar !== undefined && { similar }),
    }
  }
}

/** The word that a character of a line is in; empty when it is in none, or beyond what is kept of the line */
function wordAt(characters: Int32Array, at: number, alphabet: Alphabet): string {
  if (at >= characters.length) return ''
  let [from, to] = [at, at]
  while (from > 0 && isInWord(characters[from - 1]!, alphabet)) from -= 1
  while (to < characters.length && isInWord(characters[to]!, alphabet)) to += 1
  return to > at ? textOf(characters.subarray(from, to), alphabet) : ''
}

function isInWord(character: number, alphabet: Alphabet): boolean {
  return alphabet === 'bytes' && character > 127 ? true : /[\p{L}\p{N}_]/u.test(String.fromCodePoint(character))
}
