import { finish, mix } from './table.ts'

const [TAB, SPACE, ZERO, NINE] = [9, 32, 48, 57]
const [AT, COLON, EQUALS, SLASH] = [64, 58, 61, 47]
const isSpace = (character: number) => character === SPACE || character === TAB
const isDigit = (character: number) => character >= ZERO && character <= NINE

/**
 * The kind of a line, as a hash of its words without its values. A word with a digit, a slash or an at sign is a value (a time, a number, an address, a path),
 * unless a colon ends it, which speakers have (`sshd[24200]:`); and what follows an equals sign is.
 */
export function templateOf(characters: Int32Array): number {
  let template = 0
  for (let at = 0; at < characters.length; ) {
    if (isSpace(characters[at]!)) {
      at += 1
      continue
    }
    const { end, isValue, name } = wordAt(characters, at)
    if (!isValue) template = mix(template, name)
    at = end
  }
  return finish(template)
}

/** A line as a hash, each run of digits and each run of spaces taken for the same */
export function shapeOf(characters: Int32Array): number {
  let shape = 0
  let last = SPACE
  for (const character of characters) {
    const kind = isDigit(character) ? ZERO : isSpace(character) ? SPACE : character
    if (kind !== last || (kind !== ZERO && kind !== SPACE)) shape = mix(shape, kind)
    last = kind
  }
  return finish(shape)
}

interface Word {
  readonly end: number
  readonly isValue: boolean
  /** A hash of the word up to an equals sign, with each run of digits as one zero */
  readonly name: number
}

function wordAt(characters: Int32Array, start: number): Word {
  let name = 0
  let hasName = false
  let hasValue = false
  let end = start
  for (; end < characters.length && !isSpace(characters[end]!); end++) {
    if (hasName) continue
    const character = characters[end]!
    const digit = isDigit(character)
    // Stryker disable next-line ArithmeticOperator: each run of digits counts once, at its end as well as at its start
    if (!digit || !isDigit(characters[end - 1]!)) name = mix(name, digit ? ZERO : character)
    hasValue ||= digit || character === SLASH || character === AT
    hasName = character === EQUALS
  }
  return { end, isValue: hasValue && characters[end - 1] !== COLON, name }
}
