import uPlot from 'uplot'
import type { StatsEvent } from '../alerts/events.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import { colourOf, onSchemeChange } from './colours.ts'
import { count } from './words.ts'

// pixels below the plot, for what the lines are
const LEGEND = 40
// bits, above which nothing is drawn: the first characters cost 20 and would leave no room for the rest
const MOST = 8
const NOTHING = '\u2013'
/** A point is kept when it is that much further than the last: evenly spaced on a logarithmic axis, and few on the longest stream */
const APART = 1.02

/** The loss against the characters read, on a logarithmic axis: all of the stream, and of late; and what gzip makes of the same text, to be beaten */
export class LossView {
  readonly #place: HTMLElement
  readonly #summary: HTMLElement
  #data: [characters: number[], overall: number[], recent: number[], gzip: (number | null)[]] = [[], [], [], []]
  #plot: uPlot | undefined

  constructor(place: HTMLElement, summary: HTMLElement) {
    this.#place = place
    this.#summary = summary
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(place)
    onSchemeChange(() => this.#draw())
  }

  clear(): void {
    this.#data = [[], [], [], []]
    this.#summary.textContent = ''
    this.#draw()
  }

  add({ characters, bitsPerCharacter: { overall, recent } }: StatsEvent, gzip: TraceEvent['gzip']): void {
    if (characters === 0) return
    this.#summary.textContent = `${overall.toFixed(2)} in all, ${recent.toFixed(2)} of late${gzip === null ? '' : inWords(gzip)}`
    if (characters < APART * (this.#data[0].at(-1) ?? 0)) return
    this.#data[0].push(characters)
    this.#data[1].push(overall)
    this.#data[2].push(recent)
    this.#data[3].push(gzip && bitsOf(gzip))
  }

  /** Draws what was added */
  show(): void {
    if (this.#plot === undefined) this.#draw()
    else this.#plot.setData(this.#data)
  }

  #draw(): void {
    this.#plot?.destroy()
    this.#plot = this.#data[0].length === 0 ? undefined : new uPlot(this.#options(), this.#data, this.#place)
  }

  #options(): uPlot.Options {
    const colour = (name: string) => colourOf(this.#place, name)
    const axis = { stroke: colour('muted'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1 } }
    return {
      ...this.#size(),
      // oxlint-disable-next-line no-unsafe-enum-assignment -- a const enum, which is not there at run time: 3 is logarithmic
      scales: { x: { time: false, distr: 3 }, y: { range: (_, __, most) => [0, Math.max(1, Math.min(1.1 * most, MOST))] } },
      series: [
        { label: 'characters', value: (_, characters) => (characters === null ? NOTHING : count(characters)) },
        line('in all', colour('accent')),
        line('of late', colour('second')),
        { ...line('gzip', colour('muted')), dash: [6, 4], spanGaps: true },
      ],
      axes: [
        {
          ...axis,
          label: 'characters read',
          labelSize: 20,
          filter: powersOfTen,
          grid: { ...axis.grid, filter: powersOfTen },
          values: (_, splits) => splits.map(compact),
        },
        { ...axis, size: 44 },
      ],
      cursor: { drag: { x: false, y: false } },
    }
  }

  #size(): { readonly width: number; readonly height: number } {
    return { width: Math.max(this.#place.clientWidth, 200), height: this.#place.clientHeight - LEGEND }
  }
}

type Gzip = NonNullable<TraceEvent['gzip']>

function bitsOf({ characters, bytes }: Gzip): number {
  return (8 * bytes) / characters
}

/** It is the figure of all of the text only where all of it was seen */
function inWords(gzip: Gzip): string {
  const since = gzip.from === 0 ? '' : `, of what came after ${count(gzip.from)} characters`
  return `; gzip ${bitsOf(gzip).toFixed(2)}${since}`
}

function line(label: string, stroke: string): uPlot.Series {
  return { label, stroke, width: 2, points: { show: false }, value: (_, bits) => (bits === null ? NOTHING : bits.toFixed(3)) }
}

/** The marks of an axis; all of them where it covers less than a decade */
function powersOfTen(_: uPlot, splits: readonly number[]): (number | null)[] {
  return splits.filter(isPowerOfTen).length < 2 ? [...splits] : splits.map((split) => (isPowerOfTen(split) ? split : null))
}

function isPowerOfTen(split: number): boolean {
  return Number.isInteger(Math.log10(split))
}

function compact(split: number | null): string {
  return split === null ? '' : Intl.NumberFormat('en', { notation: 'compact' }).format(split)
}
