import { visible } from '../../text/visible.ts'
import type { Explanation } from '../../alerts/explainer.ts'

/** An explanation in words, indented under its line */
export function explained({ after, character, expected, reason, word, similar }: Explanation): readonly string[] {
  const likely = expected.filter(([, probability]) => probability >= 0.005)
  const candidates = likely.map(([candidate, probability]) => `${quoted(candidate)} ${Math.round(100 * probability)}%`)
  const why =
    reason === 'new character' ? 'a new character' : reason === 'new word' ? `the new word ${quoted(word ?? '')}` : `known words in a new order`
  const place = after === '' ? 'at its start' : `after ${quoted(after)}`
  return [
    `    ${place} expected ${candidates.join(', ') || 'nothing'}, but came ${quoted(character)}: ${why}`,
    ...(similar === undefined ? [] : [`    usual: ${shown(similar)}`]),
  ]
}

function quoted(text: string): string {
  return `"${shown(text)}"`
}

function shown(text: string): string {
  return Array.from(text, (character) => (character === '\n' ? '⏎' : visible(character.codePointAt(0)!))).join('')
}
