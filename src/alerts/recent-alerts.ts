import type { Archive } from '../archive.ts'
import type { GradedLine } from './grader.ts'

/** Alerts that can still be judged, and how much of each is kept */
const MOST = 100
const LONGEST = 1024

interface RecentAlert {
  readonly offset: number
  readonly text: string
  /** Before verdicts changed it */
  readonly score: number
}

/** The last alerts of a stream, and the extreme lines that verdicts made score less, by their offset */
export class RecentAlerts {
  #alerts: RecentAlert[] = []

  transfer(archive: Archive): void {
    if (!archive.has('recent.texts')) return
    const lengths = archive.list(
      'recent.lengths',
      Float64Array.from(this.#alerts, ({ text }) => text.length),
      MOST,
    )
    const offsets = archive.list(
      'recent.offsets',
      Float64Array.from(this.#alerts, ({ offset }) => offset),
      MOST,
    )
    const scores = archive.list(
      'recent.scores',
      Float64Array.from(this.#alerts, ({ score }) => score),
      MOST,
    )
    const texts = archive.text('recent.texts', this.#alerts.map(({ text }) => text).join(''), MOST * LONGEST)
    let start = 0
    this.#alerts = Array.from(offsets, (offset, i) => ({ offset, score: scores[i] ?? 0, text: texts.slice(start, (start += lengths[i] ?? 0)) }))
  }

  add({ alert, verdicts, offset, text, grade }: GradedLine): void {
    if ((!alert && verdicts === undefined) || grade === undefined) return
    this.#alerts.push({ offset, text: text.slice(0, LONGEST), score: grade.score })
    if (this.#alerts.length > MOST) this.#alerts.shift()
  }

  find(offset: number): RecentAlert | undefined {
    return this.#alerts.find((alert) => alert.offset === offset)
  }
}
