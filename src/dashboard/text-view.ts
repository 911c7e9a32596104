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

/**
 * The text as it was read, each character shaded by its surprise; tells of the one that is pointed at. A line is a block of its own, so that a new
 * character has the browser lay out no more than its line.
 */
export class TextView {
  readonly #pane: HTMLElement
  readonly #inspector: HTMLElement
  readonly #characters = new WeakMap<Element, TracedCharacter>()
  /** All that is shown, in its order */
  readonly #spans: HTMLCollectionOf<HTMLSpanElement>
  #line = element('div', '')
  #inspected: Element | undefined
  /** Up to where the text was seen */
  #offset = 0

  constructor(pane: HTMLElement, inspector: HTMLElement) {
    this.#pane = pane
    this.#inspector = inspector
    this.#spans = pane.getElementsByTagName('span')
    pane.addEventListener('pointerover', ({ target }) => this.#inspect(target instanceof Element ? target : undefined))
    pane.addEventListener('keydown', (event) => this.#move(event))
    this.clear()
  }

  clear(): void {
    this.#line = element('div', '')
    this.#pane.replaceChildren(this.#line)
    this.#inspected = undefined
    this.#offset = 0
    this.#inspector.textContent = 'Point at a character, or move through them with the arrow keys: here stands what it cost and what was expected.'
  }

  show(traces: readonly TraceEvent[]): void {
    if (traces.length === 0) return
    const pane = this.#pane
    const follows = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 40
    for (const part of this.#parts(traces)) this.#append(part)
    this.#trim()
    if (follows) pane.scrollTop = pane.scrollHeight
  }

  /** The latest characters, and between them how many are left away */
  #parts(traces: readonly TraceEvent[]): readonly (TracedCharacter | number)[] {
    const parts: (TracedCharacter | number)[] = []
    let end = traces.at(-1)?.offset ?? 0
    let room = FRESH
    for (const { offset, characters, skipped } of traces.toReversed()) {
      const shown = characters.slice(0, room)
      const from = offset - skipped - characters.length
      parts.unshift(...shown, end - from - shown.length)
      end = from
      room -= shown.length
      if (room === 0) break
    }
    parts.unshift(end - this.#offset)
    this.#offset = traces.at(-1)?.offset ?? this.#offset
    return parts
  }

  #append(part: TracedCharacter | number): void {
    if (typeof part === 'number') {
      if (part > 0) this.#line.append(element('span', 'gap', ` [${count(part)} more] `))
      return
    }
    const span = spanOf(part)
    this.#characters.set(span, part)
    this.#line.append(span)
    if (part[0] !== '\n') return
    this.#line = element('div', '')
    this.#pane.append(this.#line)
  }

  /** Removes what is too much, a line at a time unless there is but one */
  #trim(): void {
    let excess = this.#spans.length - SHOWN
    while (excess > 0) {
      const first = this.#pane.firstElementChild!
      const victim = first === this.#line || first.childElementCount > excess ? first.firstElementChild! : first
      excess -= victim === first ? first.childElementCount : 1
      victim.remove()
    }
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
    const all = this.#spans
    const from = this.#inspected?.isConnected === true ? Array.prototype.indexOf.call(all, this.#inspected) : all.length
    const target = all[Math.min(Math.max(from + step, 0), all.length - 1)]
    this.#inspect(target)
    target?.scrollIntoView({ block: 'nearest' })
  }
}

/** A character, shaded by its surprise */
export function spanOf([character, bits]: TracedCharacter): HTMLElement {
  const shade = SHADES.filter((from) => bits >= from).length
  return element('span', `s${shade}`, character === '\n' ? '\u23ce' : safe(character))
}
