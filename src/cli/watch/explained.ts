import { visible } from '../../text/visible.ts'
import type { GradedLine } from '../../alerts/grader.ts'
import { saidOf } from '../../alerts/reasons.ts'
import type { Explanation } from '../../alerts/explainer.ts'

/** Why a line stands out: the reason, and what would have been usual where that is known */
export function explained({ reason, explanation }: GradedLine): readonly string[] {
  if (reason === undefined) return []
  return [reason.text, ...(explanation === undefined ? [] : details(explanation))].map(shown)
}

/** Why a line that stands out is not flagged; undefined where no verdict made it quiet */
export function quieted({ alert, verdicts }: GradedLine): string | undefined {
  return alert || verdicts === undefined ? undefined : shown(`quiet: ${saidOf(verdicts)}`)
}

/** As it stands below a line */
export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `    ${line}`)
}

function details({ after, word, character, expected, values, similar }: Explanation): readonly string[] {
  const place = after === '' ? 'at its start' : `after "${after}"`
  return [
    expected === undefined ? `${place} came "${word}"` : `${place} expected ${candidates(expected)}, but came "${character}"`,
    ...(values === undefined ? [] : [`here ${values.length === 1 ? 'always came' : 'came one of'} ${values.join(', ')}`]),
    ...(similar === undefined ? [] : [`usual: ${similar}`]),
  ]
}

function candidates(expected: NonNullable<Explanation['expected']>): string {
  const likely = expected.filter(([, probability]) => probability >= 0.005)
  return likely.map(([candidate, probability]) => `"${candidate}" ${Math.round(100 * probability)}%`).join(', ') || 'nothing'
}

function shown(text: string): string {
  return Array.from(text, (character) => (character === '\n' ? '⏎' : visible(character.codePointAt(0)!))).join('')
}
