import type { Candidate } from '../inspect/trace.ts'
import { element } from './dom.ts'
import { LEAST, named, percent } from './words.ts'

const ROWS = 10
// of few symbols, all that have none
const OTHER = 'other'

/** The likeliest next characters as bars, always as many rows */
export class BarsView {
  readonly #rows = Array.from({ length: ROWS }, () => new Row())

  constructor(list: HTMLElement) {
    list.replaceChildren(...this.#rows.map(({ item }) => item))
    this.show([])
  }

  show(candidates: readonly Candidate[]): void {
    const other = 1 - candidates.reduce((sum, [, probability]) => sum + probability, 0)
    const shown = candidates.length > 0 && candidates.length < ROWS && other >= LEAST ? [...candidates, [OTHER, other] as const] : candidates
    for (const [i, row] of this.#rows.entries()) row.show(shown[i] ?? ['', 0])
  }
}

class Row {
  readonly item: HTMLElement = element('li', '')
  readonly #name = element('span', 'name')
  readonly #fill = element('div', 'fill')
  readonly #share = element('span', 'share')

  constructor() {
    const track = element('div', 'track')
    track.append(this.#fill)
    this.item.append(this.#name, track, this.#share)
  }

  show([character, probability]: Candidate): void {
    this.item.classList.toggle('absent', character === '')
    this.#name.textContent = named(character)
    this.#fill.style.transform = `scaleX(${probability})`
    this.#share.textContent = percent(probability)
  }
}
