import type { Archive } from '../archive.ts'
import { FadingCounts } from '../lines/fading-counts.ts'
import { isInWord } from '../lines/line-score.ts'
import { finish, mix } from '../lines/table.ts'

/** Words that are remembered at most, as a power of two, and for how many lines */
const WORDS = 12
const MEMORY = 5000
/** Of a longer line, only the start is looked at */
const LONGEST = 4096
const UNDERSCORE = 95

/** Which words were read: letters, digits and _ in a row. The rarest of the last ones make room for others. */
export class KnownWords {
  readonly #counts = new FadingCounts(MEMORY, WORDS)

  transfer(archive: Archive): void {
    this.#counts.transfer(archive, 'words')
  }

  has(word: Int32Array): boolean {
    return this.#counts.get(hashOf(word)) > 0
  }

  /** Reads a line */
  add(characters: Int32Array): void {
    this.#counts.tick()
    const line = characters.subarray(0, LONGEST)
    for (let at = 0; at < line.length; at++) {
      const [start, end] = wordAround(line, at)
      if (end > start) this.#counts.add(hashOf(line.subarray(start, end)))
      at = Math.max(end, at)
    }
  }
}

/** From where to where the word reaches that a place of a line is in; nowhere when it is in none */
export function wordAround(characters: Int32Array, at: number): readonly [start: number, end: number] {
  let [start, end] = [at, at]
  // Stryker disable next-line ConditionalExpression,EqualityOperator: beyond the end there is no part of a word
  while (end < characters.length && isPart(characters[end]!)) end += 1
  // Stryker disable next-line ConditionalExpression,EqualityOperator: nor before the start
  if (end > at) while (start > 0 && isPart(characters[start - 1]!)) start -= 1
  return [start, end]
}

function isPart(character: number): boolean {
  return character === UNDERSCORE || isInWord(character)
}

function hashOf(word: Int32Array): number {
  let hash = 0
  for (const character of word) hash = mix(hash, character)
  return finish(hash)
}
