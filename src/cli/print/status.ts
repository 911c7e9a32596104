import type { Prediction } from '../../network/prediction.ts'
import type { Stats } from '../../operators/stats.ts'
import { visible } from '../../text/visible.ts'

const BARS = '▁▂▃▄▅▆▇█'
const MAX_SPARKS = 24
const WIDE = 110

/** How alerts stand: before the warm-up is over there are none, for want of lines to compare with */
export interface AlertStatus {
  readonly alerts: number
  /** Lines until there can be alerts; undefined before the first line */
  readonly warmUp: number | undefined
}

/** The line at the bottom of a terminal: how it is going, and what it expects next */
export class StatusLine {
  /** The whole run so far: every so many updates one point, twice as many each time the line is full */
  #sparks: number[] = []
  #updatesPerSpark = 1
  #updates = 0

  text(stats: Stats, alerts: AlertStatus, prediction: Prediction, columns: number): string {
    const { overall, recent } = stats.bitsPerCharacter
    this.#addSpark(recent)
    const parts = [
      `${recent.toFixed(2)} bits/char ${sparkline(this.#thinned(columns))} ${overall.toFixed(2)} overall`,
      `${Math.round(stats.charactersPerSecond).toLocaleString('en')} chars/s`,
      inWords(alerts),
      `next ${expectation(prediction)}`,
    ]
    return parts.join(' │ ')
  }

  /** A third of the points where there is no room for all */
  #thinned(columns: number): readonly number[] {
    return columns >= WIDE ? this.#sparks : this.#sparks.filter((_, i) => i % 3 === 0)
  }

  #addSpark(value: number): void {
    if (this.#updates++ % this.#updatesPerSpark !== 0) return
    this.#sparks.push(value)
    if (this.#sparks.length <= MAX_SPARKS) return
    this.#sparks = this.#sparks.filter((_, i) => i % 2 === 0)
    this.#updatesPerSpark *= 2
  }
}

function inWords({ alerts, warmUp }: AlertStatus): string {
  if (warmUp === undefined) return 'warm-up'
  if (warmUp > 0) return `warm-up: ${warmUp} ${warmUp === 1 ? 'line' : 'lines'}`
  return `${alerts} ${alerts === 1 ? 'alert' : 'alerts'}`
}

function sparkline(values: readonly number[]): string {
  const highest = Math.max(...values)
  return values.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / highest) * BARS.length))] ?? BARS[0]).join('')
}

function expectation(prediction: Prediction): string {
  return prediction
    .top(3)
    .map(([character, probability]) => `${character === 10 ? '⏎' : visible(character)} ${Math.round(100 * probability)}%`)
    .join('  ')
}
