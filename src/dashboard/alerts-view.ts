import type { Explanation } from '../alerts/explainer.ts'
import type { TraceEvent, TracedCharacter } from '../inspect/trace.ts'
import { element } from './dom.ts'
import type { Alert } from './source.ts'
import { spanOf } from './text-view.ts'
import { expectation, named, safe } from './words.ts'

const SHOWN = 20
// characters that are remembered, to shade a line by their surprise
const REMEMBERED = 8192

/** The lines that stood out, the latest first, each with what was expected in its place */
export class AlertsView {
  readonly #list: HTMLElement
  readonly #none: HTMLElement
  readonly #seen = new Map<number, TracedCharacter>()
  /** Lines whose characters have not all come yet */
  #pending: Alert[] = []
  /** Up to where characters have come, and of which stream */
  #offset = 0
  #stream: string | undefined

  constructor(list: HTMLElement, none: HTMLElement) {
    this.#list = list
    this.#none = none
  }

  clear(): void {
    this.#list.replaceChildren()
    this.#none.hidden = false
    this.forget()
  }

  /** The characters that come next are of another stream */
  forget(): void {
    this.#seen.clear()
    this.#pending = []
    this.#offset = 0
  }

  remember({ offset, characters, skipped, stream }: TraceEvent & Pick<Alert, 'stream'>): void {
    this.#offset = offset
    this.#stream = stream
    const first = offset - skipped - characters.length
    for (const [i, traced] of characters.entries()) this.#seen.set(first + i, traced)
    for (const place of this.#seen.keys()) {
      if (this.#seen.size <= REMEMBERED) return
      this.#seen.delete(place)
    }
  }

  /** Adds an alert, to be shown by `settle` */
  add(line: Alert): void {
    this.#pending.push(line)
  }

  /** Shows the alerts whose characters have come, or have gone by unseen */
  settle(): void {
    if (this.#pending.length === 0) return
    const isReady = ({ offset, stream }: Alert) => stream !== this.#stream || offset <= this.#offset
    for (const line of this.#pending.filter(isReady)) this.#show(line)
    this.#pending = this.#pending.filter((line) => !isReady(line))
  }

  #show(line: Alert): void {
    this.#none.hidden = true
    this.#list.prepend(this.#item(line))
    while (this.#list.childElementCount > SHOWN) this.#list.lastElementChild?.remove()
  }

  #item({ offset, text, score, percentile, reason, explain, stream }: Alert): HTMLElement {
    const item = element('li', '')
    const written = element('p', '')
    const traced = stream === this.#stream ? this.#traced(offset, Array.from(text).length) : undefined
    if (traced === undefined) written.textContent = safe(text)
    else written.append(...traced.map(spanOf))
    const origin = stream === undefined ? '' : `${stream}: `
    const rank = percentile === null ? '' : `, more than ${percentile.toFixed(1)}% of the lines before`
    const why = reason === undefined ? '' : `: ${safe(reason.text)}`
    item.append(written, element('p', 'note', `${origin}stands out by ${score.toFixed(0)} bits${rank}${why}.`))
    if (explain !== undefined) item.append(element('p', 'note', details(explain)))
    if (explain?.similar !== undefined) item.append(element('p', 'note', `Usual: ${safe(explain.similar)}`))
    return item
  }

  /** The characters of a line that ends there with a line feed; undefined unless all of them were seen */
  #traced(end: number, length: number): readonly TracedCharacter[] | undefined {
    const found = Array.from({ length }, (_, i) => this.#seen.get(end - 1 - length + i))
    return found.every((traced) => traced !== undefined) ? found : undefined
  }
}

function details({ after, word, character, expected, values }: Explanation): string {
  const place = after === '' ? 'At its start' : `After ${quoted(after)}`
  const came =
    expected === undefined || character === undefined
      ? `${place} came ${quoted(word)}.`
      : `${place} it expected ${expectation(expected) || 'nothing'}, but ${named(character)} came.`
  if (values === undefined) return came
  return `${came} Here ${values.length === 1 ? 'always came' : 'came one of'} ${safe(values.join(', '))}.`
}

function quoted(text: string): string {
  return `\u201c${safe(text)}\u201d`
}
