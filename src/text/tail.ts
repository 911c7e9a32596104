import type { Archive } from '../archive.ts'
import type { Chunk } from './decoder.ts'
import { incompleteTail } from './incomplete.ts'
import type { Alphabet } from './vocabulary.ts'

const LONGEST_TAIL = 3

/** The start of a character that the last chunk's edge cut: a decoder that reads it stands where the one before it stood */
export class Tail {
  readonly #alphabet: Alphabet
  #highSurrogate = ''
  #bytes: Uint8Array = new Uint8Array()

  constructor(alphabet: Alphabet) {
    this.#alphabet = alphabet
  }

  /** Its bytes, where the text comes as bytes */
  get length(): number {
    return this.#bytes.length
  }

  get chunks(): readonly Chunk[] {
    return [this.#highSurrogate, this.#bytes]
  }

  push(chunk: Chunk): void {
    if (chunk.length === 0) return
    if (typeof chunk === 'string') this.#pushText(chunk)
    else this.#pushBytes(chunk)
  }

  transfer(archive: Archive): void {
    // a text could not hold one without its partner
    const code = archive.integer('tail.highSurrogate', this.#highSurrogate === '' ? 0 : this.#highSurrogate.charCodeAt(0), 0, 0xdbff)
    this.#highSurrogate = code === 0 ? '' : String.fromCharCode(code)
    this.#bytes = Uint8Array.from(archive.list('tail.bytes', Float64Array.from(this.#bytes), LONGEST_TAIL))
  }

  #pushText(text: string): void {
    this.#bytes = new Uint8Array()
    this.#highSurrogate = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? ''
  }

  #pushBytes(bytes: Uint8Array): void {
    const length = this.#bytes.length + bytes.length
    const end = Uint8Array.of(...this.#bytes, ...bytes.subarray(-LONGEST_TAIL))
    const held = this.#alphabet === 'bytes' ? 0 : incompleteTail(end)
    this.#bytes = end.subarray(end.length - held)
    // a surrogate stays as long as nothing that comes after it is complete
    if (held < length) this.#highSurrogate = ''
  }
}
