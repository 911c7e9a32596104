import { charactersInUtf8, incompleteTail } from '../text/incomplete.ts'
import type { Archive } from '../archive.ts'

/** The start of a line, byte for byte */
export interface RawLine {
  readonly bytes: Uint8Array
  /** Characters that start beyond them */
  readonly cut: number
}

/** The first bytes of a line, and how many characters its rest has */
export class KeptBytes {
  readonly #most: number
  #bytes: Uint8Array
  #length = 0
  #total = 0
  #cut = 0

  constructor(most: number) {
    this.#most = most
    this.#bytes = new Uint8Array(Math.min(most, 256))
  }

  transfer(archive: Archive): void {
    const kept = archive.list('line.bytes', Float64Array.from(this.#bytes.subarray(0, this.#length)), this.#most)
    this.#bytes = Uint8Array.from(kept)
    this.#length = kept.length
    this.#total = archive.integer('line.totalBytes', this.#total, 0, Number.MAX_SAFE_INTEGER)
    this.#cut = archive.integer('line.cutBytes', this.#cut, 0, Number.MAX_SAFE_INTEGER)
  }

  push(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#most - this.#length)
    this.#reserve(this.#length + kept.length)
    this.#bytes.set(kept, this.#length)
    this.#length += kept.length
    this.#total += bytes.length
    this.#cut += charactersInUtf8(bytes.subarray(kept.length))
  }

  /** The line without an end of that many bytes */
  line(endLength: number): RawLine {
    const text = this.#bytes.slice(0, Math.min(this.#length, this.#total - endLength))
    const torn = this.#total > this.#length ? incompleteTail(text) : 0
    const endCut = endLength - (this.#length - text.length)
    return { bytes: text.subarray(0, text.length - torn), cut: this.#cut - endCut + Number(torn > 0) }
  }

  /** Forgets the bytes at the end that are not a whole character yet */
  dropIncomplete(): void {
    if (this.#total > this.#length) return
    this.#length -= incompleteTail(this.#bytes.subarray(0, this.#length))
    this.#total = this.#length
  }

  #reserve(length: number): void {
    // Stryker disable next-line ConditionalExpression,EqualityOperator: only saves a copy
    if (length <= this.#bytes.length) return
    // Stryker disable next-line MethodExpression,ArithmeticOperator: only saves copies and memory
    const larger = new Uint8Array(Math.min(this.#most, Math.max(length, 2 * this.#bytes.length)))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
