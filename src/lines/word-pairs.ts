import { finish, mix } from './table.ts'

const [SPACE, TAB, ZERO, NINE] = [32, 9, 48, 57]

/** Numbers of up to three digits are alike; longer ones are as long as they are */
const ALIKE = 3
const LONGEST = 9

/** A part of a line, and a hash of what it says */
export interface Hashed {
  readonly hash: number
  readonly start: number
  readonly end: number
}

/**
 * Each two neighbouring words of a line, and its first and last word alone. Words stand between spaces; of a number only the length counts, from four digits
 * on: 40 is 17, and is not 9000.
 */
export function wordPairsOf(characters: Int32Array): readonly Hashed[] {
  const pairs: Hashed[] = []
  let last: Hashed = { hash: 0, start: 0, end: 0 }
  for (const word of wordsOf(characters)) {
    pairs.push(pairOf(last, word))
    last = word
  }
  pairs.push(pairOf(last, { hash: 0, start: last.end, end: last.end }))
  return pairs
}

function pairOf(first: Hashed, second: Hashed): Hashed {
  return { hash: finish(mix(mix(0, first.hash), second.hash)), start: first.start, end: second.end }
}

function* wordsOf(characters: Int32Array): Iterable<Hashed> {
  for (let start = 0, end = 0; start < characters.length; start = end + 1) {
    let hash = 0
    for (end = start; end < characters.length && !isSpace(characters[end]!); ) {
      const digits = digitsAt(characters, end)
      hash = mix(hash, digits === 0 ? characters[end]! : digits > ALIKE ? -Math.min(digits, LONGEST) : ZERO)
      end += Math.max(digits, 1)
    }
    if (end > start) yield { hash: finish(hash), start, end }
  }
}

const isSpace = (character: number) => character === SPACE || character === TAB

function digitsAt(characters: Int32Array, start: number): number {
  let end = start
  while (end < characters.length && characters[end]! >= ZERO && characters[end]! <= NINE) end += 1
  return end - start
}
