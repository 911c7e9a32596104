import type { StatsEvent } from '../events.ts'
import { element } from './dom.ts'
import { count } from './words.ts'

// milliseconds over which the speed is taken
const SPAN = 1000

type Fact = readonly [name: string, tell: (stats: StatsEvent, speed: number) => string]

const FACTS: readonly Fact[] = [
  ['characters', ({ characters }) => count(characters)],
  ['characters a second', (_, speed) => count(speed)],
  ['updates', ({ updates }) => count(updates)],
  ['vocabulary', ({ vocabulary }) => count(vocabulary)],
  ['gradient norm', ({ gradientNorm }) => gradientNorm.toPrecision(3)],
  ['learning rate', ({ learningRate }) => learningRate.toPrecision(3)],
]

/** How it is going, in figures */
export class FactsView {
  readonly #values: readonly HTMLElement[]
  #from = { time: 0, characters: 0 }
  #speed = 0

  constructor(list: HTMLElement) {
    this.#values = FACTS.map(([name]) => {
      const fact = element('div', '')
      const value = element('dd', '', '\u2013')
      fact.append(element('dt', '', name), value)
      list.append(fact)
      return value
    })
  }

  clear(): void {
    this.#from = { time: performance.now(), characters: 0 }
    this.#speed = 0
    for (const value of this.#values) value.textContent = '\u2013'
  }

  show(stats: StatsEvent): void {
    this.#measure(stats.characters)
    for (const [i, [, tell]] of FACTS.entries()) this.#values[i]!.textContent = tell(stats, this.#speed)
  }

  #measure(characters: number): void {
    const time = performance.now()
    const span = time - this.#from.time
    if (span < SPAN) return
    this.#speed = (1000 * (characters - this.#from.characters)) / span
    this.#from = { time, characters }
  }
}
