import type { Archive } from '../../archive.ts'
import type { GradedLine } from '../../alerts/grader.ts'
import { visibleText } from '../../text/visible.ts'

/** Characters of a line that is listed */
const SHOWN = 200

/** Where a line stands: its number, from 1, and the name of its source, where there are several */
export interface Place {
  readonly source: string | undefined
  readonly number: number
}

/** Counts the lines of a source */
export class LineCount {
  #lines = 0

  transfer(archive: Archive): void {
    if (archive.has('lines')) this.#lines = archive.integer('lines', this.#lines, 0, Number.MAX_SAFE_INTEGER)
  }

  next(): number {
    return ++this.#lines
  }
}

/** A line with its place, in a list */
export function listed({ source, number }: Place, { text }: GradedLine, lines = 1): string {
  const others = lines === 1 ? '' : `, one of ${lines.toLocaleString('en')}`
  return `  ${source === undefined ? '' : `${visibleText(source)}, `}line ${number.toLocaleString('en')}${others}: ${visibleText(text.slice(0, SHOWN))}`
}
