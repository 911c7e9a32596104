import type { TraceEvent, TracedCharacter } from '../trace.ts'
import { element } from './dom.ts'
import { count, expectation, named, safe } from './words.ts'

// characters that are shown: more cost more than a frame to lay out
const SHOWN = 1500
// of them, those that one frame may add
const FRESH = 200
/** Bits from which a character is shaded darker */
const SHADES = [3, 5, 7, 9, 12, 16]
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }

/** The text as it was read, each character shaded by its surprise; tells of the one that is pointed at */
export class TextView {
  readonly #pane: HTMLElement
  readonly #inspector: HTMLElement
  readonly #characters = new WeakMap<Element, TracedCharacter>()
  #inspected: Element | undefined
  /** Up to where the text was seen */
  #offset = 0

  constructor(pane: HTMLElement, inspector: HTMLElement) {
    this.#pane = pane
    this.#inspector = inspector
    pane.addEventListener('pointerover', ({ target }) => this.#inspect(target instanceof Element ? target : undefined))
    pane.addEventListener('keydown', (event) => this.#move(event))
    this.clear()
  }

  clear(): void {
    this.#pane.replaceChildren()
    this.#inspected = undefined
    this.#offset = 0
    this.#inspector.textContent = 'Point at a character, or move through them with the arrow keys: here stands what it cost and what was expected.'
  }

  show(traces: readonly TraceEvent[]): void {
    const pane = this.#pane
    const follows = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 40
    pane.append(...this.#spans(traces))
    while (pane.childElementCount > SHOWN) pane.firstElementChild?.remove()
    if (follows) pane.scrollTop = pane.scrollHeight
  }

  /** The latest characters, and between them how many are left away */
  #spans(traces: readonly TraceEvent[]): readonly HTMLElement[] {
    const spans: HTMLElement[] = []
    let end = traces.at(-1)?.offset ?? 0
    let room = FRESH
    for (const { offset, characters, skipped } of traces.toReversed()) {
      const shown = characters.slice(0, room)
      const from = offset - skipped - characters.length
      const missing = end - from - shown.length
      if (missing > 0) spans.unshift(element('span', 'gap', ` [${count(missing)} more] `))
      spans.unshift(...shown.map((traced) => this.#span(traced)))
      end = from
      room -= shown.length
      if (room === 0) break
    }
    const missing = end - this.#offset
    this.#offset = traces.at(-1)?.offset ?? this.#offset
    return missing > 0 ? [element('span', 'gap', ` [${count(missing)} more] `), ...spans] : spans
  }

  #span(traced: TracedCharacter): HTMLElement {
    const span = spanOf(traced)
    this.#characters.set(span, traced)
    return span
  }

  #inspect(target: Element | undefined): void {
    const traced = target && this.#characters.get(target)
    if (target === undefined || traced === undefined) return
    this.#inspected?.classList.remove('inspected')
    this.#inspected = target
    target.classList.add('inspected')
    const [character, bits, expected] = traced
    this.#inspector.textContent = `${named(character)}: ${bits.toFixed(1)} bits. Expected ${expectation(expected) || 'nothing yet'}.`
  }

  #move(event: KeyboardEvent): void {
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const all = this.#pane.children
    const from = this.#inspected?.parentElement === this.#pane ? Array.prototype.indexOf.call(all, this.#inspected) : all.length
    const target = all[Math.min(Math.max(from + step, 0), all.length - 1)]
    this.#inspect(target)
    target?.scrollIntoView({ block: 'nearest' })
  }
}

/** A character, shaded by its surprise */
export function spanOf([character, bits]: TracedCharacter): HTMLElement {
  const shade = SHADES.filter((from) => bits >= from).length
  return element('span', `s${shade}`, character === '\n' ? '\u23ce\n' : safe(character))
}
