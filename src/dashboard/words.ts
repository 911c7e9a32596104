import type { Candidate } from '../inspect/trace.ts'
import { visible } from '../text/visible.ts'

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
  return `${(100 * probability).toFixed(probability < 0.0995 ? 1 : 0)}%`
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** What was expected, likeliest first */
export function expectation(candidates: readonly Candidate[]): string {
  return candidates.map(([character, probability]) => `${named(character)} ${percent(probability)}`).join(', ')
}
