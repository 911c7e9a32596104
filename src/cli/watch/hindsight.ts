import type { GradedLine } from '../../alerts/grader.ts'
import { visibleText } from '../../text/visible.ts'
import { explained } from './explained.ts'

/** Lines that are shown at most */
const MOST = 5
/** Among fewer lines none stands out */
const FIRST = 10
const SHOWN = 200

interface Kept {
  readonly place: string
  readonly line: GradedLine
}

/** Keeps the lines that stood out during the warm-up among those before them, where no line can be flagged */
export class Hindsight {
  #known = 0
  #kept: readonly Kept[] = []
  readonly #numbers = new Map<string | undefined, number>()

  add(line: GradedLine, source: string | undefined): void {
    if (line.warmUp === 0) return
    const number = (this.#numbers.get(source) ?? 0) + 1
    this.#numbers.set(source, number)
    if (line.ignored) return
    this.#known += 1
    if (this.#known <= FIRST || line.score <= line.floor) return
    const place = `${source === undefined ? '' : `${visibleText(source)}, `}line ${number}`
    this.#kept = [...this.#kept, { place, line }].toSorted(byWeight).slice(0, MOST)
  }

  /** Whether one of them would have been an alert. All is new at the start, so it takes a severe word, too: ordinary lines of most logs stand out there. */
  get alert(): boolean {
    return this.#kept.some(isSevere)
  }

  /** The lines, each with its reason; of a log that became longer than the warm-up only those that would have been alerts */
  report(isShort: boolean): readonly string[] {
    const kept = isShort ? this.#kept : this.#kept.filter(isSevere)
    if (kept.length === 0) return []
    const heading = isShort ? 'what stood out so far:' : 'what stood out at the start, where no line can be flagged:'
    return [heading, ...kept.flatMap(({ place, line }) => [`  ${place}: ${visibleText(line.text.slice(0, SHOWN))}`, ...explained(line)])]
  }
}

function byWeight(a: Kept, b: Kept): number {
  return Number(isSevere(b)) - Number(isSevere(a)) || b.line.score - b.line.floor - (a.line.score - a.line.floor)
}

function isSevere({ line }: Kept): boolean {
  return line.grade?.severe !== undefined
}
