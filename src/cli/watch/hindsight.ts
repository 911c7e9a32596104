import type { GradedLine } from '../../alerts/grader.ts'
import { explained, indented } from './explained.ts'
import { listed, type Place } from './place.ts'

/** Lines that are shown at most */
const MOST = 5
/** Among fewer lines none stands out */
const FIRST = 10

interface Kept {
  readonly place: Place
  readonly line: GradedLine
}

/** Keeps the lines that stood out during the warm-up among those before them, where no line can be flagged */
export class Hindsight {
  #known = 0
  #kept: readonly Kept[] = []

  add(line: GradedLine, place: Place): void {
    if (line.warmUp === 0 || line.ignored) return
    this.#known += 1
    if (this.#known <= FIRST || line.score <= line.floor) return
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
    return [heading, ...kept.flatMap(({ place, line }) => [listed(place, line), ...indented(explained(line))])]
  }
}

function byWeight(a: Kept, b: Kept): number {
  return Number(isSevere(b)) - Number(isSevere(a)) || b.line.score - b.line.floor - (a.line.score - a.line.floor)
}

function isSevere({ line }: Kept): boolean {
  return line.grade?.severe !== undefined
}
