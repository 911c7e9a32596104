import type { TraceEvent } from '../inspect/trace.ts'
import { CellGrid } from './cell-grid.ts'

const COLUMNS = 16

/** The hidden state, a cell per unit. A unit can be chosen, to see over the text what it responds to. */
export class UnitsView {
  readonly #note: HTMLElement
  readonly #grid: CellGrid
  #hidden: readonly number[] = []
  #pointed: number | undefined
  #canChoose = false

  /** `chosen` is called with the unit that is to be watched, where the learner can be looked into */
  constructor(place: HTMLElement, note: HTMLElement, chosen: (unit: number) => void) {
    this.#note = note
    this.#grid = new CellGrid({
      label: 'The hidden state, a cell per unit',
      pointed: (unit) => {
        this.#pointed = unit
        this.#say()
      },
      chosen,
    })
    place.replaceChildren(this.#grid.element)
    this.clear()
  }

  clear(): void {
    this.#pointed = undefined
    this.#note.textContent = 'Point at a unit for its value.'
    this.#grid.clear()
  }

  show({ hidden, detail }: TraceEvent): void {
    this.#hidden = hidden
    this.#canChoose = detail !== undefined
    this.#grid.show(hidden, Math.min(COLUMNS, hidden.length), 1)
    if (this.#pointed !== undefined) this.#say()
  }

  #say(): void {
    const value = this.#hidden[this.#pointed!]
    if (value === undefined) return
    const more = this.#canChoose ? ' Click it, or press Enter, to colour the text by it.' : ''
    this.#note.textContent = `Unit ${this.#pointed} is at ${value.toFixed(2)}.${more}`
  }
}
