import stringWidth from 'string-width'

/**
 * Backgrounds from barely to very surprising. One hue from light to dark, so that the order survives colour blindness, each with the ink that reads
 * best on it; what cost less than the first threshold stays as the terminal has it.
 */
const SHADES: readonly { readonly from: number; readonly background: number; readonly ink: number }[] = [
  { from: 3, background: 230, ink: 16 },
  { from: 5, background: 222, ink: 16 },
  { from: 7, background: 214, ink: 16 },
  { from: 9, background: 202, ink: 16 },
  { from: 12, background: 160, ink: 231 },
  { from: 16, background: 88, ink: 231 },
]

const RESET = '\x1b[0m'

/** Text with each character's background by its surprise in bits; control characters are shown as pictures, so that no text can command the terminal */
export function heat(characters: ArrayLike<number>, bits: ArrayLike<number>): string {
  let painted = ''
  let shade = -1
  for (let i = 0; i < characters.length; i++) {
    const next = shadeOf(bits[i] ?? 0)
    if (next !== shade) painted += next === -1 ? RESET : paint(next)
    shade = next
    painted += visible(characters[i]!)
  }
  return shade === -1 ? painted : painted + RESET
}

/** The scale in words and colours, for people who see it for the first time */
export function legend(): string {
  return SHADES.map(({ from }, shade) => `${paint(shade)} ${from}+ ${RESET}`).join('')
}

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

/** As much of a text as fits into that many columns */
export function fit(text: string, columns: number): string {
  let fitted = ''
  let width = 0
  for (const character of text) {
    width += stringWidth(character)
    if (width > columns) break
    fitted += character
  }
  return fitted
}

function shadeOf(bits: number): number {
  let shade = -1
  while (shade + 1 < SHADES.length && bits >= SHADES[shade + 1]!.from) shade += 1
  return shade
}

function paint(shade: number): string {
  const { background, ink } = SHADES[shade]!
  return `\x1b[48;5;${background};38;5;${ink}m`
}

function isBidirectionalControl(character: number): boolean {
  return (character >= 0x202a && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069) || character === 0x200e || character === 0x200f
}

function isSurrogate(character: number): boolean {
  return character >= 0xd800 && character < 0xe000
}
