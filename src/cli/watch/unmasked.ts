import type { Replacement, ScoredText } from '../../alerts/ledger.ts'

/** The characters that stand in a line, with the surprise of what was learned of each */
export function unmasked(line: ScoredText, replaced: readonly Replacement[]): ScoredText {
  if (replaced.length === 0) return line
  const texts = new Map(replaced.map(({ at, text }) => [at, text]))
  const characters: number[] = []
  const surprise: number[] = []
  for (let i = 0; i < line.characters.length; i++) {
    for (const character of texts.get(i) ?? String.fromCodePoint(line.characters[i]!)) {
      characters.push(character.codePointAt(0)!)
      surprise.push(line.surprise[i]!)
    }
  }
  return { characters, surprise }
}
