import { finish, mix } from './table.ts'

/** How many of the first words may name a process, a thread or a host */
export const WORDS = 5

/** What is left of a line without its values, as hashes */
export interface Template {
  /** The words that are no values: the kind of message */
  readonly message: number
  /** The whole line, each run of digits taken for the same */
  readonly line: number
  /** Those of the first words that have a digit, as they are, and 0 for others */
  readonly names: Int32Array
}

const isSpace = (character: number) => character === 32 || character === 9
const isDigit = (character: number) => character >= 48 && character <= 57
const [AT, COLON, EQUALS, SLASH] = [64, 58, 61, 47]

/**
 * The template of a line. A word with a digit, a slash or an at sign is a value (a time, a number, an address, a path), unless a colon ends it, which
 * speakers have (`sshd[24200]:`); and what follows an equals sign is.
 */
export function templateOf(characters: Int32Array): Template {
  const names = new Int32Array(WORDS)
  let message = 0
  let line = 0
  let count = 0
  for (let at = 0; at < characters.length; ) {
    if (isSpace(characters[at]!)) {
      at += 1
      continue
    }
    const word = wordAt(characters, at)
    if (count < WORDS) names[count++] = word.hasDigit ? word.exact : 0
    if (!word.isValue) message = mix(message, word.name)
    line = mix(line, word.masked)
    at = word.end
  }
  return { message: finish(message), line: finish(line), names }
}

interface Word {
  readonly end: number
  readonly hasDigit: boolean
  readonly isValue: boolean
  /** Hashes: as it is, with each run of digits as one zero, and so up to an equals sign */
  readonly exact: number
  readonly masked: number
  readonly name: number
}

function wordAt(characters: Int32Array, start: number): Word {
  let exact = 0
  let masked = 0
  let name: number | undefined
  let hasDigit = false
  let hasValue = false
  let end = start
  for (; end < characters.length && !isSpace(characters[end]!); end++) {
    const character = characters[end]!
    const digit = isDigit(character)
    exact = mix(exact, character)
    hasDigit ||= digit
    if (!digit || end === start || !isDigit(characters[end - 1]!)) masked = mix(masked, digit ? 48 : character)
    if (name !== undefined) continue
    hasValue ||= digit || character === SLASH || character === AT
    if (character === EQUALS) name = masked
  }
  return { end, hasDigit, isValue: hasValue && characters[end - 1] !== COLON, exact: finish(exact), masked, name: name ?? masked }
}
