import type { TraceEvent } from '../inspect/trace.ts'
import { counted } from '../text/counted.ts'

/** While the learner is held: how far it is to the next update */
export class ProgressView {
  readonly #place: HTMLElement
  #segment: TraceEvent['segment'] | undefined
  #isHeld = false
  /** Whether the next update was asked for and has not come */
  #isAsked = false

  constructor(place: HTMLElement) {
    this.#place = place
  }

  clear(): void {
    this.#segment = undefined
    this.#isAsked = false
    this.#say()
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#isAsked = false
    this.#say()
  }

  /** The next update was asked for */
  ask(): void {
    this.#isAsked = true
    this.#say()
  }

  show({ segment }: TraceEvent): void {
    this.#segment = segment
    if (segment.closes) this.#isAsked = false
    this.#say()
  }

  #say(): void {
    const missing = missingIn(this.#segment)
    const text = `${this.#isAsked ? 'waiting for' : 'next update in'} ${missing === undefined ? 'text' : counted(missing, this.#isAsked ? 'more character' : 'character')}`
    this.#place.textContent = this.#isHeld ? text : ''
  }
}

/** The characters to the end of a segment's window, or of the next one where it has ended */
export function missingIn(segment: TraceEvent['segment'] | undefined): number | undefined {
  if (segment === undefined) return undefined
  return segment.closes ? segment.every : segment.every - segment.pending
}
