import type { Archive } from '../../archive.ts'
import type { Passage } from '../../text/span.ts'
import type { Scored } from '../print/bytes.ts'

/** What stands in a line where one character of another kind was learned */
export interface Replacement {
  /** The place of the learned character in its line, from 0 */
  readonly at: number
  readonly text: string
}

/** Of each line, what was masked in it; kept until it is known what was learned of the line */
export class Replacements {
  readonly #whole: (readonly Replacement[])[] = []
  #line: Replacement[] = []
  #column = 0

  /** Saves or loads how far the line is that has not ended; what was masked so far in it is shown masked after that */
  transfer(archive: Archive): void {
    this.#column = archive.integer('replacements.column', this.#column, 0, Number.MAX_SAFE_INTEGER)
  }

  push({ parts }: Passage): void {
    for (const { text, learned } of parts) {
      if (learned !== '' && learned !== text) this.#line.push({ at: this.#column++, text })
      else this.#pass(learned)
    }
  }

  /** Those of the oldest line that was not taken yet */
  take(): readonly Replacement[] {
    return this.#whole.shift() ?? this.#finish()
  }

  /** Those of the line that has not ended yet */
  get partial(): readonly Replacement[] {
    return this.#line
  }

  #pass(learned: string): void {
    for (const character of learned) {
      this.#column += 1
      if (character === '\n') this.#whole.push(this.#finish())
    }
  }

  #finish(): readonly Replacement[] {
    const line = this.#line
    this.#line = []
    this.#column = 0
    return line
  }
}

/** The characters that stand in a line, with the surprise of what was learned of each */
export function unmasked(line: Scored, replaced: readonly Replacement[]): Scored {
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
