import { LineChart } from './line-chart.ts'

// of a longer stream every other point is omitted, again and again
const POINTS = 240

/** How a figure has changed with the characters read, as a line of a few pixels */
export class Sparkline {
  readonly #chart: LineChart
  #data: (readonly [characters: number, value: number])[] = []
  /** Points come that far apart */
  #apart = 1

  constructor(place: HTMLElement) {
    this.#chart = new LineChart(place, ['accent'])
  }

  clear(): void {
    this.#data = []
    this.#apart = 1
    this.#chart.draw('accent', [])
  }

  add(characters: number, value: number): void {
    if (characters < (this.#data.at(-1)?.[0] ?? -Infinity) + this.#apart) return
    this.#data.push([characters, value])
    if (this.#data.length > POINTS) this.#thin()
    const values = this.#data.map(([, value]) => value)
    const [from, to] = [this.#data[0]![0], Math.max(characters, this.#data[0]![0] + 1)]
    const [least, most] = [Math.min(...values), Math.max(...values)]
    const height = (value: number) => (most === least ? 0.5 : 0.05 + (0.9 * (value - least)) / (most - least))
    this.#chart.draw(
      'accent',
      this.#data.map(([characters, value]) => [(characters - from) / (to - from), height(value)]),
    )
  }

  #thin(): void {
    this.#data = this.#data.filter((_, i) => i % 2 === 0)
    this.#apart = (2 * (this.#data.at(-1)![0] - this.#data[0]![0])) / POINTS
  }
}
