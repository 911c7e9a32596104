import type { StatsEvent } from '../alerts/events.ts'
import { element } from './dom.ts'
import { Sparkline } from './sparkline.ts'
import { count } from './words.ts'

// milliseconds over which the speed is taken
const SPAN = 1000
const NOTHING = '\u2026'

interface Fact {
  readonly name: string
  /** Undefined while it is not known */
  readonly value: (stats: StatsEvent, speed: number | undefined) => number | undefined
  readonly words: (value: number) => string
  /** Whether it is drawn, too: what only counts the characters would be a straight line */
  readonly isDrawn: boolean
}

const FACTS: readonly Fact[] = [
  { name: 'updates', value: ({ updates }) => updates, words: count, isDrawn: false },
  { name: 'characters per second', value: (_, speed) => speed, words: count, isDrawn: true },
  { name: 'vocabulary', value: ({ vocabulary }) => vocabulary, words: count, isDrawn: true },
  { name: 'gradient norm', value: ({ gradientNorm }) => gradientNorm, words: toThreeDigits, isDrawn: true },
  { name: 'learning rate', value: ({ learningRate }) => learningRate, words: toThreeDigits, isDrawn: true },
]

/** How it is going, in figures, and how they have changed */
export class FactsView {
  readonly #facts: readonly (Fact & { readonly place: HTMLElement; readonly line: Sparkline | undefined })[]
  #from: { readonly time: number; readonly characters: number } | undefined
  #speed: number | undefined

  constructor(list: HTMLElement) {
    this.#facts = FACTS.map((fact) => {
      const item = element('div', '')
      const place = element('span', '', NOTHING)
      const value = element('dd', '')
      value.append(place)
      item.append(element('dt', '', fact.name), value)
      list.append(item)
      return { ...fact, place, line: fact.isDrawn ? drawn(value, fact.name) : undefined }
    })
  }

  clear(): void {
    this.#from = undefined
    this.#speed = undefined
    for (const { place, line } of this.#facts) {
      place.textContent = NOTHING
      line?.clear()
    }
  }

  show(stats: StatsEvent): void {
    this.#measure(stats.characters)
    for (const { place, line, value, words } of this.#facts) {
      const now = value(stats, this.#speed)
      if (now === undefined) continue
      place.textContent = words(now)
      line?.add(stats.characters, now)
    }
  }

  #measure(characters: number): void {
    const time = performance.now()
    this.#from ??= { time, characters }
    const span = time - this.#from.time
    if (span < SPAN) return
    this.#speed = (1000 * (characters - this.#from.characters)) / span
    this.#from = { time, characters }
  }
}

function drawn(value: HTMLElement, name: string): Sparkline {
  const place = element('div', 'sparkline')
  place.role = 'img'
  place.ariaLabel = `${name}, over the characters read`
  value.append(place)
  return new Sparkline(place)
}

function toThreeDigits(value: number): string {
  return value.toPrecision(3)
}
