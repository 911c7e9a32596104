/** A character that is safe to show: C0, DEL and C1 controls and the marks that turn the writing direction become pictures or escapes */
export function visible(character: number): string {
  if (character === 9) return '\t'
  if (character < 0x20) return String.fromCodePoint(0x2400 + character)
  if (character === 0x7f) return '\u2421'
  if ((character >= 0x80 && character < 0xa0) || isBidirectionalControl(character) || isSurrogate(character)) {
    return `<${character.toString(16).toUpperCase()}>`
  }
  return String.fromCodePoint(character)
}

/** A text that is safe to show */
export function visibleText(text: string): string {
  return Array.from(text, (character) => visible(character.codePointAt(0)!)).join('')
}

function isBidirectionalControl(character: number): boolean {
  return (
    (character >= 0x202a && character <= 0x202e) ||
    (character >= 0x2066 && character <= 0x2069) ||
    character === 0x200e ||
    character === 0x200f ||
    character === 0x061c
  )
}

function isSurrogate(character: number): boolean {
  return character >= 0xd800 && character < 0xe000
}
