import type { Candidate } from '../inspect/trace.ts'
import { element } from './dom.ts'
import { named, percent } from './words.ts'

/** The likeliest next characters as bars */
export class BarsView {
  readonly #list: HTMLElement
  #rows: readonly Row[] = []

  constructor(list: HTMLElement) {
    this.#list = list
  }

  show(candidates: readonly Candidate[]): void {
    while (this.#rows.length < candidates.length) this.#add()
    for (const [i, row] of this.#rows.entries()) row.show(candidates[i])
  }

  #add(): void {
    const row = new Row()
    this.#rows = [...this.#rows, row]
    this.#list.append(row.item)
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

  show(candidate: Candidate | undefined): void {
    this.item.hidden = candidate === undefined
    if (candidate === undefined) return
    const [character, probability] = candidate
    this.#name.textContent = named(character)
    this.#fill.style.transform = `scaleX(${probability})`
    this.#share.textContent = percent(probability)
  }
}
