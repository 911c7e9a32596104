import type { TraceEvent, TracedCharacter } from '../inspect/trace.ts'
import { element } from './dom.ts'
import { count, expectation, fixed, named, safe } from './words.ts'

// characters that are shown: more cost more than a frame to lay out
const SHOWN = 1000
// of them, those that one frame may add
const FRESH = 200
/** Bits from which a character is shaded darker */
const SHADES = [3, 5, 7, 9, 12, 16]
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }

/** A character, and the hidden state after it where the learner can be looked into */
interface Shown {
  readonly traced: TracedCharacter
  readonly state: Float64Array | undefined
}

/** What stands in a line: characters, or how many are omitted */
type Part = readonly Shown[] | number

/**
 * The text as it was read, each character shaded by its surprise, or by what a unit is at after it; describes the one that is pointed at. So that a flood
 * costs the browser little, a line is a block of its own, and characters of one shade are one element, until somebody points at them.
 */
export class TextView {
  readonly #lines = element('div', '')
  readonly #pane: HTMLElement
  readonly #placeholder: Element
  readonly #hint: string | null
  readonly #inspector: HTMLElement
  readonly #runs = new WeakMap<Element, readonly Shown[]>()
  readonly #characters = new WeakMap<Element, Shown>()
  #line = element('div', '')
  /** What each line that is shown holds */
  #parts: Part[][] = [[]]
  #length = 0
  #unit: number | undefined
  #inspected: Element | undefined
  /** Up to where the text was seen */
  #offset = 0

  constructor(pane: HTMLElement, inspector: HTMLElement) {
    this.#placeholder = pane.firstElementChild!
    pane.replaceChildren(this.#lines)
    this.#pane = pane
    this.#inspector = inspector
    this.#hint = inspector.textContent
    pane.addEventListener('pointerover', (event) => this.#point(event))
    pane.addEventListener('keydown', (event) => this.#move(event))
    this.clear()
  }

  clear(): void {
    this.#line = element('div', '')
    this.#parts = [[]]
    this.#length = 0
    this.#lines.replaceChildren(this.#line)
    this.#inspected = undefined
    this.#offset = 0
    this.#pane.append(this.#placeholder)
    this.#inspector.textContent = this.#hint
  }

  /** Shades by what a unit is at, or by surprise where none is given */
  shadeBy(unit: number | undefined): void {
    if (unit === this.#unit) return
    this.#unit = unit
    const parts = this.#parts
    this.#parts = [[]]
    this.#length = 0
    this.#line = element('div', '')
    this.#lines.replaceChildren(this.#line)
    for (const part of parts.flat()) this.#add(part)
  }

  show(traces: readonly TraceEvent[]): void {
    const parts = this.#partsOf(traces)
    if (parts.length > 0) this.#placeholder.remove()
    for (const part of parts) this.#add(part)
    this.#trim()
  }

  /** The latest characters, and before each of them how many are omitted */
  #partsOf(traces: readonly TraceEvent[]): readonly Part[] {
    const last = traces.at(-1)
    if (last === undefined) return []
    const parts: Part[] = []
    let end = last.offset
    let room = FRESH
    for (const { offset, characters, skipped, detail } of traces.toReversed()) {
      const shown = characters
        .slice(0, room)
        .map((traced, i) => ({ traced, state: detail?.states.subarray(i * detail.units, (i + 1) * detail.units) }))
      const from = offset - skipped - characters.length
      parts.unshift(shown, end - from - shown.length)
      end = from
      room -= shown.length
      if (room === 0) break
    }
    parts.unshift(end - this.#offset)
    this.#offset = last.offset
    return inWholeLines(parts)
  }

  #add(part: Part): void {
    if (typeof part !== 'number') for (const run of this.#runsOf(part)) this.#append(run)
    else if (part > 0) this.#omit(part)
  }

  #omit(characters: number): void {
    const before = this.#parts.at(-2)
    const last = before?.at(-1)
    if (before !== undefined && typeof last === 'number' && this.#parts.at(-1)!.length === 0) {
      // one gap follows another
      before[before.length - 1] = last + characters
      this.#lines.lastElementChild!.previousElementSibling!.lastElementChild!.textContent = omitted(last + characters)
      return
    }
    this.#parts.at(-1)!.push(characters)
    this.#line.append(element('span', 'gap', omitted(characters)))
    this.#endLine()
  }

  #endLine(): void {
    this.#line = element('div', '')
    this.#parts.push([])
    this.#lines.append(this.#line)
  }

  #append(run: readonly Shown[]): void {
    const span = element('span', this.#shadeOf(run[0]!), run.map(({ traced }) => written(traced)).join(''))
    this.#runs.set(span, run)
    this.#line.append(span)
    this.#parts.at(-1)!.push(run)
    this.#length += run.length
    if (isLineFeed(run.at(-1)!)) this.#endLine()
  }

  /** Characters that follow each other in one line and in one shade */
  #runsOf(characters: readonly Shown[]): readonly (readonly Shown[])[] {
    const runs: Shown[][] = []
    for (const shown of characters) {
      const run = runs.at(-1)
      const last = run?.at(-1)
      if (run === undefined || last === undefined || isLineFeed(last) || this.#shadeOf(last) !== this.#shadeOf(shown)) runs.push([shown])
      else run.push(shown)
    }
    return runs
  }

  #shadeOf({ traced, state }: Shown): string {
    return this.#unit === undefined ? shadeOf(traced) : `u${unitShade(state?.[this.#unit] ?? 0)}`
  }

  /** Removes what is too much, a line at a time unless there is but one */
  #trim(): void {
    while (this.#length > SHOWN && this.#parts.length > 1) {
      this.#lines.firstElementChild!.remove()
      for (const part of this.#parts.shift()!) this.#length -= lengthOf(part)
    }
    while (this.#length > SHOWN) {
      this.#line.firstElementChild!.remove()
      this.#length -= lengthOf(this.#parts[0]!.shift()!)
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
    const spans = characters.map((shown) => {
      const span = element('span', '', written(shown.traced))
      this.#characters.set(span, shown)
      return span
    })
    run.replaceChildren(...spans)
  }

  #inspect(target: Element | null | undefined): void {
    const shown = target ? this.#characters.get(target) : undefined
    if (!target || shown === undefined) return
    this.#inspected?.classList.remove('inspected')
    this.#inspected = target
    target.classList.add('inspected')
    const [character, bits, expected] = shown.traced
    const unit =
      this.#unit === undefined || shown.state === undefined ? '' : `Unit ${this.#unit} is at ${fixed(shown.state[this.#unit]!, 2)} after it. `
    this.#inspector.textContent = `${named(character)}: ${bits.toFixed(1)} bits. ${unit}Expected ${expectation(expected) || 'nothing yet'}.`
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

/** Omits what is left of a line before or after what is omitted, unless there is no whole line */
function inWholeLines(parts: readonly Part[]): readonly Part[] {
  const isGap = (part: Part | undefined) => typeof part === 'number' && part > 0
  const whole = parts.flatMap((part, i): readonly Part[] => {
    if (typeof part === 'number') return [part]
    const from = isGap(parts[i - 1]) ? part.findIndex(isLineFeed) + 1 : 0
    const to = isGap(parts[i + 1]) ? part.findLastIndex(isLineFeed) + 1 : part.length
    return from < to ? [from, part.slice(from, to), part.length - to] : [part]
  })
  // what is omitted in a row is one gap
  return whole.reduce<Part[]>((joined, part) => {
    const last = joined.at(-1)
    if (typeof part === 'number' && typeof last === 'number') return [...joined.slice(0, -1), last + part]
    return [...joined, part]
  }, [])
}

/** A character, shaded by its surprise */
export function spanOf(traced: TracedCharacter): HTMLElement {
  return element('span', shadeOf(traced), written(traced))
}

function shadeOf([, bits]: TracedCharacter): string {
  return `s${SHADES.filter((from) => bits >= from).length}`
}

/** From 0 for -1 over 4 for 0 to 8 for 1; by the root, since most units are near 0 */
function unitShade(value: number): number {
  return Math.round(4 + 4 * Math.sign(value) * Math.sqrt(Math.min(Math.abs(value), 1)))
}

function omitted(characters: number): string {
  return ` \u2026 ${count(characters)} characters \u2026`
}

function lengthOf(part: Part): number {
  return typeof part === 'number' ? 0 : part.length
}

function isLineFeed({ traced: [character] }: Shown): boolean {
  return character === '\n'
}

function written([character]: TracedCharacter): string {
  return character === '\n' ? '\u23ce' : safe(character)
}
