import { element } from './dom.ts'
import { count, safe } from './words.ts'

const SHOWN = 4
const FIRST = 250

/** What the model would write, asked for each time that the stream has doubled: the latest first */
export class SamplesView {
  readonly #list: HTMLElement
  readonly #none: Element
  #due = FIRST

  constructor(list: HTMLElement) {
    this.#list = list
    this.#none = list.firstElementChild!
  }

  clear(): void {
    this.#due = FIRST
    this.#list.replaceChildren(this.#none)
  }

  /** Whether it is time for a sample */
  isDue(characters: number): boolean {
    if (characters < this.#due) return false
    while (characters >= this.#due) {
      if (this.#due === FIRST) this.#list.replaceChildren()
      this.#due *= 2
    }
    return true
  }

  show({ offset, text }: { readonly offset: number; readonly text: string }): void {
    const item = element('li', '')
    item.append(element('p', 'note', `after ${count(offset)} characters`), element('p', '', safe(text)))
    this.#list.prepend(item)
    while (this.#list.childElementCount > SHOWN) this.#list.lastElementChild?.remove()
  }
}
