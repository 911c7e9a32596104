import { isInWord, type LineGrade, wordPeaks } from '../lines/line-score.ts'
import { characterName, textOf } from '../text/characters.ts'
import type { Alphabet } from '../text/vocabulary.ts'
import type { Line, Peak } from './ledger.ts'
import type { PlacedReason } from './reasons.ts'
import { UsualLines } from './usual-lines.ts'
import { UsualValues } from './usual-values.ts'

/** Where a line stands out, and what would have been usual */
export interface Explanation {
  /** The place of what made the score, among the characters that were learned of the line */
  readonly at: number
  /** What was learned before it, at most 20 characters */
  readonly after: string
  /** The word or the words that made the score */
  readonly word: string
  /** Where that was a character that was not expected: which, and what was, with its probability */
  readonly character?: string
  readonly bits?: number
  readonly expected?: readonly (readonly [character: string, probability: number])[]
  /** What usually stands there, where that is one of a few values */
  readonly values?: readonly string[]
  /** The usual line that shares most words with it */
  readonly similar?: string
}

const CONTEXT = 20
const EXPECTED = 3
/** Words of a line whose values are remembered */
const WORDS = 32
const LONGEST = 24

/** Remembers usual lines and values, in memory of a fixed size, to show beside a line that stands out. They come again soon, so they are not saved. */
export class Explainer {
  readonly #lines = new UsualLines()
  readonly #values = new UsualValues()

  /** To be called before the line is learned */
  explain(line: Line, grade: LineGrade, { start, end, cause }: PlacedReason, alphabet: Alphabet): Explanation {
    const { characters, peak } = line
    const isOfCharacters = grade.cause === 'characters' || cause === 'new word'
    const isPeak = isOfCharacters && peak !== undefined && peak.at >= start && peak.at < end
    const at = isPeak ? peak.at : start
    const values = valuesOf(line, alphabet)
      .filter((value) => value.start < end && value.end > start)
      .map(({ text, place }) => this.#values.insteadOf(text, place))
      .find((usual) => usual !== undefined)
    const similar = this.#lines.nearest(textOf(characters, alphabet))
    return {
      at,
      after: textOf(characters.subarray(Math.max(0, at - CONTEXT), at), alphabet),
      word: textOf(characters.subarray(start, end), alphabet),
      ...(isPeak && expectation(peak, alphabet)),
      ...(values !== undefined && { values }),
      ...(similar !== undefined && { similar }),
    }
  }

  /** Learns a line that does not stand out */
  learn(line: Line, alphabet: Alphabet): void {
    this.#lines.add(textOf(line.characters, alphabet), line.text)
    for (const { text, place } of valuesOf(line, alphabet)) this.#values.add(text, place)
  }
}

function expectation({ character, nats, prediction }: Peak, alphabet: Alphabet): Pick<Explanation, 'character' | 'bits' | 'expected'> {
  const expected = prediction.top(EXPECTED).map(([candidate, probability]) => [characterName(candidate, alphabet), probability] as const)
  return { character: characterName(character, alphabet), bits: nats / Math.LN2, expected }
}

interface Value {
  readonly text: string
  readonly start: number
  readonly end: number
  /** The two words before it */
  readonly place: string
}

/** The first words of a line, without what ends them */
function valuesOf({ characters, surprise }: Line, alphabet: Alphabet): readonly Value[] {
  const values: Value[] = []
  for (const { start, length } of wordPeaks(characters, surprise)) {
    if (values.length === WORDS) break
    const end = start + length - Number(!isInWord(characters[start + length - 1]!))
    const text = textOf(characters.subarray(start, Math.min(end, start + LONGEST)), alphabet)
    values.push({ text, start, end, place: `${values.at(-2)?.text} ${values.at(-1)?.text}` })
  }
  return values
}
