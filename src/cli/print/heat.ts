import stringWidth from 'string-width'
import { visible } from '../../text/visible.ts'

interface Shade {
  /** Bits of surprise from which it is used */
  readonly from: number
  /** What sets background and ink, as the parameters of SGR */
  readonly sgr: string
}

/**
 * Backgrounds from barely to very surprising, from light to dark, so that the order survives colour blindness and any background of the terminal, each
 * with the ink that reads best on it (contrast 4.5 or more); what cost less than the first threshold stays as the terminal has it.
 */
export type Palette = readonly Shade[]

export const PALETTE_256: Palette = [
  { from: 3, sgr: '48;5;230;38;5;16' },
  { from: 5, sgr: '48;5;222;38;5;16' },
  { from: 7, sgr: '48;5;214;38;5;16' },
  { from: 9, sgr: '48;5;202;38;5;16' },
  { from: 12, sgr: '48;5;160;38;5;231' },
  { from: 16, sgr: '48;5;88;38;5;231' },
]

/** ColorBrewer's YlOrRd */
export const PALETTE_TRUECOLOR: Palette = [
  { from: 3, sgr: '48;2;255;255;204;38;2;0;0;0' },
  { from: 4, sgr: '48;2;255;237;160;38;2;0;0;0' },
  { from: 5.5, sgr: '48;2;254;217;118;38;2;0;0;0' },
  { from: 7, sgr: '48;2;254;178;76;38;2;0;0;0' },
  { from: 8.5, sgr: '48;2;253;141;60;38;2;0;0;0' },
  { from: 10, sgr: '48;2;252;78;42;38;2;0;0;0' },
  { from: 12, sgr: '48;2;227;26;28;38;2;255;255;255' },
  { from: 14, sgr: '48;2;189;0;38;38;2;255;255;255' },
  { from: 17, sgr: '48;2;128;0;38;38;2;255;255;255' },
]

const RESET = '\x1b[0m'

/** Text with each character's background by its surprise in bits; control characters are shown as pictures, so that no text can command the terminal */
export function heat(characters: ArrayLike<number>, bits: ArrayLike<number>, palette: Palette): string {
  let painted = ''
  let shade = -1
  for (let i = 0; i < characters.length; i++) {
    const next = shadeOf(bits[i] ?? 0, palette)
    if (next !== shade) painted += next === -1 ? RESET : paint(palette[next]!)
    shade = next
    painted += visible(characters[i]!)
  }
  return shade === -1 ? painted : painted + RESET
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

/** The place of the first of the last characters that fit into that many columns */
export function fittingFrom(characters: readonly number[], columns: number): number {
  let width = 0
  for (let i = characters.length; i > 0; i--) {
    width += stringWidth(visible(characters[i - 1]!))
    if (width > columns) return i
  }
  return 0
}

function shadeOf(bits: number, palette: Palette): number {
  let shade = -1
  while (shade + 1 < palette.length && bits >= palette[shade + 1]!.from) shade += 1
  return shade
}

function paint({ sgr }: Shade): string {
  return `\x1b[${sgr}m`
}
