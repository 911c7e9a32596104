import type { StatsEvent } from '../alerts/events.ts'
import type { TraceEvent } from '../inspect/trace.ts'
import { element } from './dom.ts'
import { LineChart, type Point } from './line-chart.ts'

// bits, above which nothing is drawn: the first characters cost 20 and would leave no room for the rest
const MOST = 8
const MARK = 2
// characters where the axis begins, and where it ends at least: each decade is as wide as the others
const [FROM, TO] = [100, 1e4]
// characters from which the 18 bytes that gzip adds to every file no longer count
const LONG = 2000
/** A point is kept when it is that much further than the last: evenly spaced on a logarithmic axis, and few on the longest stream */
const APART = 1.02
const LINES = ['muted', 'accent', 'second'] as const

type Line = (typeof LINES)[number]
type Gzip = NonNullable<TraceEvent['gzip']>

/** The loss against the characters read, on a logarithmic axis: of all of the stream, and of the last; and what gzip makes of the same text, to be beaten */
export class LossView {
  readonly #summary: HTMLElement
  readonly #hint: string | null
  readonly #marks = element('div', 'marks')
  readonly #chart: LineChart
  #data: Readonly<Record<Line, [characters: number, bits: number][]>> = { muted: [], accent: [], second: [] }
  #last = 0
  #figures: { readonly overall: number; readonly recent: number; readonly fair: number | undefined } | undefined
  /** Where the axis ends, and with which marks it is drawn */
  #to = 0

  constructor(place: HTMLElement, summary: HTMLElement) {
    this.#summary = summary
    this.#hint = summary.textContent
    this.#chart = new LineChart(place, LINES)
    place.append(this.#marks)
  }

  clear(): void {
    this.#data = { muted: [], accent: [], second: [] }
    this.#last = 0
    this.#figures = undefined
    this.#summary.textContent = this.#hint
    this.#draw()
  }

  add({ characters, bitsPerCharacter: { overall, recent } }: StatsEvent, gzip: TraceEvent['gzip']): void {
    if (characters === 0) return
    const fair = isFair(gzip) ? bitsOf(gzip) : undefined
    this.#figures = { overall, recent, fair }
    if (characters < APART * this.#last) return
    this.#last = characters
    this.#data.accent.push([characters, overall])
    this.#data.second.push([characters, recent])
    if (fair !== undefined) this.#data.muted.push([characters, fair])
  }

  /** Draws what was added */
  show(): void {
    this.#draw()
    if (this.#figures === undefined) return
    const { overall, recent, fair } = this.#figures
    this.#summary.replaceChildren(
      key('second', 'lately', recent),
      ', ',
      key('accent', 'in all', overall),
      ...(fair === undefined ? [] : [', ', key('muted', 'gzip of the same text', fair)]),
    )
  }

  #draw(): void {
    const to = Math.max(TO, 10 ** Math.ceil(Math.log10(this.#last || 1)))
    if (to !== this.#to) this.#drawMarks(to)
    for (const line of LINES) {
      const points = this.#data[line].filter(([characters]) => characters >= FROM)
      this.#chart.draw(
        line,
        points.map(([characters, bits]): Point => [this.#placeOf(characters), Math.min(bits / MOST, 1)]),
      )
    }
  }

  #placeOf(characters: number): number {
    return Math.log10(characters / FROM) / Math.log10(this.#to / FROM)
  }

  #drawMarks(to: number): void {
    this.#to = to
    const rows = Array.from({ length: MOST / MARK + 1 }, (_, i) => MARK * i).map((bits) => {
      const mark = element('span', 'row', bits === MOST ? `${bits} or more` : String(bits))
      mark.style.bottom = `${(100 * bits) / MOST}%`
      return mark
    })
    const columns = Array.from({ length: Math.log10(to / FROM) + 1 }, (_, i) => FROM * 10 ** i).map((characters) => {
      const mark = element('span', 'column', Intl.NumberFormat('en', { notation: 'compact' }).format(characters))
      mark.style.left = `${100 * this.#placeOf(characters)}%`
      return mark
    })
    this.#marks.replaceChildren(...rows, ...columns, element('span', 'axis', 'characters read'))
  }
}

/** Where gzip has seen all that the learner has */
function isFair(gzip: TraceEvent['gzip']): gzip is Gzip {
  return gzip !== null && gzip.from === 0 && gzip.characters >= LONG
}

function bitsOf({ characters, bytes }: Gzip): number {
  return (8 * bytes) / characters
}

/** A figure with the colour of its line */
function key(colour: Line, name: string, bits: number): Node {
  const figure = element('span', 'figure')
  figure.append(element('span', `key ${colour}`), `${name} `, element('strong', '', bits.toFixed(2)))
  return figure
}
