import stringWidth from 'string-width'
import { visible } from '../../text/visible.ts'

export type Theme = 'dark' | 'light'

/** Colours for surprise, and one of its own for alerts. A colour is the parameters of an SGR sequence. */
export interface Palette {
  /** Background and ink from each of BITS on; what cost less stays as the terminal has it */
  readonly shades: readonly string[]
  readonly alert: string
}

/** Bits of surprise from which each shade is used; the page has the same */
const BITS: readonly number[] = [3, 5, 7, 9, 12, 16]

/**
 * Backgrounds whose contrast with the terminal's own grows with surprise, so that the order survives colour blindness: darker on a light one, brighter on a
 * dark one. Ink has a contrast of 4.5 or more.
 */
export const PALETTES: Readonly<Record<Theme, Readonly<Record<'truecolor' | '256', Palette>>>> = {
  light: {
    truecolor: {
      shades: rgb(['#fff3bf #1c1408', '#fee08b #1c1408', '#fdb863 #1c1408', '#f98a4b #1c1408', '#c81d25 #ffffff', '#7a0019 #ffffff']),
      alert: '38;2;122;31;162',
    },
    256: {
      shades: indexed([
        [230, 16],
        [222, 16],
        [214, 16],
        [202, 16],
        [160, 231],
        [88, 231],
      ]),
      alert: '38;5;91',
    },
  },
  dark: {
    truecolor: {
      shades: rgb(['#3d3419 #ffffff', '#5c4312 #ffffff', '#86500c #ffffff', '#e08a2e #1c1408', '#ffb45c #1c1408', '#ffe9a8 #1c1408']),
      alert: '38;2;206;160;255',
    },
    256: {
      shades: indexed([
        [58, 231],
        [94, 231],
        [136, 16],
        [178, 16],
        [221, 16],
        [230, 16],
      ]),
      alert: '38;5;177',
    },
  },
}

const RESET = '\x1b[0m'

/** Text with each character's background by its surprise in bits; control characters are shown as pictures, so that no text can command the terminal */
export function heat(characters: ArrayLike<number>, bits: ArrayLike<number>, { shades }: Palette): string {
  let painted = ''
  let shade = -1
  for (let i = 0; i < characters.length; i++) {
    const next = shadeOf(bits[i] ?? 0)
    if (next !== shade) painted += next === -1 ? RESET : `\x1b[${shades[next]}m`
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

/** As much of the end of a text as fits into that many columns */
export function fitEnd(characters: readonly number[], columns: number): string {
  let fitted = ''
  let width = 0
  for (const character of characters.toReversed()) {
    const shown = visible(character)
    width += stringWidth(shown)
    if (width > columns) break
    fitted = shown + fitted
  }
  return fitted
}

function shadeOf(bits: number): number {
  return BITS.findLastIndex((from) => bits >= from)
}

function rgb(pairs: readonly string[]): readonly string[] {
  return pairs.map((pair) => {
    const [ground, ink] = pair.split(' ').map((hex) => (hex.match(/\w\w/g) ?? []).map((part) => Number.parseInt(part, 16)).join(';'))
    return `48;2;${ground};38;2;${ink}`
  })
}

function indexed(pairs: readonly (readonly [ground: number, ink: number])[]): readonly string[] {
  return pairs.map(([ground, ink]) => `48;5;${ground};38;5;${ink}`)
}
