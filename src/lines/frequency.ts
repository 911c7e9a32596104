import { exp, log } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'
import { HashTable, mix } from './table.ts'

/** Among how many of the last lines a burst is looked for, and at how many alike it is told */
const WINDOW = 32
const TOLD_AT = new Set([10, 20, 30])

/** Over how many lines it forgets how often a line used to come */
const MEMORY = 1000

const [COUNT, TIME] = [1, 2]

/**
 * Notices lines that come far more often than they used to. The surprise is that of a Poisson distribution, as a likelihood ratio: n ln(n / m) - (n - m)
 * for n where m were usual. It is told when the count reaches certain numbers and not in between, so that one burst is not an alert at each of its lines.
 */
export class LineFrequency {
  /** Of each line, how often it came, forgetting, and when that was */
  readonly #known = new HashTable(12)
  readonly #recent = new Int32Array(WINDOW)
  #lines = 0

  transfer(archive: Archive, name: string): void {
    this.#known.transfer(archive, `${name}.known`)
    archive.integers(`${name}.recent`, this.#recent)
    this.#lines = archive.integer(`${name}.lines`, this.#lines, 0, Number.MAX_SAFE_INTEGER)
  }

  /** The surprise in bits that this line comes so often */
  push(line: number): number {
    this.#recent[this.#lines % WINDOW] = line
    this.#lines += 1
    const among = Math.min(this.#lines, WINDOW)
    const before = this.#before(line)
    this.#known.set(mix(line, COUNT), before + 1)
    this.#known.set(mix(line, TIME), this.#lines)
    const count = this.#countRecent(line, among)
    return TOLD_AT.has(count) ? excess(count, (among * Math.max(before + 1 - count, 0.5)) / this.#memory()) : 0
  }

  #countRecent(line: number, among: number): number {
    let count = 0
    for (let i = 0; i < among; i++) if (this.#recent[i] === line) count += 1
    return count
  }

  /** How often the line came, forgetting */
  #before(line: number): number {
    const count = this.#known.get(mix(line, COUNT)) ?? 0
    return count * exp(((this.#known.get(mix(line, TIME)) ?? 0) - this.#lines) / MEMORY)
  }

  /** How many lines that is of */
  #memory(): number {
    return MEMORY * (1 - exp(-this.#lines / MEMORY))
  }
}

/** In bits, for a count where so many were usual */
function excess(count: number, usual: number): number {
  return count <= usual ? 0 : (count * log(count / usual) - (count - usual)) / Math.LN2
}
