import { createLogUpdate } from 'log-update'
import type { Prediction } from '../network/prediction.ts'
import type { Stats } from '../operators/stats.ts'
import { fit, visible } from './heat.ts'

const BARS = '▁▂▃▄▅▆▇█'
const MAX_SPARKS = 24

/** The line at the bottom of a terminal: how it is going, and what it expects next */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream
  readonly #draw: ReturnType<typeof createLogUpdate>
  /** The whole run so far: every so many updates one point, twice as many each time the line is full */
  #sparks: number[] = []
  #updatesPerSpark = 1
  #updates = 0
  #text = ''
  /** The start of a line that has not ended, shown above */
  partial = ''

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.#draw = createLogUpdate(stream)
  }

  show(stats: Stats, alerts: number, prediction: Prediction): void {
    const { overall, recent } = stats.bitsPerCharacter
    this.#addSpark(recent)
    const parts = [
      `${recent.toFixed(2)} bits/char now ${sparkline(this.#sparks)} ${overall.toFixed(2)} overall`,
      `${Math.round(stats.charactersPerSecond).toLocaleString('en')} chars/s`,
      `${alerts} ${alerts === 1 ? 'alert' : 'alerts'}`,
      `next ${expectation(prediction)}`,
    ]
    this.#text = parts.join(' │ ')
    this.redraw()
  }

  #addSpark(value: number): void {
    if (this.#updates++ % this.#updatesPerSpark !== 0) return
    this.#sparks.push(value)
    if (this.#sparks.length <= MAX_SPARKS) return
    this.#sparks = this.#sparks.filter((_, i) => i % 2 === 0)
    this.#updatesPerSpark *= 2
  }

  redraw(): void {
    if (this.#text === '' && this.partial === '') return
    this.#draw(`${this.partial}${this.partial && '\n'}${fit(this.#text, this.#stream.columns - 1)}`)
  }

  /** Takes the line away, so that text can be written in its place */
  clear(): void {
    this.#draw.clear()
  }

  end(): void {
    this.#draw.clear()
    this.#draw.done()
  }
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
