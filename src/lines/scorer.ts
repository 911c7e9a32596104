import { exp } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'
import { LineFrequency } from './frequency.ts'
import { LineNovelty } from './novelty.ts'
import { MessageOrder } from './order.ts'
import { HashTable } from './table.ts'
import { templateOf } from './template.ts'

/** What a line is judged by */
export interface Grade {
  /** The surprise that such a message comes next, in bits */
  readonly order: number
  /** The surprise that a line of this kind is none of those before, in bits */
  readonly novelty: number
  /** The surprise that such a line comes so often, in bits; 0 for all but a few lines of a burst */
  readonly burst: number
  /** What each adds to the score: the greatest tells why a line stands out */
  readonly parts: { readonly characters: number; readonly order: number; readonly novelty: number; readonly burst: number }
  /** All that surprised in the line, in bits squared: to be ranked among the scores of other lines, which is all it is good for */
  readonly score: number
}

/** How much order, novelty and bursts count against characters; and how fast it is learned what lines of a kind cost. Measured in bench/alerts.md. */
const ORDER = 3
const NOVELTY = 4
const BURST = 0.5
const RATE = 0.1
/** Lines after which a kind that did not come is no longer quite usual: a fault that comes again after a while stands out again */
const MEMORY = 2000

/**
 * Grades lines by everything that was predicted about them: their characters, their place among other lines, and how often they come. Bits are
 * squared before they are added, so that a few great surprises count for more than many small ones. Of its characters' surprise counts what exceeds that
 * of earlier lines of its kind, if they are not long ago: an identifier is as random in each.
 */
export class LineScorer {
  readonly #order = new MessageOrder()
  readonly #novelty = new LineNovelty()
  readonly #frequency = new LineFrequency()
  /** Of each kind of message, the sum of the squared bits of its characters, as an exponential mean */
  readonly #usual = new HashTable(10)
  /** And of the bits of their order */
  readonly #usualOrder = new HashTable(10)
  /** And when one came last */
  readonly #last = new HashTable(10)
  #lines = 0

  transfer(archive: Archive): void {
    this.#order.transfer(archive, 'scorer.order')
    this.#novelty.transfer(archive, 'scorer.novelty')
    this.#frequency.transfer(archive, 'scorer.frequency')
    this.#usual.transfer(archive, 'scorer.usual')
    this.#usualOrder.transfer(archive, 'scorer.usualOrder')
    this.#last.transfer(archive, 'scorer.last')
    this.#lines = archive.integer('scorer.lines', this.#lines, 0, Number.MAX_SAFE_INTEGER)
  }

  push(characters: Int32Array, surprise: Float64Array): Grade {
    const template = templateOf(characters)
    const order = this.#order.push(template)
    const novelty = this.#novelty.push(template)
    const burst = this.#frequency.push(template.line)
    const parts = {
      characters: excess(this.#usual, template.message, sumOfSquares(surprise), exp(-this.#age(template.message) / MEMORY)),
      order: (ORDER * Math.max(excess(this.#usualOrder, template.message, order), 0)) ** 2,
      novelty: (NOVELTY * novelty) ** 2,
      burst: (BURST * burst) ** 2,
    }
    return { order, novelty, burst, parts, score: parts.characters + parts.order + parts.novelty + parts.burst }
  }

  /** How many lines ago a message of this kind came; 0 for the first */
  #age(message: number): number {
    this.#lines += 1
    const last = this.#last.get(message) ?? this.#lines
    this.#last.set(message, this.#lines)
    return this.#lines - last
  }
}

/** By how much a number exceeds what is usual of its kind, as far as that still counts, and learns from it */
function excess(usual: HashTable, kind: number, number: number, weight = 1): number {
  const mean = usual.get(kind)
  usual.set(kind, mean === undefined ? number : mean + RATE * (number - mean))
  return number - weight * (mean ?? 0)
}

function sumOfSquares(numbers: Float64Array): number {
  let sum = 0
  for (const number of numbers) sum += number * number
  return sum
}
