import type { LearnedWindow, TraceEvent } from '../inspect/trace.ts'
import { counted } from '../text/counted.ts'
import { element } from './dom.ts'
import { named } from './words.ts'

// bits that fill a column at least
const TALLEST = 8
// the share of it that a bar has at least, so that it can be seen
const LEAST = 0.01
// milliseconds between two windows, so that people can read one
const APART = 1000
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }

/** What the characters of a window cost when they came, and what the same ones cost once the window was learned: why an update helps */
export class WindowView {
  readonly #place: HTMLElement
  readonly #summary: HTMLElement
  readonly #note: HTMLElement
  readonly #hint: string | null
  #window: LearnedWindow | undefined
  #columns: readonly Column[] = []
  #pointed: number | undefined
  #shownAt = -Infinity
  /** Whether the update was too large for its own window */
  #hasOvershot = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(place: HTMLElement, summary: HTMLElement, note: HTMLElement) {
    this.#place = place
    this.#summary = summary
    this.#hint = summary.textContent
    this.#note = note
    place.addEventListener('pointermove', ({ target }) =>
      this.#point(this.#columns.findIndex(({ item }) => target instanceof Node && item.contains(target))),
    )
    place.addEventListener('keydown', (event) => this.#move(event))
    this.clear()
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#window = undefined
    this.#pointed = undefined
    this.#shownAt = -Infinity
    this.#columns = []
    this.#place.replaceChildren()
    this.#summary.textContent = this.#hint
    this.#note.textContent = ''
  }

  /** Shows the latest window, at once where the learner is held */
  show(traces: readonly TraceEvent[], isHeld: boolean): void {
    const trace = traces.findLast(({ window }) => window !== null)
    if (trace === undefined) return
    clearTimeout(this.#timer)
    const wait = isHeld ? 0 : this.#shownAt + APART - performance.now()
    if (wait <= 0) this.#draw(trace.window!)
    else this.#timer = setTimeout(() => this.#draw(trace.window!), wait)
  }

  #draw(window: LearnedWindow): void {
    const { characters, before, after, learned } = window
    this.#shownAt = performance.now()
    this.#window = window
    if (this.#columns.length !== characters.length) {
      this.#columns = characters.map(() => new Column())
      this.#place.replaceChildren(...this.#columns.map(({ item }) => item))
    }
    const tallest = Math.max(TALLEST, ...before, ...after)
    const lessons = new Set(learned)
    for (const [i, column] of this.#columns.entries()) {
      column.show(characters[i]!, before[i]! / tallest, after[i]! / tallest)
      column.item.classList.toggle('lesson', lessons.has(i))
    }
    const costs = (isLesson: boolean) =>
      [before, after].map((bits) => bits.reduce((sum, bit, i) => (lessons.has(i) === isLesson ? sum + bit : sum), 0).toFixed(1))
    const [came, now] = costs(true)
    const rest = characters.length - learned.length
    const which = rest === 0 ? counted(learned.length, 'character') : `${learned.length} that surprised it`
    this.#hasOvershot = Number(now) > Number(came)
    this.#summary.replaceChildren(
      `It learned the ${which}: `,
      element('strong', 'before', `${came} bits`),
      ' when read, ',
      element('strong', 'after', `${now} bits`),
      rest === 0 ? ' now.' : ` now. The other ${rest}: ${costs(false).join(', now ')}.`,
    )
    this.#say()
  }

  #point(place: number): void {
    if (place < 0 || place >= this.#columns.length) return
    this.#pointed = place
    for (const [i, { item }] of this.#columns.entries()) item.classList.toggle('pointed', i === place)
    this.#say()
  }

  #move(event: KeyboardEvent): void {
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const last = this.#columns.length - 1
    this.#point(Math.min(Math.max((this.#pointed ?? -1) + step, 0), last))
  }

  #say(): void {
    const [i, window] = [this.#pointed, this.#window]
    if (window === undefined) return
    if (i === undefined || i >= window.characters.length)
      this.#note.textContent = this.#hasOvershot
        ? 'More than before: the step was too long.'
        : 'Left bar: when read. Right bar: now. Faint: not learned.'
    else
      this.#note.textContent = `${named(window.characters[i]!)}: ${window.before[i]!.toFixed(2)} bits when read, ${window.after[i]!.toFixed(2)} after the update.`
  }
}

class Column {
  readonly item: HTMLElement = element('span', 'column')
  readonly #before = element('i', 'before')
  readonly #after = element('i', 'after')
  readonly #name = element('b', '')

  constructor() {
    const bars = element('span', 'pair')
    bars.append(this.#before, this.#after)
    this.item.append(bars, this.#name)
  }

  /** The heights of the bars, from 0 to 1 */
  show(character: string, before: number, after: number): void {
    this.#name.textContent = character === ' ' ? '\u2423' : named(character)
    this.#before.style.transform = `scaleY(${Math.max(before, LEAST)})`
    this.#after.style.transform = `scaleY(${Math.max(after, LEAST)})`
  }
}
