import { log } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'
import { HashTable, mix } from './table.ts'
import type { Template } from './template.ts'

const [TOTAL, DISTINCT] = [1, 2]

/**
 * Notices lines that never came before, digits aside, though others of their kind did, and those say always the same: a message whose values are
 * free is new each time, and that is no surprise.
 */
export class LineNovelty {
  /** When a line came last; the oldest make room */
  readonly #seen = new HashTable(12)
  /** Of each kind of message, how many lines there were, and how many different ones */
  readonly #kinds = new HashTable(11)
  #lines = 0

  transfer(archive: Archive, name: string): void {
    this.#seen.transfer(archive, `${name}.seen`)
    this.#kinds.transfer(archive, `${name}.kinds`)
    this.#lines = archive.integer(`${name}.lines`, this.#lines, 0, Number.MAX_SAFE_INTEGER)
  }

  /** The surprise in bits that a line is new, 0 for one that is not, or is the first of its kind */
  push({ message, line }: Template): number {
    this.#lines += 1
    const isNew = this.#seen.get(line) === undefined
    this.#seen.set(line, this.#lines)
    const total = this.#kinds.add(mix(message, TOTAL), 1)
    if (!isNew) return 0
    const distinct = this.#kinds.add(mix(message, DISTINCT), 1)
    return total === 0 ? 0 : -log(Math.min((distinct + 0.5) / (total + 1), 1)) / Math.LN2
  }
}
