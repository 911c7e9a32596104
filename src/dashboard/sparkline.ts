import uPlot from 'uplot'
import { colourOf, onSchemeChange } from './colours.ts'

const HEIGHT = 28
// of a longer stream every other point is omitted, again and again
const POINTS = 240

/** How a figure has changed with the characters read, as a line of a few pixels */
export class Sparkline {
  readonly #place: HTMLElement
  #data: [characters: number[], values: number[]] = [[], []]
  /** Points come that far apart */
  #apart = 1
  #plot: uPlot | undefined

  constructor(place: HTMLElement) {
    this.#place = place
    new ResizeObserver(() => this.#plot?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place)
    onSchemeChange(() => this.#draw())
  }

  clear(): void {
    this.#data = [[], []]
    this.#apart = 1
    this.#draw()
  }

  add(characters: number, value: number): void {
    const [places, values] = this.#data
    if (characters < (places.at(-1) ?? -Infinity) + this.#apart) return
    places.push(characters)
    values.push(value)
    if (places.length > POINTS) this.#thin()
    if (this.#plot === undefined) this.#draw()
    else this.#plot.setData(this.#data)
  }

  #thin(): void {
    const [places, values] = this.#data
    this.#data = [everyOther(places), everyOther(values)]
    this.#apart = (2 * (places.at(-1)! - places[0]!)) / POINTS
  }

  #draw(): void {
    this.#plot?.destroy()
    this.#plot = this.#data[0].length < 2 ? undefined : new uPlot(this.#options(), this.#data, this.#place)
  }

  #options(): uPlot.Options {
    return {
      width: this.#place.clientWidth,
      height: HEIGHT,
      scales: { x: { time: false } },
      series: [{}, { stroke: colourOf(this.#place, 'accent'), width: 1.5, points: { show: false } }],
      axes: [{ show: false }, { show: false }],
      legend: { show: false },
      cursor: { show: false },
      padding: [2, 0, 2, 0],
    }
  }
}

function everyOther(values: readonly number[]): number[] {
  return values.filter((_, i) => i % 2 === 0)
}
