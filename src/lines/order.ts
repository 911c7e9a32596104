import { log } from '../kernels/reference/math.ts'
import type { Archive } from '../archive.ts'
import { finish, HashTable, mix } from './table.ts'
import { type Template, WORDS } from './template.ts'

/** What may tell the next message: the last one, the one before it, and for each of the first words the last line that had the same one there */
const CONTEXTS = 2 + WORDS

/** The share of its weight that each predictor gives to all, so that none is out of the running for ever */
const SHARE = 0.02

const [TOTAL, DISTINCT, COUNT] = [1, 2, 3]
const [LAST, VARIED] = [1, 2]

/**
 * Predicts the kind of message that the next line will be. Lines of several processes interleave, and which word names the process is not known; so
 * there is one predictor for each thing that may tell, and one for how often a message comes at all. Each counts what followed, and a message that did
 * not is as likely as the context has seen different ones (Witten and Bell 1991); they are mixed by how well they did of late, as experts with a fixed
 * share (Herbster and Warmuth 1998). Its memory is of a fixed size.
 */
export class MessageOrder {
  readonly #counts = new HashTable(14)
  /** The last message of each process, if that is what a word names */
  readonly #lastOf = new HashTable(11)
  #weights: Float64Array = new Float64Array(CONTEXTS + 1).fill(1 / (CONTEXTS + 1))
  readonly #last = new Int32Array(2)

  transfer(archive: Archive, name: string): void {
    this.#counts.transfer(archive, `${name}.counts`)
    this.#lastOf.transfer(archive, `${name}.lastOf`)
    this.#weights = archive.list(`${name}.weights`, this.#weights, CONTEXTS + 1)
    archive.integers(`${name}.last`, this.#last)
  }

  /** The surprise of a line's kind in bits; it is counted after it was predicted */
  push({ message, names }: Template): number {
    const contexts = this.#contexts(names)
    const overall = this.#estimate(finish(CONTEXTS), message, 1)
    const estimates = Float64Array.from([...contexts.map((context) => this.#estimate(context, message, overall)), overall])
    const probability = this.#mix(estimates)
    for (const context of contexts) this.#count(context, message)
    this.#count(finish(CONTEXTS), message)
    this.#remember(message, names)
    return -log(Math.min(probability, 1)) / Math.LN2
  }

  #contexts(names: Int32Array): readonly number[] {
    const lasts = [this.#last[0]!, this.#last[1]!, ...Array.from(names, (name, i) => this.#lastNamed(placed(name, i)))]
    return lasts.map((last, i) => finish(mix(i, last)))
  }

  /** The last message of a process; 0 when all of them were the same, as then the name might come in that message only, and would give it away */
  #lastNamed(name: number): number {
    return this.#lastOf.get(mix(name, VARIED)) === undefined ? 0 : (this.#lastOf.get(mix(name, LAST)) ?? 0)
  }

  /** The probability of a message in a context; one that was not seen there gets what `otherwise` gives it of the rest. 1: all unseen ones together. */
  #estimate(context: number, message: number, otherwise: number): number {
    const total = this.#counts.get(mix(context, TOTAL)) ?? 0
    const distinct = this.#counts.get(mix(context, DISTINCT)) ?? 0
    if (total === 0 || distinct === 0) return otherwise
    const count = this.#counts.get(pair(context, message)) ?? 0
    const rest = otherwise === 1 && count > 0 ? 0 : distinct * otherwise
    return Math.min(1, (count + rest) / (total + distinct))
  }

  /** Their weighted mean; then each gets the weight that it earned, but for a share */
  #mix(estimates: Float64Array): number {
    const weights = this.#weights
    let mean = 0
    for (let i = 0; i < weights.length; i++) mean += weights[i]! * estimates[i]!
    for (let i = 0; i < weights.length; i++) weights[i] = ((1 - SHARE) * weights[i]! * estimates[i]!) / mean + SHARE / weights.length
    return mean
  }

  #count(context: number, message: number): void {
    this.#counts.add(mix(context, TOTAL), 1)
    if (this.#counts.add(pair(context, message), 1) === 0) this.#counts.add(mix(context, DISTINCT), 1)
  }

  #remember(message: number, names: Int32Array): void {
    this.#last[1] = this.#last[0]!
    this.#last[0] = message
    names.forEach((name, i) => this.#rememberNamed(placed(name, i), message))
  }

  #rememberNamed(name: number, message: number): void {
    const before = this.#lastOf.get(mix(name, LAST))
    if (before !== undefined && before !== message) this.#lastOf.set(mix(name, VARIED), message)
    this.#lastOf.set(mix(name, LAST), message)
  }
}

function pair(context: number, message: number): number {
  return finish(mix(mix(context, COUNT), message))
}

/** A name by where it stands */
function placed(name: number, i: number): number {
  return finish(mix(name, i))
}
