import type { GradedLine } from '../../alerts/grader.ts'
import { explained, indented } from './explained.ts'
import { listed, type Place } from './place.ts'

/** Alerts that are listed at most */
const MOST = 20

interface Block {
  readonly place: Place
  readonly worst: GradedLine
  readonly lines: number
}

/** Keeps the alerts of a run, to list them once more at its end: of many, those that stand out most */
export class AlertList {
  #blocks: readonly Block[] = []
  #count = 0

  add(line: GradedLine, place: Place): void {
    if (!line.alert) return
    const last = this.#blocks.find(({ worst, place: { source } }) => worst.group === line.group && source === place.source)
    if (line.group === line.offset) this.#count += 1
    const isWorse = last === undefined || line.score > last.worst.score
    const block = { lines: (last?.lines ?? 0) + 1, ...(isWorse ? { place, worst: line } : { place: last.place, worst: last.worst }) }
    const blocks = [...this.#blocks.filter((other) => other !== last), block]
    const least = Math.min(...blocks.map(({ worst }) => worst.score))
    this.#blocks =
      blocks.length <= MOST
        ? blocks
        : blocks.toSpliced(
            blocks.findIndex(({ worst }) => worst.score === least),
            1,
          )
  }

  report(): readonly string[] {
    if (this.#count === 0) return []
    const isAll = this.#count <= this.#blocks.length
    const heading = isAll ? 'alerts:' : `the ${this.#blocks.length} alerts that stand out most, of ${this.#count.toLocaleString('en')}:`
    return [heading, ...this.#blocks.flatMap(({ place, worst, lines }) => [listed(place, worst, lines), ...indented(explained(worst))])]
  }
}
