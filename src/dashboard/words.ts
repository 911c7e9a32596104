import type { Candidate } from '../inspect/trace.ts'
import { visible } from '../text/visible.ts'

// what is less probable rounds to 0.0%
export const LEAST = 0.0005

/** A character as people can read it */
export function named(character: string): string {
  if (character === ' ') return 'space'
  if (character === '\n') return '\u23ce'
  if (character === '\t') return 'tab'
  return safe(character)
}

/** Text in which nothing can hide or turn the writing around */
export function safe(text: string): string {
  return Array.from(text, (character) => (character === '\n' ? '\n' : visible(character.codePointAt(0)!))).join('')
}

export function percent(probability: number): string {
  if (probability < LEAST) return '<0.1%'
  return `${(100 * probability).toFixed(probability < 0.0995 ? 1 : 0)}%`
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** What was expected, likeliest first */
export function expectation(candidates: readonly Candidate[]): string {
  const likely = candidates.filter(([, probability]) => probability >= LEAST)
  return likely.map(([character, probability]) => `${named(character)} ${percent(probability)}`).join(', ')
}

/** A number with its sign, to four digits */
export function signed(value: number): string {
  return fixed(value, Math.abs(value) < 0.001 ? 6 : 4)
}

/** A number with a true minus sign */
export function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace('-', '\u2212')
}
