import type { TraceEvent, TracedCharacter } from '../inspect/trace.ts'
import { element } from './dom.ts'
import { count, expectation, named, safe } from './words.ts'

// characters that are shown: more cost more than a frame to lay out
const SHOWN = 1000
// of them, those that one frame may add
const FRESH = 200
/** Bits from which a character is shaded darker */
const SHADES = [3, 5, 7, 9, 12, 16]
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }

/**
 * The text as it was read, each character shaded by its surprise; says of the one that is pointed at. So that a flood costs the browser little, a line is a
 * block of its own, and characters of one shade are one element, until somebody points at them.
 */
export class TextView {
  readonly #lines = element('div', '')
  readonly #inspector: HTMLElement
  readonly #runs = new WeakMap<Element, readonly TracedCharacter[]>()
  readonly #characters = new WeakMap<Element, TracedCharacter>()
  #line = element('div', '')
  /** Characters of each line that is shown */
  #lengths: number[] = [0]
  #inspected: Element | undefined
  /** Up to where the text was seen */
  #offset = 0

  constructor(pane: HTMLElement, inspector: HTMLElement) {
    pane.replaceChildren(this.#lines)
    this.#inspector = inspector
    pane.addEventListener('pointerover', (event) => this.#point(event))
    pane.addEventListener('keydown', (event) => this.#move(event))
    this.clear()
  }

  clear(): void {
    this.#line = element('div', '')
    this.#lengths = [0]
    this.#lines.replaceChildren(this.#line)
    this.#inspected = undefined
    this.#offset = 0
    this.#inspector.textContent = 'Point at a character, or move through them with the arrow keys: here stands what it cost and what was expected.'
  }

  show(traces: readonly TraceEvent[]): void {
    for (const part of this.#parts(traces)) {
      if (typeof part === 'number') this.#leaveAway(part)
      else for (const run of runsOf(part)) this.#append(run)
    }
    this.#trim()
  }

  /** The latest characters, and before each of them how many are omitted */
  #parts(traces: readonly TraceEvent[]): readonly (readonly TracedCharacter[] | number)[] {
    const last = traces.at(-1)
    if (last === undefined) return []
    const parts: (readonly TracedCharacter[] | number)[] = []
    let end = last.offset
    let room = FRESH
    for (const { offset, characters, skipped } of traces.toReversed()) {
      const shown = characters.slice(0, room)
      const from = offset - skipped - characters.length
      parts.unshift(shown, end - from - shown.length)
      end = from
      room -= shown.length
      if (room === 0) break
    }
    parts.unshift(end - this.#offset)
    this.#offset = last.offset
    return parts
  }

  #leaveAway(characters: number): void {
    if (characters > 0) this.#line.append(element('span', 'gap', ` [${count(characters)} more] `))
  }

  #append(run: readonly TracedCharacter[]): void {
    const span = element('span', `s${shadeOf(run[0]!)}`, run.map(shown).join(''))
    this.#runs.set(span, run)
    this.#line.append(span)
    this.#lengths[this.#lengths.length - 1]! += run.length
    if (!isLineFeed(run.at(-1)!)) return
    this.#line = element('div', '')
    this.#lengths.push(0)
    this.#lines.append(this.#line)
  }

  /** Removes what is too much, a line at a time unless there is but one */
  #trim(): void {
    let excess = this.#lengths.reduce((sum, length) => sum + length, 0) - SHOWN
    while (excess > 0 && this.#lengths.length > 1) {
      this.#lines.firstElementChild!.remove()
      excess -= this.#lengths.shift()!
    }
    while (excess > 0) {
      const run = this.#line.firstElementChild!
      const length = this.#runs.get(run)?.length ?? 0
      run.remove()
      excess -= length
      this.#lengths[0]! -= length
    }
  }

  #point({ target, clientX, clientY }: PointerEvent): void {
    if (!(target instanceof Element)) return
    this.#split(target)
    this.#inspect(document.elementFromPoint(clientX, clientY))
  }

  /** Makes each character of a run an element */
  #split(run: Element): void {
    const characters = this.#runs.get(run)
    if (characters === undefined || run.childElementCount > 0) return
    const spans = characters.map((traced) => {
      const span = element('span', '', shown(traced))
      this.#characters.set(span, traced)
      return span
    })
    run.replaceChildren(...spans)
  }

  #inspect(target: Element | null | undefined): void {
    const traced = target ? this.#characters.get(target) : undefined
    if (!target || traced === undefined) return
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
    for (const run of this.#lines.querySelectorAll('div > span')) this.#split(run)
    const all = Array.from(this.#lines.querySelectorAll('span > span'))
    const from = this.#inspected === undefined ? -1 : all.indexOf(this.#inspected)
    const target = all[Math.min(Math.max((from === -1 ? all.length : from) + step, 0), all.length - 1)]
    this.#inspect(target)
    target?.scrollIntoView({ block: 'nearest' })
  }
}

/** A character, shaded by its surprise */
export function spanOf(traced: TracedCharacter): HTMLElement {
  return element('span', `s${shadeOf(traced)}`, shown(traced))
}

/** Characters that follow each other in one line and in one shade */
function runsOf(characters: readonly TracedCharacter[]): readonly (readonly TracedCharacter[])[] {
  const runs: TracedCharacter[][] = []
  for (const traced of characters) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run === undefined || last === undefined || isLineFeed(last) || shadeOf(last) !== shadeOf(traced)) runs.push([traced])
    else run.push(traced)
  }
  return runs
}

function shadeOf([, bits]: TracedCharacter): number {
  return SHADES.filter((from) => bits >= from).length
}

function isLineFeed([character]: TracedCharacter): boolean {
  return character === '\n'
}

function shown([character]: TracedCharacter): string {
  return character === '\n' ? '\u23ce' : safe(character)
}
